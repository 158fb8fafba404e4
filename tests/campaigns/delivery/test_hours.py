"""Nothing leaves outside its hours, after its last moment, or before its turn; by a real server's count."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import hours, jobs, queue, service, starting
from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import OVERDUE_AFTER, DeliveryState, SkipReason, released
from campaigns.delivery.turns import Releases, turns
from campaigns.mailings import service as mailings
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.mailings.timing import Closed
from outreach.audit.service import Actor
from outreach.calendar import service as calendar
from outreach.calendar.rules import Channel, Hours
from outreach.clock import KST
from outreach.db import db
from outreach.errors import Conflict, Invalid
from outreach.mail import outbox
from outreach.mail.outbox import OutboxSource
from outreach.mail.smtp import send_one
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.smtp_server import Event

pytestmark = pytest.mark.usefixtures("office_hours")
HEADQUARTERS = Actor(None, "hq@outreach.example")
MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)


def kst(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=KST)


def work(engine: Engine) -> None:
    """All that may be done now."""
    db.session.commit()
    for _ in range(50):
        engine._rests_until = 0.0
        if not engine.step():
            break
    db.session.expire_all()


def tick(app) -> None:
    """What the clock does when it comes round."""
    db.session.commit()
    jobs.start_due(app)
    jobs.expire(app)
    db.session.expire_all()


@pytest.fixture
def scheduled(draft, approve, approver, officer, now):
    """The mailing to ``count`` people, approved and scheduled."""

    def make(at: datetime, count: int = 6, **timing):
        add_companies(officer.centre_id, count, now)
        approve(draft)
        mailings.schedule(db.session, actor_of(approver), draft, at, now=now, smtp_ready=True, **timing)
        db.session.commit()
        return draft

    return make


def states(mailing) -> dict[str, int]:
    found = service.statistics(db.session, mailing.id).states
    db.session.commit()
    return {state.value: number for state, number in found.items()}


# -- hours ------------------------------------------------------------------------------------------------


def test_a_mailing_running_into_the_evening_stops_and_goes_on_when_hours_open(app, clock, engine, server, scheduled):
    mailing = scheduled(kst(FRIDAY, 19, 59))
    clock.at = kst(FRIDAY, 19, 59)
    tick(app)
    assert mailing.state is MailingState.SENDING
    clock.at = kst(FRIDAY, 20)
    work(engine)
    assert server.recipients == [] and states(mailing) == {"queued": 6}
    told = hours.outlook(db.session, mailing, 6, None, clock.now())
    assert told.held and told.resumes_at == kst(date(2026, 11, 30), 8)  # over the weekend
    for moment in (kst(date(2026, 11, 28), 12), kst(date(2026, 11, 30), 7, 59, 59)):
        clock.at = moment
        tick(app)
        work(engine)
    assert server.recipients == [] and mailing.state is MailingState.SENDING
    clock.at = kst(date(2026, 11, 30), 8)
    work(engine)
    assert len(server.recipients) == len(set(server.recipients)) == 6
    assert mailing.state is MailingState.FINISHED and states(mailing) == {"accepted": 6}


def test_what_is_claimed_when_the_hours_close_stays_unsent(app, clock, engine, server, scheduled):
    """The hours close while a batch is under way: what has not left goes back into the queue, untried."""
    mailing = scheduled(kst(MONDAY, 19, 59), count=40)
    clock.at = kst(MONDAY, 19, 59)
    tick(app)

    def close_the_hours(event: Event) -> None:
        if event.stage == "content" and len(server.recipients) >= 3:
            clock.at = kst(MONDAY, 20)

    server.script = close_the_hours
    work(engine)
    sent = len(server.recipients)
    assert 3 <= sent < 40 and states(mailing) == {"accepted": sent, "queued": 40 - sent}
    assert set(db.session.scalars(sa.select(Delivery.attempts).where(Delivery.state == DeliveryState.QUEUED))) == {0}
    clock.at = kst(date(2026, 11, 24), 8)
    work(engine)
    assert len(server.recipients) == len(set(server.recipients)) == 40


def test_a_holiday_declared_meanwhile_moves_the_start(app, clock, engine, server, scheduled, now):
    mailing = scheduled(kst(FRIDAY, 10))
    calendar.add_holiday(db.session, HEADQUARTERS, FRIDAY, name="임시공휴일", reason="국무회의 의결", now=now)
    assert hours.starts_at(db.session, mailing) == (kst(date(2026, 11, 30), 8), "공휴일: 임시공휴일")
    clock.at = kst(FRIDAY, 10)
    tick(app)
    work(engine)
    assert mailing.state is MailingState.SCHEDULED and server.recipients == []
    assert hours.held(db.session, clock.now()) == hours.Held(1, kst(date(2026, 11, 30), 8))
    clock.at = kst(date(2026, 11, 30), 8)
    tick(app)  # not overdue: its time is when the hours open
    work(engine)
    assert mailing.state is MailingState.FINISHED and len(server.recipients) == 6


def test_a_holiday_declared_while_sending_stops_it_at_once(app, clock, engine, server, scheduled, now):
    mailing = scheduled(kst(MONDAY, 10))
    tick(app)
    calendar.add_holiday(db.session, HEADQUARTERS, MONDAY, name="임시공휴일", reason="국무회의 의결", now=now)
    work(engine)
    assert server.recipients == [] and mailing.state is MailingState.SENDING


def test_hours_belong_to_the_class(app, clock, engine, server, scheduled, draft, officer, now):
    """A notice about consent goes out at night, by mail."""
    mailings.edit(
        db.session, actor_of(officer), draft, {"message_class": MessageClass.CONSENT_NOTICE}, version=None, now=now
    )
    mailing = scheduled(kst(MONDAY, 23))
    clock.at = kst(MONDAY, 23)
    tick(app)
    work(engine)
    assert mailing.state is MailingState.FINISHED and len(server.recipients) == 6


def test_one_class_that_waits_holds_up_no_other(app, clock, scheduled, now):
    mailing = scheduled(kst(MONDAY, 10))
    tick(app)
    assert [turn.mailing_id for turn in turns(db.session, Releases(), kst(MONDAY, 10))] == [mailing.id]
    late = Hours(11 * 60, 12 * 60, True)
    calendar.set_hours(
        db.session, HEADQUARTERS, Channel.EMAIL, MessageClass.PUBLIC_NOTICE, late, reason="시험", now=now
    )
    assert turns(db.session, Releases(), kst(MONDAY, 10)) == []
    assert turns(db.session, Releases(), kst(MONDAY, 11))[0].until == kst(MONDAY, 12)


def test_what_a_person_waits_for_is_not_held(app, clock, engine, server):
    """A sign-in link at night on a holiday; the engine's fixture has named the server."""
    clock.at = kst(date(2026, 12, 25), 23)
    outbox.enqueue(
        db.session, key="link", to_address="person@company.example", to_name="김시험", subject="로그인 링크", text="…",
        now=clock.now(),
    )
    db.session.commit()
    assert OutboxSource(app, send_one).step() is True
    assert server.recipients == ["person@company.example"]


