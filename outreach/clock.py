"""The one source of the present moment, and Korean office time.

Instants are timezone-aware UTC everywhere in code and in the database; Korean time (KST, UTC+9, no
daylight saving) is used only for reading and showing. Services take a :class:`Clock` or a ``now`` so
that tests can stand anywhere in time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Protocol
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")
UTC = timezone.utc


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, timezone-aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until moved; for tests and for replaying history in the demo."""

    def __init__(self, at: datetime):
        self.at = as_utc(at)

    def now(self) -> datetime:
        return self.at

    def advance(self, **delta: float) -> None:
        self.at += timedelta(**delta)


def as_utc(value: datetime) -> datetime:
    """``value`` in UTC. Raises ValueError for a naive datetime: its zone would be a guess."""
    if value.tzinfo is None:
        raise ValueError("naive datetime: say which zone it is in")
    return value.astimezone(UTC)


def to_kst(value: datetime) -> datetime:
    return as_utc(value).astimezone(KST)


def kst_today(now: datetime) -> date:
    """The calendar day in Korea at the instant ``now``."""
    return to_kst(now).date()


def kst_midnight(day: date) -> datetime:
    """The instant at which ``day`` begins in Korea, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=KST).astimezone(UTC)
