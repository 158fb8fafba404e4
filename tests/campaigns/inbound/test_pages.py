"""The staff pages of incoming mail."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.inbound import merging, retention, store
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import InboundState, Kind
from outreach.audit.models import AccessKind, AccessRecord, ChangeRecord
from outreach.companies.consent import find_suppression, is_suppressed
from outreach.companies.models import Company, SuppressionReason
from outreach.db import db
from outreach.feature import CompanyMerge
from outreach.scope import Role
from tests.campaigns.inbound.making import (
    complaint,
    failed,
    letter,
    make_sent,
    message_id,
    original,
    report,
    setting,
    take,
)
from tests.people import make_centre, make_user, sign_in


@pytest.fixture
def sent(app):
    return make_sent(name="새길산업")


@pytest.fixture
def officer(sent):
    return make_user(Role.PROMOTION, centre=sent.mailing.campaign.centre)


@pytest.fixture
def browser(client, officer):
    return sign_in(client, officer)


@pytest.fixture
def stranger(app, sent):
    """A mail from a known contact that answers none of ours: it waits in the tray."""
    return take(app, letter("대체인력 <b>문의</b>입니다.", sender=f"김민수 <{sent.address}>", subject="문의드립니다"))


def fresh(row) -> InboundMessage:
    return db.session.get(InboundMessage, row.id, populate_existing=True)


def test_the_tray_lists_what_waits_and_its_page_shows_safe_text(browser, stranger):
    page = browser.get("/inbound/?state=waiting")
    assert "문의드립니다" in page.text and "새길산업" in page.text
    shown = browser.get(f"/inbound/{stranger.id}")
    assert "대체인력 &lt;b&gt;문의&lt;/b&gt;입니다." in shown.text and "이 기업의 회신으로 정하기" in shown.text
    records = db.session.scalars(sa.select(AccessRecord).where(AccessRecord.subject == "inbound")).all()
    assert [(record.kind, record.subject_ids) for record in records] == [(AccessKind.VIEW, [stranger.id])] * 2


def test_empty_lists_say_what_to_do(browser):
    assert "OUTREACH_IMAP_URL" in browser.get("/inbound/").text
    assert "확인을 기다리는 메일이 없습니다." in browser.get("/inbound/?state=waiting").text
    assert "조건에 맞는 메일이 없습니다." in browser.get("/inbound/?kind=bounce&class=hard&q=x&mailing=7").text


def test_a_list_is_narrowed(app, browser, sent, stranger):
    take(app, report(to="x@y.example", recipients=failed(sent.address, "5.7.1"), returned=original(app, sent)))
    for query, found in (("kind=bounce", 1), ("class=policy", 1), ("class=hard", 0), ("q=새길", 2), ("q=문의", 1),
                         (f"q={sent.address}", 2), (f"mailing={sent.mailing_id}", 1), ("kind=nonsense", 2)):
        assert f"{found}건" in browser.get(f"/inbound/?{query}").text, query


def test_giving_a_mail_to_a_company_makes_it_a_response(browser, stranger, sent):
    done = browser.post(f"/inbound/{stranger.id}/assign", data={"workplace_id": sent.workplace_id})
    assert done.status_code == 302
    row = fresh(stranger)
    assert (row.state, row.kind, row.response.message) == (InboundState.DECIDED, Kind.REPLY, row.text)
    assert row.response.lead.company_id == sent.company_id
    again = browser.post(f"/inbound/{stranger.id}/assign", data={"workplace_id": sent.workplace_id})
    assert again.status_code == 409 and "그 사이 다른 사람이" in again.text


def test_marking_a_bounce_or_a_refusal_suppresses_and_can_be_undone(app, browser, stranger):
    for act, reason in (("bounce", SuppressionReason.UNKNOWN_USER), ("refuse", SuppressionReason.UNSUBSCRIBED)):
        done = browser.post(f"/inbound/{stranger.id}/{act}", data={f"{act}-address": "Gone@Company.example"})
        assert done.status_code == 302
        assert find_suppression(db.session, "gone@company.example").reason is reason
        assert "gone@company.example" in browser.get(f"/inbound/{stranger.id}").text
        assert browser.post(f"/inbound/{stranger.id}/restore").status_code == 302
        assert not is_suppressed(db.session, "gone@company.example")
    actions = db.session.scalars(
        sa.select(ChangeRecord.action).where(ChangeRecord.subject == "inbound").order_by(ChangeRecord.id)
    ).all()
    assert actions == ["bounce", "restore", "refuse", "restore"]


@pytest.mark.parametrize("act, data, words", [
    ("bounce", {"bounce-address": "no address"}, "주소"), ("refuse", {"refuse-address": ""}, "주소를 적어 주세요."),
    ("ignore", {"ignore-reason": ""}, "까닭을 적어 주세요."), ("assign", {}, "기업을 골라 주세요."),
    ("hand-over", {"over-centre_id": "0"}, "넘겨받을 센터를 골라 주세요."),
])
def test_what_is_missing_is_said(browser, stranger, act, data, words):
    refused = browser.post(f"/inbound/{stranger.id}/{act}", data=data)
    assert refused.status_code == 422 and words in refused.text
    assert fresh(stranger).state is InboundState.WAITING


def test_setting_aside_and_settling(browser, stranger):
    assert browser.post(f"/inbound/{stranger.id}/ignore", data={"ignore-reason": "광고"}).status_code == 302
    assert (fresh(stranger).state, fresh(stranger).details["reason"]) == (InboundState.IGNORED, "광고")
    browser.post(f"/inbound/{stranger.id}/restore")
    assert browser.post(f"/inbound/{stranger.id}/settle").status_code == 302
    assert fresh(stranger).state is InboundState.DECIDED


def test_another_centre_gets_it_and_only_that_one_sees_it(client, browser, stranger):
    other = make_centre(name="다른고용센터")
    outsider = make_user(Role.PLANNER, centre=other)
    done = browser.post(f"/inbound/{stranger.id}/hand-over", data={"over-centre_id": other.id})
    assert done.status_code == 302
    assert browser.get(f"/inbound/{stranger.id}").status_code == 404
    assert sign_in(client, outsider).get(f"/inbound/{stranger.id}").status_code == 200


def test_the_original_is_a_file_no_browser_opens(app, browser, stranger):
    got = browser.get(f"/inbound/{stranger.id}/original")
    assert got.data == store.read(setting(app).folder, stranger.sha256)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert (got.mimetype, got.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")


def test_an_auditor_looks_and_decides_nothing(client, stranger):
    auditor = sign_in(client, make_user(Role.AUDITOR))
    assert "이 기업의 회신으로 정하기" not in auditor.get(f"/inbound/{stranger.id}").text
    assert auditor.post(f"/inbound/{stranger.id}/ignore", data={"ignore-reason": "x"}).status_code == 403
    assert auditor.get(f"/inbound/{stranger.id}/original").status_code == 403


def test_the_mailings_page_counts_and_warns(app, browser, sent):
    take(app, report(to="x@y.example", recipients=failed(sent.address, "5.1.1"), returned=original(app, sent)))
    take(app, complaint("fbl@x.example", original(app, sent)))
    take(app, letter("전화 주세요", sender=sent.address, answers=message_id(app, sent)))
    sent.mailing.state, sent.mailing.started_at = "sending", sent.mailing.created_at
    page = browser.get(f"/mailings/{sent.mailing_id}/").text
    assert "반송: 주소 문제" in page and "스팸 신고가 많습니다." in page and "회신" in page
    told = browser.get(f"/mailings/{sent.mailing_id}/recipients/{sent.id}").text
    assert "되돌아온 메일" in told and "(5.1.1)" in told


def test_administrators_are_told_of_policy_refusals(app, client, sent):
    groups = failed(sent.address, "5.7.26", "550-5.7.26 unauthenticated sender")
    take(app, report(to="x@y.example", recipients=groups, returned=original(app, sent)))
    page = sign_in(client, make_user(Role.ADMINISTRATOR)).get("/").text
    assert "보내는 쪽 문제로 반송" in page and "unauthenticated sender" in page


def test_who_has_left_stands_on_the_companys_page(app, browser, sent):
    raw = letter("더 이상 근무하지 않습니다.", sender=sent.address, answers=message_id(app, sent),
                 extra="Auto-Submitted: auto-replied\n")
    take(app, raw)
    assert "담당자가 그만두었거나 바뀐 것 같습니다." in browser.get(f"/companies/{sent.company_id}").text


def test_what_came_is_forgotten_in_time(app, stranger, clock):
    folder, sha256 = setting(app).folder, stranger.sha256

    def erase() -> InboundMessage:
        db.session.commit()
        assert app.test_cli_runner().invoke(args=["jobs", "run", "retention.erase"]).exit_code == 0
        db.session.rollback()
        return fresh(stranger)

    clock.advance(days=retention.KEEP_ORIGINALS.days - 1)
    assert erase().sha256 == sha256
    clock.advance(days=2)
    assert (erase().sha256, fresh(stranger).text != "") == ("", True)
    assert list(folder.rglob("*.z")) == []
    clock.advance(days=365)
    row = erase()
    assert (row.sender, row.sender_name, row.subject, row.text) == ("", "", "", "")
    assert row.kind is Kind.REPLY


def test_a_company_that_becomes_part_of_another_takes_its_mail_along(app, sent, stranger, now):
    kept = make_sent(sent.mailing.campaign.centre)
    merging.carry_over(db.session, CompanyMerge(sent.company_id, kept.company_id, {}, {}, now))
    assert fresh(stranger).company == db.session.get(Company, kept.company_id)