@pytest.mark.parametrize("at", [kst(date(2026, 11, 28), 10), kst(MONDAY, 20), kst(date(2026, 12, 25), 10)])
def test_a_time_outside_the_hours_is_refused_with_the_nearest(scheduled, at):
    with pytest.raises(Closed) as refused:
        scheduled(at)
    nearest = refused.value.nearest
    assert nearest > at and calendar.load(db.session).allows(MessageClass.PUBLIC_NOTICE, nearest)
    assert f"{nearest.astimezone(KST):%-m월 %-d일}" in str(refused.value)


# -- a clock that was down ----------------------------------------------------------------------------------


def test_a_clock_that_was_down_over_night_fires_nothing_late(app, clock, engine, server, scheduled):
    mailing = scheduled(kst(MONDAY, 19, 50))
    for moment in (kst(MONDAY, 20, 30), kst(date(2026, 11, 24), 8)):  # down when it was due
        clock.at = moment
        tick(app)
        work(engine)
    assert server.recipients == [] and mailing.state is MailingState.OVERDUE


def test_a_clock_that_was_down_over_a_holiday_fires_nothing_on_it(app, clock, engine, server, scheduled):
    mailing = scheduled(kst(date(2026, 12, 24), 19, 30))
    clock.at = kst(date(2026, 12, 25), 10)  # Christmas, a Friday
    tick(app)
    work(engine)
    clock.at = kst(date(2026, 12, 28), 8)
    tick(app)
    work(engine)
    assert server.recipients == [] and mailing.state is MailingState.OVERDUE


