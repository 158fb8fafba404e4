"""The way of a run through its pages: written, rendered, made, printed, handed over, come back."""

from __future__ import annotations

import io

import openpyxl
import pytest
import sqlalchemy as sa

from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import ItemState, RunState
from outreach.audit.models import AccessKind, AccessRecord
from outreach.db import db
from outreach.jobs.models import Job, JobState
from outreach.pdf.inspect import inspect
from outreach.scope import Role
from tests.campaigns.post.making import Setting
from tests.cases.making import make_programme
from tests.people import make_user, sign_in


@pytest.fixture
def officer(setting, client):
    return sign_in(client, setting.officer)


def at(setting: Setting, more: str = "", run_id: int | None = None) -> str:
    return f"/campaigns/{setting.campaign.id}/post/{run_id or setting.run.id}{more}"


def form_of(run: PostRun, **changed: object) -> dict[str, object]:
    window = {f"window-{name}": value for name, value in run.window.items()}
    return {
        "name": run.name, "audience_id": run.audience_id, "subject": run.subject, "salutation": run.salutation,
        "text": "본문입니다.", "closing": "", "sender_name": run.sender_name, "sender_phone": run.sender_phone,
        "sender_postal": run.sender_postal, "version": run.version, **window, **changed,
    }


def test_a_letter_is_written_rendered_and_made(setting, officer, work):
    version = make_programme()
    setting.company()
    started = officer.post(
        f"/campaigns/{setting.campaign.id}/post/new", data={"name": "첫 편지", "audience_id": setting.audience.id}
    )
    run = db.session.scalars(sa.select(PostRun).order_by(PostRun.id.desc())).first()
    assert started.headers["Location"].endswith(at(setting, "/edit", run.id))
    page = officer.get(at(setting, "/edit", run.id)).text
    assert "{{회사명}}" in page and "08392 서울특별시" in page and version.programme.name_ko in page
    saved = officer.post(at(setting, "/edit", run.id), data=form_of(run, programme_1=version.id))
    assert saved.status_code == 302
    assert "jobs" in officer.get(at(setting, run_id=run.id)).text
    work()
    run = db.session.get(PostRun, run.id)
    assert run.base_pages == 1 and [block["kind"] for block in run.blocks] == ["text", "programme"]
    page = officer.get(at(setting, run_id=run.id)).text
    assert "편지 1통을 만들까요?" in page and officer.get(at(setting, "/page-1.png", run.id)).status_code == 200
    assert officer.post(at(setting, "/make", run.id), data={"version": run.version}).status_code == 302
    letters = officer.get(at(setting, "/letters.pdf", run.id))
    text = inspect(letters.data).text[0]
    assert letters.mimetype == "application/pdf" and "대체인력 지원금" in text and "월 140만 원" in text
    assert [record.kind for record in db.session.scalars(sa.select(AccessRecord))] == [AccessKind.DOWNLOAD]


def test_what_can_not_be_printed_is_said(setting, officer, work):
    long = "\n\n".join(["같은 문단을 되풀이합니다. " * 12] * 20)
    for changed, said in (({"text": long}, "2쪽"), ({"text": "없는 글자 \U0001f600"}, "글꼴에 없는 글자")):
        run = db.session.get(PostRun, setting.run.id)
        officer.post(at(setting, "/edit"), data=form_of(run, **changed))
        work()
        job = db.session.scalars(sa.select(Job).order_by(Job.id.desc())).first()
        assert job.state is JobState.FAILED and said in job.message, job.message
    assert db.session.get(PostRun, setting.run.id).base_sha256 == ""
    refused = officer.post(at(setting, "/edit"), data=form_of(db.session.get(PostRun, setting.run.id), **{
        "window-width": 40}))
    assert "창이 좁습니다" in refused.text


