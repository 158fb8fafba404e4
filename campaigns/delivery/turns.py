"""What may be sent at this moment: mailings whose hours are open, not later than they may, and of a mailing spread
over a time only as many as have had their turn."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery import queue
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState, released
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MessageClass
from outreach.calendar import service as calendars


@dataclass(frozen=True, slots=True)
class Turn:
    """A mailing with something to send now. Nothing of it leaves from ``until`` on (None: no such end), and
    only recipients whose row has an id up to ``released`` have had their turn (None: all)."""

    mailing_id: int
    until: datetime | None = None
    released: int | None = None

    def over(self, now: datetime) -> bool:
        return self.until is not None and now >= self.until


class Releases:
    """Which row is the last released one of each mailing that is spread over a time. The share of the time that has
    passed says how many are released, so nothing need be written: every worker comes to the same, also after a pause
    or a death. What is kept here only saves counting from the first row again."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int, int]] = {}  # mailing -> (recipients, released so far, last one's id)

    def last(self, session: Session, mailing: Mailing, now: datetime) -> int | None:
        """The id of the last released row, 0 before the first; None once all are."""
        if mailing.spread_until is None or mailing.started_at is None or now >= mailing.spread_until:
            self._known.pop(mailing.id, None)
            return None
        total, counted, row_id = self._known.get(mailing.id) or (_size(session, mailing.id), 0, 0)
        wanted = released(total, mailing.started_at, mailing.spread_until, now)
        if wanted > counted:
            found = session.scalar(_row_after(mailing.id, row_id, wanted - counted))
            counted, row_id = (wanted, found) if found is not None else (counted, row_id)
        self._known[mailing.id] = (total, counted, row_id)
        return row_id


def _size(session: Session, mailing_id: int) -> int:
    query = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.mailing_id == mailing_id)
    return session.scalar(query) or 0


def _row_after(mailing_id: int, row_id: int, distance: int) -> sa.Select[tuple[int]]:
    """The ``distance``-th row of the mailing behind ``row_id``."""
    rows = sa.select(Delivery.id).where(Delivery.mailing_id == mailing_id, Delivery.id > row_id)
    return rows.order_by(Delivery.id).limit(1).offset(distance - 1)


def open_kinds(session: Session, now: datetime) -> dict[MessageClass, datetime | None]:
    """The classes of mail that may leave now, each with the instant from which it no longer may (None: never)."""
    calendar = calendars.load(session)
    return {kind: calendar.closes_at(kind, now) for kind in MessageClass if calendar.allows(kind, now)}


def turns(session: Session, releases: Releases, now: datetime) -> list[Turn]:
    """Mailings that have something to send now, the longest started first."""
    kinds = open_kinds(session, now)
    waiting = queue.sending(session, now, kinds)
    if not waiting:
        return []
    query = sa.select(
        Mailing.id, Mailing.message_class, Mailing.not_after, Mailing.started_at, Mailing.spread_until
    ).where(Mailing.id.in_(waiting))
    found = {row.id: row for row in session.execute(query)}
    made = (_turn(session, releases, found[row_id], kinds, now) for row_id in waiting if row_id in found)
    return [turn for turn in made if turn is not None]


def _turn(
    session: Session, releases: Releases, mailing: sa.Row | Mailing, kinds: dict[MessageClass, datetime | None],
    now: datetime,
) -> Turn | None:
    ends: Collection[datetime] = [end for end in (kinds[mailing.message_class], mailing.not_after) if end is not None]
    last = releases.last(session, mailing, now)
    if last is not None and not _released_waits(session, mailing.id, last, now):
        return None
    return Turn(mailing.id, min(ends, default=None), last)


def _released_waits(session: Session, mailing_id: int, last: int, now: datetime) -> bool:
    """Whether a recipient waits whose turn has come, or who is to be tried again. A mailing without one leaves its
    turn to others."""
    mine, first = Delivery.mailing_id == mailing_id, sa.func.min(Delivery.id)
    head = session.scalar(sa.select(first).where(mine, Delivery.state == sa.literal_column("'queued'")))
    if head is not None and head <= last:
        return True
    again = sa.select(Delivery.id).where(
        mine, Delivery.state == sa.literal_column(f"'{DeliveryState.DEFERRED.value}'"), Delivery.next_try_at <= now
    )
    return session.scalar(again.limit(1)) is not None