def test_a_short_absence_is_made_up_within_the_hours(app, clock, engine, server, scheduled):
    mailing = scheduled(kst(MONDAY, 17))
    clock.at = kst(MONDAY, 17) + OVERDUE_AFTER
    tick(app)
    work(engine)
    assert len(server.recipients) == 6 and mailing.state is MailingState.FINISHED


def test_a_clock_that_was_down_past_the_last_moment_fires_nothing(app, clock, engine, server, scheduled):
    mailing = scheduled(kst(MONDAY, 17), not_after=kst(MONDAY, 17, 30))
    clock.at = kst(MONDAY, 17, 30)
    tick(app)
    work(engine)
    assert server.recipients == [] and mailing.state is MailingState.OVERDUE
    assert states(mailing) == {"queued": 6}  # a person may set another time


# -- not later than -------------------------------------------------------------------------------------------


def test_past_the_last_moment_the_rest_is_skipped_with_its_reason(app, clock, engine, server, scheduled):
    """Two are put off by the server, and would be due again only after the last moment."""
    mailing = scheduled(kst(MONDAY, 10), not_after=kst(MONDAY, 10, 4))

    def put_off(event: Event) -> bytes | None:
        greylisted = event.stage == "rcpt" and ("person1@" in event.argument or "person2@" in event.argument)
        return b"451 4.7.1 later\r\n" if greylisted else None

    server.script = put_off
    tick(app)
    work(engine)
    assert states(mailing) == {"accepted": 4, "deferred": 2}
    clock.at = kst(MONDAY, 10, 4)
    work(engine)
    assert states(mailing) == {"accepted": 4, "deferred": 2}  # not the worker's to decide
    tick(app)
    assert states(mailing) == {"accepted": 4, "skipped": 2}
    assert service.statistics(db.session, mailing.id).skipped == {SkipReason.EXPIRED: 2}
    assert mailing.state is MailingState.FINISHED and mailing.finished_at == clock.now()
    clock.advance(hours=1)
    tick(app)
    work(engine)
    assert len(server.recipients) == 4


def test_paused_too_long_it_ends_and_cannot_be_resumed(app, clock, engine, server, scheduled, approver):
    mailing = scheduled(kst(MONDAY, 10), not_after=kst(MONDAY, 12))
    tick(app)
    mailings.pause(db.session, actor_of(approver), mailing, now=clock.now())
    clock.at = kst(MONDAY, 12)
    with pytest.raises(Conflict, match="마지막 시각"):
        service.resume(db.session, actor_of(approver), mailing, now=clock.now())
    tick(app)
    work(engine)
    assert server.recipients == [] and states(mailing) == {"skipped": 6}
    assert mailing.state is MailingState.FINISHED


def test_nothing_is_claimed_after_the_last_moment_though_the_clock_is_silent(app, clock, engine, server, scheduled):
    mailing = scheduled(kst(MONDAY, 10), not_after=kst(MONDAY, 11))
    tick(app)
    clock.at = kst(MONDAY, 11)
    work(engine)
    assert server.recipients == [] and states(mailing) == {"queued": 6}


def test_the_claim_itself_knows_the_last_moment(app, scheduled):
    """Whatever the worker thought when it looked for work."""
    mailing = scheduled(kst(MONDAY, 10), not_after=kst(MONDAY, 11))
    tick(app)
    last = kst(MONDAY, 11)
    assert queue.claim(db.session, mailing.id, "w", limit=9, now=last).claimed == []
    assert len(queue.claim(db.session, mailing.id, "w", limit=9, now=last - timedelta(seconds=1)).claimed) == 6


def test_the_doubtful_are_not_sent_again_after_the_last_moment(app, clock, scheduled, approver):
    mailing = scheduled(kst(MONDAY, 10), not_after=kst(MONDAY, 11))
    row = db.session.scalars(sa.select(Delivery)).first()
    row.state = DeliveryState.IN_DOUBT
    with pytest.raises(Conflict, match="마지막 시각"):
        service.decide(
            db.session, actor_of(approver), mailing, [row.id], resend=True, now=kst(MONDAY, 11)
        )


