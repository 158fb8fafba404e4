"""The page of a mailing on its way: who may look, approve, schedule and stop, and what each state shows."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from openpyxl import load_workbook

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.rules import MailingState
from outreach.audit.models import AccessKind, AccessRecord, ChangeRecord
from outreach.clock import UTC
from outreach.db import db
from outreach.jobs.models import Job
from outreach.jobs.runner import JobSource
from outreach.scope import Role
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.people import make_user, sign_in

ACTS = ("approve", "send-back", "schedule", "unschedule", "pause", "resume", "cancel", "doubts")


@pytest.fixture
def browse(app):
    """A browser of someone."""
    return lambda user: sign_in(app.test_client(), user)


@pytest.fixture
def reviewed(draft, officer, setting, now):
    """A mailing to five people that waits for approval."""
    add_companies(officer.centre_id, 5, now)
    mailings.submit(db.session, actor_of(officer), draft, setting)
    return draft


def path(mailing, act=""):
    return f"/mailings/{mailing.id}/{act}"


def approve_by(client, mailing, content_hash=None):
    if content_hash is None:
        page = client.get(path(mailing)).text
        content_hash = page.split('name="content_hash" type="hidden" value="')[1].split('"')[0]
    return client.post(path(mailing, "approve"), data={"content_hash": content_hash}, follow_redirects=True)


# -- who may look ----------------------------------------------------------------------------------------


def test_anonymous_people_are_sent_to_sign_in(client, draft):
    assert "/login" in client.get(path(draft)).location


def test_partners_see_no_mailing(browse, draft):
    assert browse(make_user(Role.PARTNER)).get(path(draft)).status_code == 403


def test_another_centres_mailing_is_not_found(browse, draft):
    client = browse(make_user(Role.CENTRE_MANAGER))
    assert client.get(path(draft)).status_code == 404
    assert client.get(path(draft, "recipients")).status_code == 404
    assert client.post(path(draft, "cancel")).status_code == 404


def test_a_planner_looks_and_does_not_act(browse, reviewed, officer):
    client = browse(make_user(Role.PLANNER, centre=officer.centre))
    page = client.get(path(reviewed)).text
    assert "첫 안내" in page
    assert "/approve" not in page
    for act in ACTS:
        assert client.post(path(reviewed, act)).status_code == 403


@pytest.mark.parametrize("act", ACTS)
def test_acts_are_posts(browse, draft, officer, act):
    assert browse(officer).get(path(draft, act)).status_code == 405


# -- approval --------------------------------------------------------------------------------------------


def test_a_change_of_the_audience_says_whose_approval_it_takes_back(browse, reviewed, officer, approver):
    """The author's colleague approved; then the author chooses other recipients."""
    approve_by(browse(approver), reviewed)
    assert reviewed.state is MailingState.APPROVED
    audience, client = reviewed.audience, browse(officer)
    place = f"/campaigns/{reviewed.campaign_id}/audiences/{audience.id}"
    values = {"name": audience.name, "recent_days": "0", "min_headcount": "5", "version": audience.version}
    page = client.post(place, data=values, follow_redirects=True).text
    assert "승인을 거두었습니다: 첫 안내" in page
    db.session.refresh(reviewed)
    assert reviewed.state is MailingState.DRAFT
    assert "조건이 바뀌어 승인을 거두었습니다" in client.get(path(reviewed)).text


def test_the_author_is_told_why_not(browse, reviewed, officer):
    client = browse(officer)
    page = client.get(path(reviewed)).text
    assert "직접 승인할 수 없습니다" in page
    assert "요청 거두고 더 쓰기" in page


def test_the_author_can_not_approve_even_with_the_right_hash(browse, reviewed, officer, setting):
    found = mailings.check(db.session, reviewed, setting)
    page = approve_by(browse(officer), reviewed, found.content_hash).text
    assert reviewed.state is MailingState.REVIEW
    assert "승인할 수 없습니다" in page


def test_the_approver_sees_the_numbers_and_approves(browse, reviewed, approver):
    client = browse(approver)
    page = client.get(path(reviewed)).text
    assert '<strong class="num">5</strong>' in page
    assert "관할 센터 밖" in page
    page = approve_by(client, reviewed).text
    assert reviewed.state is MailingState.APPROVED
    assert db.session.query(Delivery).filter_by(mailing_id=reviewed.id).count() == 5
    assert "보낼 시각" in page


def test_an_approval_of_what_changed_since_is_refused(browse, reviewed, approver):
    page = approve_by(browse(approver), reviewed, "0" * 64).text
    assert reviewed.state is MailingState.REVIEW
    assert "바뀌었습니다" in page