def test_two_pages_are_one_sheet_a_letter(setting, officer, work):
    setting.company()
    setting.company()
    text = "\n\n".join(["같은 문단을 되풀이합니다. " * 12] * 9)
    officer.post(at(setting, "/edit"), data=form_of(setting.run, text=text))
    work()
    run = db.session.get(PostRun, setting.run.id)
    assert run.base_pages == 2
    officer.post(at(setting, "/make"), data={"version": run.version})
    pages = inspect(officer.get(at(setting, "/letters.pdf")).data).text
    assert len(pages) == 4 and "귀하" in pages[2] and "귀하" not in pages[1] + pages[3]
    assert "양면" in officer.get(at(setting)).text


def test_every_paper_is_noted_and_only_editors_get_it(setting, officer, client):
    items = [setting.company() for _each in range(2)] and setting.make()
    papers = {
        "/letters.pdf": 2, "/list.pdf": 1, "/labels.pdf?stock=LS-3108&start=14": 2, "/labels.pdf?stock=LS-3106": 1,
    }
    for address, pages in papers.items():
        assert inspect(officer.get(at(setting, address)).data).pages == pages, address
    book = openpyxl.load_workbook(io.BytesIO(officer.get(at(setting, "/list.xlsx")).data)).active
    rows = list(book.iter_rows(values_only=True))
    assert len(rows) == 3 and rows[1][:4] == (1, "083", "08390", items[0].name)
    assert officer.get(at(setting, "/letters?state=made")).status_code == 200
    noted = [(row.kind, row.subject, row.subject_count) for row in db.session.scalars(sa.select(AccessRecord))]
    assert noted == [(AccessKind.DOWNLOAD, "post_item", 2)] * 4 + [
        (AccessKind.EXPORT, "post_item", 2), (AccessKind.VIEW, "post_item", 2)]
    for shows_nobody in ("/try.pdf", "/labels.pdf?stock=LS-3107&outline=1", ""):
        assert officer.get(at(setting, shows_nobody)).status_code == 200
    assert officer.get(at(setting, "/labels.pdf?stock=LS-1&start=1")).status_code == 409
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AccessRecord)) == 6
    for role, status in ((Role.PLANNER, 403), (Role.PARTNER, 403), (Role.PROMOTION, 404), (Role.HEADQUARTERS, 200)):
        assert sign_in(client, make_user(role)).get(at(setting, "/letters.pdf")).status_code == status


def test_nothing_is_printed_before_it_is_made(setting, officer):
    for address in ("/letters.pdf", "/list.pdf", "/list.xlsx", "/labels.pdf?stock=LS-3106"):
        assert officer.get(at(setting, address)).status_code == 409
    assert officer.post(at(setting, "/delete")).headers["Location"].endswith("#post")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PostRun)) == 0


def test_letters_come_back_one_scan_after_the_other(setting, officer):
    setting.company()
    [item] = setting.make()
    officer.post(at(setting, "/posted"))
    assert db.session.get(PostRun, setting.run.id).state is RunState.POSTED
    page = officer.get("/post/returns").text
    assert "autofocus" in page and 'value="moved"' in page
    wrong = officer.post("/post/returns", data={"reason": "refused", "code": "000010000133"})
    assert wrong.status_code == 422 and "잘못 읽었습니다" in wrong.text and 'value="000010000133"' in wrong.text
    done = officer.post("/post/returns", data={"reason": "refused", "code": item.code})
    assert done.headers["Location"] == "/post/returns?reason=refused"
    page = officer.get(done.headers["Location"]).text
    assert item.name in page and "되돌리기" in page
    company = f"/companies/{item.company_id}"
    assert "이 기업은 우편을 받지 않습니다." in officer.get(company).text
    assert "되돌아옴" in officer.get(f"/campaigns/{setting.campaign.id}").text
    officer.post(f"/post/objections/{item.company_id}/lift", data={"reason": "대표가 다시 받겠다고 전화함"})
    assert "이 기업은 우편을 받지 않습니다." not in officer.get(company).text
    officer.post(f"/post/returns/{item.id}/undo")
    assert db.session.get(PostItem, item.id).state is ItemState.POSTED
