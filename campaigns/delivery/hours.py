"""What the hours of sending mean for one mailing, for its page: held now, stopping tonight, through by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState, released
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.mailings.timing import Timing, why_closed
from outreach.calendar import service as calendars
from outreach.calendar.korea import Calendar
from outreach.wording import Text

#: Messages a second that are counted on where nothing has been measured yet.
CAUTIOUS_RATE = 20.0
#: A rate is taken from a finished mailing with so many recipients at least.
TELLING = 200
#: A mailing that takes longer than this is told when it will be through.
WORTH_SAYING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Held:
    """Mailings that wait for their hours to open, and the first opening."""

    mailings: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """A mailing under way. ``held``: why nothing leaves now, '' if it does. ``resumes_at``: when it goes on by itself,
    if it is held or will have to stop at ``stops_at``. ``turns``: of how many the turn has come, if it is spread."""

    held: str = ""
    stops_at: datetime | None = None
    resumes_at: datetime | None = None
    turns: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """A mailing about to be scheduled. ``closed``: why the chosen start is no good, '' if it is; ``start``: when it
    begins instead. ``end``: when it will be through, if that takes a while; ``stops_at``: it has to pause before.
    ``measured``: the end is more than an assumption."""

    start: datetime
    closed: str = ""
    end: datetime | None = None
    stops_at: datetime | None = None
    resumes_at: datetime | None = None
    measured: bool = False


def held(session: Session, now: datetime) -> Held | None:
    """Mailings that are due and wait for nothing but their hours; None if there are none."""
    due = sa.and_(Mailing.state == MailingState.SCHEDULED, Mailing.scheduled_at <= now)
    query = sa.select(Mailing.message_class).where(sa.or_(Mailing.state == MailingState.SENDING, due))
    calendar = calendars.load(session)
    openings = [
        calendar.next_allowed(kind, now) for kind in session.scalars(query) if not calendar.allows(kind, now)
    ]
    return Held(len(openings), min(openings)) if openings else None


def outlook(session: Session, mailing: Mailing, total: int, left_seconds: float | None, now: datetime) -> Outlook:
    """What the hours mean for a mailing being sent that needs ``left_seconds`` more (None: not known)."""
    if mailing.state is not MailingState.SENDING:
        return Outlook()
    calendar, kind = calendars.load(session), mailing.message_class
    turn = _turns(mailing, total, now)
    if not calendar.allows(kind, now):
        return Outlook(why_closed(now, kind, calendar), None, calendar.next_allowed(kind, now), turn)
    closing = calendar.closes_at(kind, now)
    if closing is None or (left_seconds is not None and now + timedelta(seconds=left_seconds) < closing):
        return Outlook(turns=turn)
    return Outlook("", closing, calendar.next_allowed(kind, closing), turn)


def _turns(mailing: Mailing, total: int, now: datetime) -> int | None:
    if mailing.spread_until is None or mailing.started_at is None or now >= mailing.spread_until:
        return None
    return released(total, mailing.started_at, mailing.spread_until, now)


def open_seconds(session: Session, mailing: Mailing, begin: datetime, end: datetime) -> float:
    """How much of a time could be used for sending; nights don't make a mailing slow."""
    return calendars.load(session).open_time(mailing.message_class, begin, end).total_seconds()


def after(session: Session, mailing: Mailing, begin: datetime, seconds: float) -> datetime | None:
    """When ``seconds`` of sending from ``begin`` on are over; None if never."""
    return calendars.load(session).after_open_time(mailing.message_class, begin, timedelta(seconds=seconds))


def forecast(session: Session, mailing: Mailing, total: int, timing: Timing) -> Forecast:
    """What would come of scheduling ``mailing``, with ``total`` recipients, so."""
    calendar, kind = calendars.load(session), mailing.message_class
    closed = "" if calendar.allows(kind, timing.at) else why_closed(timing.at, kind, calendar)
    start = calendar.next_allowed(kind, timing.at)
    if timing.spread_until is not None and not closed:
        return Forecast(start, end=timing.spread_until, measured=True)
    rate = measured_rate(session, calendar)
    needed = timedelta(seconds=total / (rate or CAUTIOUS_RATE))
    if needed < WORTH_SAYING:
        return Forecast(start, closed)
    end, closing = calendar.after_open_time(kind, start, needed), calendar.closes_at(kind, start)
    stops = closing is not None and (end is None or end > closing)
    return Forecast(
        start, closed, end, closing if stops else None,
        calendar.next_allowed(kind, closing) if stops and closing is not None else None, rate is not None,
    )


def measured_rate(session: Session, calendar: Calendar) -> float | None:
    """Messages a second of the last finished mailing that was large enough to tell and not spread; None if none was.
    Only the open time counts."""
    size = sa.select(sa.func.count()).select_from(Delivery).where(
        Delivery.mailing_id == Mailing.id, Delivery.state == DeliveryState.ACCEPTED
    ).scalar_subquery()
    query = sa.select(Mailing.message_class, Mailing.started_at, Mailing.finished_at, size.label("size")).where(
        Mailing.state == MailingState.FINISHED, Mailing.spread_until.is_(None), Mailing.resumed_at.is_(None),
        Mailing.started_at.is_not(None), Mailing.finished_at.is_not(None),
    ).order_by(Mailing.finished_at.desc()).limit(3)
    for row in session.execute(query):
        seconds = calendar.open_time(row.message_class, row.started_at, row.finished_at).total_seconds()
        if row.size >= TELLING and seconds >= 1:
            return row.size / seconds
    return None


def starts_at(session: Session, mailing: Mailing) -> tuple[datetime | None, Text | str]:
    """When a scheduled mailing really starts, and why not at its time, if the calendar changed since."""
    if mailing.scheduled_at is None:
        return None, ""
    calendar, kind = calendars.load(session), mailing.message_class
    start = calendar.next_allowed(kind, mailing.scheduled_at)
    return start, "" if start == mailing.scheduled_at else why_closed(mailing.scheduled_at, kind, calendar)