def test_many_recipients_are_written_down_by_a_job(app, browse, reviewed, approver, monkeypatch):
    monkeypatch.setattr("campaigns.delivery.service.AT_ONCE", 3)
    client = browse(approver)
    page = approve_by(client, reviewed).text
    assert reviewed.state is MailingState.FREEZING
    assert "적어 두고 있습니다" in page
    assert db.session.query(Job).one().payload == {"mailing_id": reviewed.id}
    db.session.commit()
    assert JobSource(app).step()
    db.session.expire_all()
    assert reviewed.state is MailingState.APPROVED
    fragment = client.get(path(reviewed, "progress") + "?of=freezing")
    assert fragment.headers["HX-Refresh"] == "true"


def test_sending_back_says_what_to_change(browse, reviewed, approver, officer):
    client = browse(approver)
    client.post(path(reviewed, "send-back"), data={"comment": " "})
    assert reviewed.state is MailingState.REVIEW
    client.post(path(reviewed, "send-back"), data={"comment": "금액의 기준일을 적어 주세요."})
    assert reviewed.state is MailingState.DRAFT
    assert "금액의 기준일을 적어 주세요." in browse(officer).get(path(reviewed, "edit")).text


# -- schedule --------------------------------------------------------------------------------------------


@pytest.fixture
def approved(reviewed, browse, approver):
    approve_by(browse(approver), reviewed)
    return reviewed


def test_the_next_working_day_at_ten_is_proposed(browse, approved, officer):
    page = browse(officer).get(path(approved)).text
    assert 'value="2026-11-24"' in page and 'value="10:00"' in page


def test_scheduling_in_korean_time(browse, approved, officer):
    data = {"when": "later", "day": "2026-11-24", "time": "10:00"}
    browse(officer).post(path(approved, "schedule"), data=data)
    assert approved.state is MailingState.SCHEDULED
    assert approved.scheduled_at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_scheduling_for_now(browse, approved, officer, now):
    browse(officer).post(path(approved, "schedule"), data={"when": "now"})
    assert approved.scheduled_at == now


@pytest.mark.parametrize(("data", "words"), [
    ({"when": "later", "day": "2026-11-20", "time": "10:00"}, "이미 지난 시각"),
    ({"when": "later", "day": "", "time": "10:00"}, "날짜와 시각을 모두"),
    ({"when": "later", "day": "내일", "time": "10:00"}, "날짜와 시각을 모두"),
    ({"when": "someday"}, ""),
])
def test_a_bad_time_is_refused_with_its_reason(browse, approved, officer, data, words):
    page = browse(officer).post(path(approved, "schedule"), data=data, follow_redirects=True).text
    assert approved.state is MailingState.APPROVED
    assert words in page


def test_without_a_mail_server_nothing_is_scheduled(app, browse, approved, officer):
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url=None)
    client = browse(officer)
    assert "OUTREACH_SMTP_URL" in client.get(path(approved)).text
    client.post(path(approved, "schedule"), data={"when": "now"})
    assert approved.state is MailingState.APPROVED


def test_a_schedule_can_be_taken_back(browse, approved, officer, now):
    client = browse(officer)
    client.post(path(approved, "schedule"), data={"when": "later", "day": "2026-11-24", "time": "10:00"})
    assert "예약 취소" in client.get(path(approved)).text
    client.post(path(approved, "unschedule"))
    assert approved.state is MailingState.APPROVED and approved.scheduled_at is None


def test_an_overdue_mailing_explains_itself(browse, approved, officer, now):
    approved.state, approved.scheduled_at = MailingState.OVERDUE, now - timedelta(hours=5)
    client = browse(officer)
    page = client.get(path(approved)).text
    assert "예약한 시각을 놓쳤습니다" in page and "발송 예약" in page
    client.post(path(approved, "schedule"), data={"when": "now"})
    assert approved.state is MailingState.SCHEDULED


# -- sending ---------------------------------------------------------------------------------------------


@pytest.fixture
def sending(approved, now):
    """Half way: two accepted, one refused, one skipped, one in doubt."""
    approved.state, approved.started_at = MailingState.SENDING, now - timedelta(seconds=10)
    ends = [
        (DeliveryState.ACCEPTED, None), (DeliveryState.ACCEPTED, None), (DeliveryState.REFUSED, None),
        (DeliveryState.SKIPPED, SkipReason.SUPPRESSED), (DeliveryState.IN_DOUBT, None),
    ]
    rows = db.session.query(Delivery).filter_by(mailing_id=approved.id).order_by(Delivery.id).all()
    for row, (state, reason) in zip(rows, ends, strict=True):
        row.state, row.skip_reason, row.done_at, row.attempts = state, reason, now, 1
    db.session.flush()
    return approved


def test_progress_shows_every_result(browse, sending, officer):
    client = browse(officer)
    fragment = client.get(path(sending, "progress") + "?of=sending").text
    assert "5 / 5 (100%)" in fragment
    assert "수신거부</a> 1" in fragment
    assert "every 1s" in fragment
    assert "발송 현황" in client.get(path(sending)).text


