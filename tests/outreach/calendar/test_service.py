"""The working calendar in the database: what is decided holds at once, within the law, and is recorded."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa

from outreach.audit.service import Actor
from outreach.calendar import service
from outreach.calendar.models import SendingHours
from outreach.calendar.rules import ALWAYS, DEFAULT, Channel, Hours, MessageClass
from outreach.clock import KST, UTC
from outreach.db import db
from outreach.errors import Conflict, Invalid, NotFound

pytestmark = pytest.mark.usefixtures("office_hours")
ACTOR = Actor(None, "hq@outreach.example")
NOTICE, ADVERT = MessageClass.PUBLIC_NOTICE, MessageClass.ADVERTISING


def kst(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=KST)


def test_a_new_installation_keeps_office_hours() -> None:
    calendar = service.load(db.session)
    assert {key: calendar.hours(key[1], key[0]) for key in DEFAULT} == dict(DEFAULT)
    saturday, substitute = date(2026, 11, 28), date(2026, 10, 5)
    for day in (saturday, substitute):
        assert not calendar.allows(NOTICE, kst(day, 10))
    assert calendar.holiday(substitute) == "개천절 대체 휴일"
    assert calendar.next_allowed(NOTICE, kst(date(2026, 12, 24), 20)) == kst(date(2026, 12, 28), 8)
    assert calendar.next_allowed(NOTICE, kst(saturday, 10)).tzinfo is UTC


def test_why_it_is_closed() -> None:
    calendar = service.load(db.session)
    reasons = [
        calendar.why_closed(NOTICE, at) for at in (
            kst(date(2026, 11, 23), 10), kst(date(2026, 11, 23), 21), kst(date(2026, 11, 28), 10),
            kst(date(2026, 12, 25), 10), kst(date(2026, 8, 15), 10),  # a Saturday, and 광복절
        )
    ]
    assert reasons == ["", "hours", "weekend", "holiday", "holiday"]


def test_a_temporary_holiday_is_added_and_taken_back(now) -> None:
    day = date(2026, 11, 27)
    service.add_holiday(db.session, ACTOR, day, name="임시공휴일", reason="국무회의 의결", now=now)
    assert service.load(db.session).holiday(day) == "임시공휴일"
    assert not service.load(db.session).allows(NOTICE, kst(day, 10))
    with pytest.raises(Conflict):
        service.add_holiday(db.session, ACTOR, day, name="다른 이름", reason="두 번째", now=now)
    service.take_back(db.session, ACTOR, day, now=now)
    assert service.load(db.session).allows(NOTICE, kst(day, 10))
    with pytest.raises(NotFound):
        service.take_back(db.session, ACTOR, day, now=now)
    told = service.history(db.session)
    assert {record.action for record in told} == {"holiday_added", "holiday_taken_back"}
    assert {record.user_email for record in told} == {"hq@outreach.example"}
    assert any(record.changes.get("reason") == [None, "국무회의 의결"] for record in told)


def test_a_listed_holiday_is_cancelled(now) -> None:
    christmas = date(2026, 12, 25)
    service.cancel_holiday(db.session, ACTOR, christmas, reason="당직", now=now)
    assert service.load(db.session).allows(NOTICE, kst(christmas, 10))
    with pytest.raises(Conflict):
        service.cancel_holiday(db.session, ACTOR, date(2026, 12, 24), reason="공휴일이 아님", now=now)
    with pytest.raises(Conflict):
        service.add_holiday(db.session, ACTOR, date(2027, 1, 1), name="신정", reason="이미 있음", now=now)


def test_a_cancelled_holiday_on_a_weekend_stays_a_weekend(now) -> None:
    liberation = date(2026, 8, 15)  # Saturday
    service.cancel_holiday(db.session, ACTOR, liberation, reason="시험", now=now)
    assert service.load(db.session).why_closed(NOTICE, kst(liberation, 10)) == "weekend"


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.ALIMTALK])
@pytest.mark.parametrize("hours", [Hours(7 * 60, 12 * 60, True), Hours(9 * 60, 21 * 60 + 1, True), ALWAYS])
def test_no_decision_opens_what_the_law_closes(channel, hours, now) -> None:
    with pytest.raises(Invalid, match="제50조"):
        service.set_hours(db.session, ACTOR, channel, ADVERT, hours, reason="밤에도", now=now)
    service.set_hours(db.session, ACTOR, Channel.EMAIL, ADVERT, hours, reason="전자우편은 예외", now=now)


def test_a_row_wider_than_the_law_is_not_believed(now) -> None:
    db.session.add(SendingHours(
        channel=Channel.SMS, message_class=ADVERT, opens=0, closes=1440, workdays_only=False, reason="손으로 넣음",
        decided_by="?", decided_at=now,
    ))
    db.session.flush()
    assert service.load(db.session).hours(ADVERT, Channel.SMS) == DEFAULT[Channel.SMS, ADVERT]


def test_hours_are_decided_and_reset(now) -> None:
    early = Hours(9 * 60, 18 * 60, True)
    service.set_hours(db.session, ACTOR, Channel.EMAIL, NOTICE, early, reason="근무시간만", now=now)
    assert not service.load(db.session).allows(NOTICE, kst(date(2026, 11, 23), 18))
    service.reset_hours(db.session, ACTOR, Channel.EMAIL, NOTICE, now=now)
    assert service.load(db.session).allows(NOTICE, kst(date(2026, 11, 23), 18))
    with pytest.raises(NotFound):
        service.reset_hours(db.session, ACTOR, Channel.EMAIL, NOTICE, now=now)
    assert ["평일 08:00~20:00", "평일 09:00~18:00"] in [
        value for record in service.history(db.session) for value in record.changes.values()
    ]


@pytest.mark.parametrize("act", ["holiday", "hours"])
def test_no_change_without_its_reason(act, now) -> None:
    with pytest.raises(Invalid, match="왜"):
        if act == "hours":
            service.set_hours(db.session, ACTOR, Channel.EMAIL, NOTICE, ALWAYS, reason="", now=now)
        else:
            service.add_holiday(db.session, ACTOR, date(2026, 11, 27), name="임시공휴일", reason="", now=now)


def test_the_database_refuses_hours_that_are_none(now) -> None:
    db.session.add(SendingHours(
        channel=Channel.EMAIL, message_class=NOTICE, opens=600, closes=600, workdays_only=False, reason="-",
        decided_by="-", decided_at=now,
    ))
    with pytest.raises(sa.exc.IntegrityError):
        db.session.flush()
    db.session.rollback()
