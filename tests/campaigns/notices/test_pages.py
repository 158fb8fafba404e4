"""The page of notices: whose, what it shows, sending again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.notices import service
from campaigns.notices.models import ConsentNotice
from outreach.audit.models import AccessRecord
from outreach.clock import kst_today
from outreach.companies import confirmation
from outreach.db import db
from outreach.scope import Role
from tests.people import NOW, make_centre, make_user, sign_in

PATH = "/companies/notices/"


def test_an_empty_page_says_what_will_appear(app, client):
    page = sign_in(client, make_user(Role.PROMOTION)).get(PATH).text
    assert "모두 알렸습니다" in page and "아직 보낸 통지가 없습니다" in page and "확인할 동의가 없습니다" in page


def test_it_shows_what_waits_what_comes_and_what_was_sent(client, centre, contact, writing, consenting):
    sign_in(client, make_user(Role.PROMOTION, centre=centre))
    consenting(NOW - timedelta(days=11))
    page = client.get(PATH).text
    assert "3일" in page and contact.email in page
    service.tell_results(db.session, writing, now=NOW)
    page = client.get(PATH).text
    assert "모두 알렸습니다" in page and "보내는 중" in page and "수신동의가 기록되었습니다" in page
    row = db.session.scalars(sa.select(ConsentNotice)).one()
    looked = db.session.scalars(sa.select(AccessRecord).filter_by(subject="consent_notice")).all()
    assert looked[-1].subject_ids == [row.id]


def test_a_confirmation_ahead_is_announced(client, centre, contact, consenting):
    day = confirmation.anniversary(kst_today(NOW) + timedelta(days=45), -2)
    consenting(NOW - (kst_today(NOW) - day))
    page = sign_in(client, make_user(Role.PLANNER, centre=centre)).get(PATH).text
    assert contact.email in page and "확인 기한" in page


def test_another_centre_sees_nothing_of_it(client, contact, writing, consenting):
    consenting()
    stranger = make_user(Role.PROMOTION, centre=make_centre())
    assert contact.email not in sign_in(client, stranger).get(PATH).text
    service.tell_results(db.session, writing, now=NOW)
    assert contact.email not in sign_in(client, stranger).get(PATH).text
    assert sign_in(client, make_user(Role.PARTNER)).get(PATH).status_code == 403


@pytest.fixture
def given_up(writing, consenting) -> ConsentNotice:
    consenting(NOW - timedelta(days=1))
    service.tell_results(db.session, writing, now=NOW)
    notice = db.session.scalars(sa.select(ConsentNotice)).one()
    notice.error = "554 refused"
    db.session.flush()
    return notice


def test_one_that_was_given_up_calls_for_a_person_who_sends_it_again(client, centre, given_up):
    sign_in(client, make_user(Role.PROMOTION, centre=centre))
    assert "보내지 못한 통지가 1건" in client.get("/").text
    page = client.get(PATH).text
    assert "554 refused" in page and "다시 보내기" in page
    assert client.post(f"{PATH}{given_up.id}/retry").status_code == 302
    assert (given_up.attempts, given_up.error) == (2, "")
    assert "보내지 못한 통지" not in client.get("/").text
    assert client.post(f"{PATH}{given_up.id}/retry").status_code == 409


def test_who_may_not_send_again(client, given_up):
    assert sign_in(client, make_user(Role.PROMOTION)).post(f"{PATH}{given_up.id}/retry").status_code == 404
    assert sign_in(client, make_user(Role.AUDITOR)).post(f"{PATH}{given_up.id}/retry").status_code == 403
    assert sign_in(client, make_user(Role.AUDITOR)).get(f"{PATH}{given_up.id}/retry").status_code == 405
