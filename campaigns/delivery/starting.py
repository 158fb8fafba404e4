"""When a scheduled mailing starts, and when it no longer may.

A clock that was down must not make up for it at night, on a holiday, or so late that the words no longer hold: what
is due is judged anew at the moment of starting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery import queue
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import OVERDUE_AFTER, DeliveryState, SkipReason
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.calendar import service as calendars
from outreach.calendar.korea import Calendar

#: So many rows are marked in one unit of work.
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Due:
    """Scheduled mailings whose time has come: to start, or to wait for a person."""

    start: list[int]
    overdue: list[int]

    def __bool__(self) -> bool:
        return bool(self.start or self.overdue)


def due(session: Session, now: datetime) -> Due:
    """Look at what is scheduled. A mailing whose hours are closed is left alone: it starts when they open."""
    query = sa.select(Mailing.id, Mailing.message_class, Mailing.scheduled_at, Mailing.not_after).where(
        Mailing.state == MailingState.SCHEDULED, Mailing.scheduled_at <= now
    )
    rows = session.execute(query).all()
    if not rows:
        return Due([], [])
    calendar, found = calendars.load(session), Due([], [])
    for row in rows:
        if _too_late(row, calendar, now):
            found.overdue.append(row.id)
        elif calendar.allows(row.message_class, now):
            found.start.append(row.id)
    return found


def _too_late(row: sa.Row, calendar: Calendar, now: datetime) -> bool:
    """Past the last moment it may leave, or so long after its time that a person should look at it first. Its time is
    when the hours open, if they were closed at the one chosen (a holiday was declared meanwhile)."""
    if row.not_after is not None and now >= row.not_after:
        return True
    return now - calendar.next_allowed(row.message_class, row.scheduled_at) > OVERDUE_AFTER


def past_their_time(session: Session, now: datetime) -> list[int]:
    """Mailings under way, or paused, that may no longer be sent."""
    query = sa.select(Mailing.id).where(
        Mailing.state.in_([MailingState.SENDING, MailingState.PAUSED]), Mailing.not_after <= now
    )
    return list(session.scalars(query))


def expire(session: Session, mailing_id: int, *, now: datetime) -> int:
    """Skip a chunk of what a mailing past its time has left, and end it once nothing is left. What a worker holds
    just now is settled by the worker. Returns how many were skipped."""
    gone = sa.exists().where(
        Mailing.id == mailing_id, Mailing.state.in_([MailingState.SENDING, MailingState.PAUSED]),
        Mailing.not_after <= now,
    )
    left = sa.select(Delivery.id).where(
        Delivery.mailing_id == mailing_id, Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.DEFERRED]), gone
    ).limit(CHUNK)
    skipped = session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(left), Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.DEFERRED]))
        .values(state=DeliveryState.SKIPPED, skip_reason=SkipReason.EXPIRED, done_at=now, next_try_at=None)
        .execution_options(synchronize_session=False)
    ).rowcount
    if skipped < CHUNK:
        queue.finish_expired(session, mailing_id, now)
    return skipped
