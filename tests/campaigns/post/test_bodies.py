"""Letters that differ from company to company, and the second person who looks at them before they are printed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.post import bodies, service
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import RunState
from cases.library.models import Case
from cases.library.rules import CaseState
from outreach.db import db
from outreach.errors import Conflict
from outreach.pdf.inspect import inspect
from outreach.regions.models import Certainty, Region, RegionLevel
from outreach.scope import Role
from tests.campaigns.post.test_pages import at, form_of
from tests.cases.making import make_case
from tests.people import NOW, make_user, sign_in

TEXT = "{{기업명}} 귀중. {{지역}}의 {{업종|여러 업종}} 기업에 드립니다."


@pytest.fixture
def second(setting):
    """Who may approve what the officer wrote."""
    return make_user(Role.CENTRE_MANAGER, centre=setting.centre)


def test_each_company_gets_its_own_words_and_its_nearest_case(setting, app, client, work, second):
    seoul, busan = (
        Region(level=RegionLevel.PROVINCE, code=code, name_ko=name, name_en=name, source="시험",
               certainty=Certainty.VERIFIED)
        for code, name in (("11", "서울특별시"), ("26", "부산광역시"))
    )
    db.session.add_all([seoul, busan])
    db.session.flush()
    near = make_case(setting.centre, headline="부산 공장의 대체표", province_id=busan.id, section="C", published_at=NOW)
    make_case(setting.centre, headline="서울 식당의 나눔표", province_id=seoul.id, section="I", published_at=NOW)
    wants = [("서울공방", seoul, "I"), ("부산정밀", busan, "C"), ("부산기공", busan, "C")]
    for number, (name, province, section) in enumerate(wants):
        setting.company(f"4700{number}", name=name, province_id=province.id, section=section)
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, letters_unapproved=2)

    officer, run_id = sign_in(client, setting.officer), setting.run.id
    officer.post(at(setting, "/edit"), data=form_of(setting.run, text=TEXT, nearest="y"))
    work()
    run = db.session.get(PostRun, run_id)
    assert "만들고 승인 요청" in officer.get(at(setting)).text
    officer.post(at(setting, "/make"), data={"version": run.version})
    assert "한 통씩 만드는 중" in officer.get(at(setting)).text
    work()
    run, items = db.session.get(PostRun, run_id), service.items(db.session, setting.run)
    assert run.state is RunState.REVIEW and run.bodies
    assert [(item.case.headline, str(item.case_reason)) for item in items] == [
        ("서울 식당의 나눔표", "같은 시·도, 같은 업종"), *[("부산 공장의 대체표", "같은 시·도, 같은 업종")] * 2,
    ]
    assert officer.get(at(setting, "/letters.pdf")).status_code == 409, "not before it is approved"
    page = officer.get(at(setting, "/letters")).text
    assert "사례: 부산 공장의 대체표" in page and f"/letters/{items[1].id}.pdf" in page
    one = officer.get(at(setting, f"/letters/{items[1].id}.pdf"))
    assert one.headers["Content-Disposition"].startswith("inline")
    [text] = inspect(one.data).text
    words = ("부산정밀 귀중. 부산광역시의 여러 업종 기업", "부산 공장의 대체표", "같은 시·도, 같은 업종")
    assert all(said in text for said in words), text
    assert "서울공방" not in text and "나눔표" not in text
    assert officer.get(at(setting, f"/letters/{items[1].id + 99}.pdf")).status_code == 404

    officer.post(at(setting, "/approve"), data={"version": run.version})
    assert db.session.get(PostRun, run_id).state is RunState.REVIEW, "whoever wrote it can't approve it"
    manager = sign_in(client, second)
    assert "편지 3통을 승인할까요?" in manager.get(at(setting)).text
    manager.post(at(setting, "/approve"), data={"version": run.version})
    run = db.session.get(PostRun, run_id)
    assert (run.state, run.approved_by) == (RunState.MADE, second.id)
    whole = inspect(manager.get(at(setting, "/letters.pdf")).data)
    assert whole.pages == 3 and whole.all_fonts_embedded
    assert [f"{name} 귀중" in text for (name, *_), text in zip(wants, whole.text, strict=True)] == [True] * 3

    db.session.get(Case, near.id).state = CaseState.WITHDRAWN  # taken down between printing and posting
    db.session.commit()
    assert "이대로는 인쇄할 수 없습니다" in manager.get(at(setting)).text
    assert manager.get(at(setting, "/letters.pdf")).status_code == 409
    folder = bodies._path(app.extensions["outreach"].settings.folder("post"), run.bodies)
    assert folder.exists()
    manager.post(at(setting, "/back"), data={"comment": "사례를 바꿔 주세요"})
    run = db.session.get(PostRun, run_id)
    assert run.state is RunState.DRAFT and not run.bodies and not folder.exists()
    assert not db.session.query(PostItem).count()


def test_what_does_not_fit_or_is_not_known_is_said_by_company(setting, client, work):
    officer = sign_in(client, setting.officer)
    setting.company(name="긴업종회사").industry = "아주 길고 긴 업종의 이름 " * 5
    setting.company(name="모르는회사")
    run = setting.run
    officer.post(at(setting, "/edit"), data=form_of(run, text="{{업종}}"))
    work()
    run = db.session.get(PostRun, run.id)
    with pytest.raises(Conflict, match=r"\{\{업종\}\}을 모르는 기업이 1곳 있습니다: 모르는회사"):
        setting.make(run)
    long = "문단을 {{업종|되풀이}}합니다. " * 130
    officer.post(at(setting, "/edit"), data=form_of(run, text=long))
    work()
    run = db.session.get(PostRun, run.id)
    assert run.base_sha256, "the example fits"
    setting.make(run)
    work()
    assert [item.pages for item in service.items(db.session, run)] == [5, 2]
    page = officer.get(at(setting)).text
    assert "편지 1통이 한 장의 앞뒤(2쪽)를 넘습니다: 긴업종회사" in page and "준비로 되돌리기" in page
    assert officer.get(at(setting, "/letters.pdf")).status_code == 409