def test_a_large_rest_is_skipped_in_chunks(app, clock, scheduled, monkeypatch):
    monkeypatch.setattr(starting, "CHUNK", 4)
    mailing = scheduled(kst(MONDAY, 10), not_after=kst(MONDAY, 11))
    tick(app)
    clock.at = kst(MONDAY, 11)
    db.session.rollback()
    assert [jobs.expire(app) for _ in range(3)] == [4, 2, 0]
    db.session.expire_all()
    assert mailing.state is MailingState.FINISHED


# -- spread -----------------------------------------------------------------------------------------------------


def test_turns_come_evenly_over_the_time(app, clock, engine, server, scheduled):
    mailing = scheduled(kst(MONDAY, 10), count=12, spread_until=kst(MONDAY, 12))
    tick(app)
    seen = []
    for minute in range(0, 130, 10):
        clock.at = kst(MONDAY, 10) + timedelta(minutes=minute)
        work(engine)
        seen.append(len(server.recipients))
    assert seen == [*range(13)]
    assert mailing.state is MailingState.FINISHED


def test_a_spread_mailing_survives_pause_and_another_worker(app, clock, engine, server, scheduled, approver):
    mailing = scheduled(kst(MONDAY, 10), count=12, spread_until=kst(MONDAY, 12))
    tick(app)
    clock.at = kst(MONDAY, 10, 30)
    work(engine)
    assert len(server.recipients) == 3
    mailings.pause(db.session, actor_of(approver), mailing, now=clock.now())
    clock.at = kst(MONDAY, 11)
    work(engine)
    assert len(server.recipients) == 3
    service.resume(db.session, actor_of(approver), mailing, now=clock.now())
    db.session.commit()
    other = Engine(app, connections=2)
    try:
        work(other)
        assert len(server.recipients) == 6
        clock.at = kst(MONDAY, 11, 30)
        work(engine)
        assert len(server.recipients) == 9
        clock.at = kst(MONDAY, 12)
        work(other)
    finally:
        other.close()
    assert len(server.recipients) == len(set(server.recipients)) == 12


def test_a_spread_mailing_between_its_turns_holds_up_no_other(app, clock, scheduled):
    scheduled(kst(MONDAY, 10), count=6, spread_until=kst(MONDAY, 16))
    tick(app)
    assert turns(db.session, Releases(), kst(MONDAY, 10, 30)) == []
    assert len(turns(db.session, Releases(), kst(MONDAY, 11))) == 1


def test_two_workers_know_the_same_last_row(app, clock, scheduled):
    mailing = scheduled(kst(MONDAY, 10), count=10, spread_until=kst(MONDAY, 11, 40))
    tick(app)
    one, ids = Releases(), sorted(db.session.scalars(sa.select(Delivery.id)))
    for minute in (5, 10, 35, 36, 99):
        at = kst(MONDAY, 10) + timedelta(minutes=minute)
        expected = ids[minute // 10 - 1] if minute >= 10 else 0
        assert one.last(db.session, mailing, at) == Releases().last(db.session, mailing, at) == expected
    assert one.last(db.session, mailing, kst(MONDAY, 11, 40)) is None


def test_shares_are_rounded_down_and_end_with_all():
    begin, end = kst(MONDAY, 9), kst(MONDAY, 17)
    assert released(1_000_000, begin, end, begin - timedelta(hours=1)) == 0
    assert released(1_000_000, begin, end, kst(MONDAY, 13)) == 500_000
    assert released(7, begin, end, end - timedelta(microseconds=1)) == 6
    assert released(7, begin, end, end) == 7


@pytest.mark.parametrize(
    "timing", [
        {"spread_until": kst(MONDAY, 17, 5)}, {"spread_until": kst(MONDAY, 20, 1)},
        {"spread_until": kst(MONDAY, 19), "not_after": kst(MONDAY, 18)}, {"not_after": kst(MONDAY, 17)},
    ],
    ids=["too short", "past the hours", "past the last moment", "ends before it begins"],
)
def test_ends_that_make_no_sense_are_refused(scheduled, timing):
    with pytest.raises(Invalid):
        scheduled(kst(MONDAY, 17), **timing)


def test_taking_a_mailing_back_takes_its_ends_back(scheduled, approver, now):
    mailing = scheduled(kst(MONDAY, 17), not_after=kst(MONDAY, 19), spread_until=kst(MONDAY, 18))
    mailings.unschedule(db.session, actor_of(approver), mailing, now=now)
    assert (mailing.scheduled_at, mailing.not_after, mailing.spread_until) == (None, None, None)
