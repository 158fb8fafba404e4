"""Choosing when to send on the mailing's page: the offer of the nearest time, the forecast, the ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import hours, jobs
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.rules import MailingState
from outreach.calendar import service as calendar
from outreach.clock import KST
from outreach.db import db
from tests.campaigns.delivery.conftest import add_companies
from tests.people import sign_in

pytestmark = pytest.mark.usefixtures("office_hours")
MONDAY = date(2026, 11, 23)
SATURDAY = {"when": "later", "day": "2026-11-28", "time": "10:00"}
NEXT = "2026. 11. 30.(월) 08:00"


def kst(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=KST)


@pytest.fixture
def mailing(draft, approve, officer, now):
    add_companies(officer.centre_id, 12, now)
    approve(draft)
    db.session.commit()
    return draft


@pytest.fixture
def officer_client(client, officer, mailing):
    return sign_in(client, officer)


def path(mailing, rest: str = "") -> str:
    return f"/mailings/{mailing.id}/{rest}"


def test_a_closed_time_is_refused_and_the_nearest_offered_in_the_form(officer_client, mailing):
    answer = officer_client.post(path(mailing, "schedule"), data=SATURDAY)
    page = officer_client.get(answer.location).text
    assert "가장 가까운 가능한 시각은 11월 30일(월) 08:00입니다" in page and "주말" in page
    assert 'value="2026-11-30"' in page and 'value="08:00' in page
    assert mailing.state is MailingState.APPROVED


def test_the_dialog_names_the_effective_start_and_agreeing_to_it_moves(officer_client, mailing):
    told = officer_client.get(path(mailing, "forecast"), query_string=SATURDAY).text
    assert NEXT in told and 'name="moved_to"' in told
    moved = {**SATURDAY, "moved_to": "2026-11-29T23:00:00+00:00"}
    page = officer_client.post(path(mailing, "schedule"), data=moved, follow_redirects=True).text
    assert "11월 30일(월) 08:00에 보내도록 예약했습니다" in page
    assert mailing.scheduled_at == kst(date(2026, 11, 30), 8)


@pytest.mark.parametrize("moved_to", ["2026-11-30T00:00:00+00:00", "2026-11-29T23:00:00", "곧"])
def test_agreeing_to_another_time_than_the_nearest_moves_nothing(officer_client, mailing, moved_to):
    officer_client.post(path(mailing, "schedule"), data={**SATURDAY, "moved_to": moved_to})
    assert mailing.state is MailingState.APPROVED


def test_at_once_at_night_is_moved_to_the_morning(officer_client, mailing, clock):
    clock.at = kst(MONDAY, 22)
    told = officer_client.get(path(mailing, "forecast"), query_string={"when": "now"}).text
    assert "2026. 11. 24.(화) 08:00" in told and "보내는 시간이 아님" in told
    officer_client.post(path(mailing, "schedule"), data={"when": "now", "moved_to": "2026-11-23T23:00:00+00:00"})
    assert mailing.scheduled_at == kst(date(2026, 11, 24), 8)


def test_an_open_time_is_taken_as_it_is(officer_client, mailing):
    monday = {"when": "later", "day": "2026-11-23", "time": "15:00"}
    told = officer_client.get(path(mailing, "forecast"), query_string=monday).text
    assert "2026. 11. 23.(월) 15:00" in told and "moved_to" not in told and "마치는 때" not in told
    officer_client.post(path(mailing, "schedule"), data=monday)
    assert mailing.scheduled_at == kst(MONDAY, 15) and mailing.not_after is None and mailing.spread_until is None


def test_a_large_mailing_is_told_when_it_will_be_through(officer_client, mailing, monkeypatch):
    """40,000 at the assumed 20 a second are 33 minutes and 20 seconds: past the evening."""
    monkeypatch.setattr("campaigns.delivery.timing_routes._recipients", lambda mailing_id: 40_000)
    evening = {"when": "later", "day": "2026-11-27", "time": "19:40"}
    told = officer_client.get(path(mailing, "forecast"), query_string=evening).text
    assert f"2026. 11. 27.(금) 20:00에 멈추고 {NEXT}에 이어 보냅니다" in told
    assert "2026. 11. 30.(월) 08:13쯤" in told and "초당 20통으로 어림했습니다" in told


def test_the_rate_is_that_of_the_last_large_mailing_in_its_open_time(officer, draft, approve, now):
    add_companies(officer.centre_id, 240, now)
    approve(draft)
    known = calendar.load(db.session)
    assert hours.measured_rate(db.session, known) is None
    draft.state, draft.started_at = MailingState.FINISHED, kst(MONDAY, 19, 59)
    draft.finished_at = kst(date(2026, 11, 24), 8, 1)  # two minutes of open time later
    db.session.execute(sa.update(Delivery).values(state=DeliveryState.ACCEPTED))
    assert hours.measured_rate(db.session, known) == 2.0


def test_spread_and_last_moment_are_kept_and_shown(officer_client, mailing):
    values = {
        "when": "later", "day": "2026-11-24", "time": "09:00", "spread": "y", "spread_until": "17:00",
        "limited": "y", "last_day": "2026-11-24", "last_time": "18:00",
    }
    page = officer_client.post(path(mailing, "schedule"), data=values, follow_redirects=True).text
    day = date(2026, 11, 24)
    assert (mailing.spread_until, mailing.not_after) == (kst(day, 17), kst(day, 18))
    assert "2026. 11. 24.(화) 17:00까지 고르게" in page and "2026. 11. 24.(화) 18:00" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"spread": "y", "spread_until": ""}, "마칠 시각을 골라 주세요"),
        ({"spread": "y", "spread_until": "21:00"}, "보내는 시간이 끝납니다"),
        ({"limited": "y", "last_day": "", "last_time": ""}, "마지막 날짜와 시각을 모두"),
        ({"limited": "y", "last_day": "2026-11-23", "last_time": "11:00"}, "보내는 시각보다 늦어야"),
    ],
)
def test_ends_that_make_no_sense_are_told_in_the_dialog_and_refused(officer_client, mailing, values, said):
    values = {"when": "later", "day": "2026-11-24", "time": "09:00", **values}
    assert said in officer_client.get(path(mailing, "forecast"), query_string=values).text
    assert said in officer_client.post(path(mailing, "schedule"), data=values, follow_redirects=True).text
    assert mailing.state is MailingState.APPROVED


def start(app, officer_client, mailing, clock, **values: str) -> None:
    values = {"when": "later", "day": "2026-11-23", "time": "15:00", **values}
    officer_client.post(path(mailing, "schedule"), data=values)
    clock.at = kst(MONDAY, 15)
    jobs.start_due(app)
    db.session.expire_all()


def test_the_page_says_when_it_stops_and_goes_on(app, officer_client, mailing, clock):
    start(app, officer_client, mailing, clock)
    page = officer_client.get(path(mailing)).text
    assert "2026. 11. 23.(월) 20:00에 멈추고 2026. 11. 24.(화) 08:00에 이어 보냅니다" in page
    clock.at = kst(MONDAY, 20)
    page = officer_client.get(path(mailing)).text
    assert "지금은 보내지 않습니다(보내는 시간이 아님)" in page
    assert "2026. 11. 24.(화) 08:00에 저절로 이어 보냅니다" in page
    assert "시작하고 있습니다" not in page


def test_the_page_of_a_spread_mailing_says_whose_turn_it_is(app, officer_client, mailing, clock):
    start(app, officer_client, mailing, clock, spread="y", spread_until="17:00")
    clock.at = kst(MONDAY, 16)
    assert "6명까지 차례가 왔습니다" in officer_client.get(path(mailing)).text


def test_nights_do_not_make_a_mailing_slow(app, officer_client, mailing, clock):
    """Four in the last minute of Monday, then the night: the rate is that of the open time."""
    start(app, officer_client, mailing, clock)
    mailing.started_at = kst(MONDAY, 19, 59)
    ids = db.session.scalars(sa.select(Delivery.id).limit(6)).all()
    db.session.execute(sa.update(Delivery).where(Delivery.id.in_(ids)).values(state=DeliveryState.ACCEPTED))
    clock.at = kst(MONDAY, 19, 59) + timedelta(hours=12, minutes=2)  # 08:01, after two minutes of open time
    assert "약 2분" in officer_client.get(path(mailing)).text


def test_the_end_by_the_last_moment_is_told_with_its_number(app, officer_client, mailing, clock):
    start(app, officer_client, mailing, clock, limited="y", last_day="2026-11-23", last_time="16:00")
    clock.at = kst(MONDAY, 16)
    jobs.expire(app)
    page = officer_client.get(path(mailing)).text
    assert "마지막 시각(2026. 11. 23.(월) 16:00)이 지나 12명에게는 보내지 않았습니다" in page
    rows = officer_client.get(path(mailing, "recipients")).text
    assert "보낼 수 있는 마지막 시각이 지남" in rows


def test_a_missed_last_moment_waits_for_a_person(app, officer_client, mailing, clock):
    officer_client.post(path(mailing, "schedule"), data={
        "when": "later", "day": "2026-11-23", "time": "15:00", "limited": "y", "last_day": "2026-11-23",
        "last_time": "16:00",
    })
    clock.at = kst(MONDAY, 16, 30)
    jobs.start_due(app)
    page = officer_client.get(path(mailing)).text
    assert "마지막 시각이 지났습니다." in page and "아무에게도 보내지 않았습니다" in page
    again = {"when": "later", "day": "2026-11-24", "time": "10:00"}
    officer_client.post(path(mailing, "schedule"), data=again)
    assert mailing.state is MailingState.SCHEDULED and mailing.not_after is None