def test_pausing_and_resuming(browse, sending, officer, now):
    client = browse(officer)
    client.post(path(sending, "pause"))
    assert sending.state is MailingState.PAUSED
    assert "김시험 님이 멈추었습니다" in client.get(path(sending)).text
    client.post(path(sending, "resume"))
    assert sending.state is MailingState.SENDING
    assert sending.resumed_at == now


def test_cancelling_is_for_good(browse, sending, officer):
    client = browse(officer)
    client.post(path(sending, "cancel"))
    assert sending.state is MailingState.CANCELLED
    page = client.post(path(sending, "resume"), follow_redirects=True).text
    assert sending.state is MailingState.CANCELLED
    assert "바꿀 수 없습니다" in page


def test_a_person_decides_about_doubts(browse, sending, officer):
    client = browse(officer)
    doubt = db.session.query(Delivery).filter_by(state=DeliveryState.IN_DOUBT).one()
    assert doubt.address in client.get(path(sending)).text
    client.post(path(sending, "doubts"), data={"delivery": doubt.id, "decision": "leave"})
    assert doubt.state is DeliveryState.IN_DOUBT and doubt.decided_by == officer.id
    record = db.session.query(ChangeRecord).filter_by(subject="delivery", subject_id=doubt.id).one()
    assert (record.action, record.user_id) == ("leave", officer.id)
    assert doubt.address not in client.get(path(sending)).text


def test_resending_a_doubt_opens_a_finished_mailing_again(browse, sending, officer, now):
    sending.state, sending.finished_at = MailingState.FINISHED, now
    doubt = db.session.query(Delivery).filter_by(state=DeliveryState.IN_DOUBT).one()
    browse(officer).post(path(sending, "doubts"), data={"delivery": doubt.id, "decision": "resend"})
    assert doubt.state is DeliveryState.QUEUED
    assert sending.state is MailingState.SENDING


# -- recipients ------------------------------------------------------------------------------------------


def test_recipients_by_state_company_and_address(browse, sending, officer):
    client, rows = browse(officer), db.session.query(Delivery).order_by(Delivery.id).all()
    page = client.get(path(sending, "recipients")).text
    assert all(row.address in page for row in rows)
    refused = client.get(path(sending, "recipients") + "?state=refused").text
    assert rows[2].address in refused and rows[0].address not in refused
    named = client.get(path(sending, "recipients"), query_string={"q": "가상기업2"}).text
    assert rows[1].address in named and rows[0].address not in named
    found = client.get(path(sending, "recipients"), query_string={"q": rows[0].address.upper()}).text
    assert rows[0].address in found and rows[1].address not in found
    seen = db.session.query(AccessRecord).filter_by(kind=AccessKind.VIEW, subject="contact").all()
    assert {record.subject_count for record in seen} == {5, 1}


def test_one_recipients_story(browse, sending, officer):
    row = db.session.query(Delivery).filter_by(state=DeliveryState.SKIPPED).one()
    page = browse(officer).get(path(sending, f"recipients/{row.id}")).text
    assert row.address in page and "수신거부" in page and row.values["회사명"] in page


def test_the_workbook_is_logged_and_for_editors(browse, sending, officer):
    planner = make_user(Role.PLANNER, centre=officer.centre)
    assert browse(planner).get(path(sending, "recipients.xlsx")).status_code == 403
    response = browse(officer).get(path(sending, "recipients.xlsx"))
    sheet = load_workbook(io.BytesIO(response.data)).active
    assert sheet.max_row == 6
    record = db.session.query(AccessRecord).filter_by(kind=AccessKind.EXPORT).one()
    assert record.subject_count == 5


def test_headquarters_mailing_shows_a_centre_its_own_recipients(browse, sending, officer):
    sending.campaign.centre_id = None
    stranger = make_user(Role.PROMOTION)
    row = db.session.query(Delivery).order_by(Delivery.id).first()
    client = browse(stranger)
    page = client.get(path(sending, "recipients")).text
    assert "우리 센터 관할" in page and row.address not in page
    assert client.get(path(sending, f"recipients/{row.id}")).status_code == 404
    assert row.address in browse(officer).get(path(sending, "recipients")).text


def test_the_company_page_lists_its_mailings(browse, sending, officer):
    row = db.session.query(Delivery).order_by(Delivery.id).first()
    assert "첫 안내" in browse(officer).get(f"/companies/{row.company_id}").text


@pytest.mark.parametrize("state", list(MailingState))
def test_every_state_has_a_page(browse, approved, officer, now, state):
    approved.state, approved.scheduled_at, approved.started_at = state, now, now
    if state in {MailingState.FINISHED, MailingState.CANCELLED}:
        approved.finished_at = now
    assert browse(officer).get(path(approved)).status_code == 200
