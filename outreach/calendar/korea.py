"""The working calendar: Korea's public holidays as the `holidays` library lists them, corrected by what
headquarters has entered, and the hours of each kind of message."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING

from outreach.calendar import rules
from outreach.calendar.rules import DEFAULT, KST, Channel, Hours, MessageClass
from outreach.lazy import lazy

if TYPE_CHECKING:
    import holidays
else:
    holidays = lazy("holidays")

_filling = threading.Lock()


@cache
def _listed(language: str) -> holidays.HolidayBase:
    """Fills in a year when first asked about it."""
    return holidays.KR(language=language)


def public_holiday(day: date) -> str | None:
    """The name of the public, substitute or temporary holiday on ``day`` (관공서의 공휴일에 관한 규정)."""
    with _filling:  # a page and a schedule may ask about a new year at once
        return _listed("ko").get(day)


def name_in_english(day: date) -> str | None:
    """The same for the pages in English."""
    with _filling:
        return _listed("en_US").get(day)


@dataclass(frozen=True, slots=True)
class Change:
    """What headquarters decided about one day: a holiday more, or a listed holiday that is none."""

    works: bool
    name: str


@dataclass(frozen=True)
class Calendar:
    """When what may be sent. Instants go in aware and come out in UTC; days are days in ``zone``."""

    changes: Mapping[date, Change] = field(default_factory=dict)
    decided: Mapping[tuple[Channel, MessageClass], Hours] = field(default_factory=dict)
    zone: tzinfo = KST

    def holiday(self, day: date) -> str | None:
        """What makes ``day`` a holiday, weekends apart; None if nothing does."""
        change = self.changes.get(day)
        if change is not None:
            return None if change.works else change.name
        return public_holiday(day)

    def is_workday(self, day: date) -> bool:
        """Monday to Friday without holidays. A cancelled holiday works; a Saturday never does."""
        return day.weekday() < 5 and self.holiday(day) is None

    def hours(self, kind: MessageClass, channel: Channel = Channel.EMAIL) -> Hours:
        """Decided by headquarters, or the default; never wider than the law, even if the row is."""
        hours = self.decided.get((channel, kind), DEFAULT[channel, kind])
        return hours if hours.within(rules.lawful(channel, kind)) else DEFAULT[channel, kind]

    def allows(self, kind: MessageClass, at: datetime, channel: Channel = Channel.EMAIL) -> bool:
        return rules.allows(self.hours(kind, channel), at, self.is_workday, self.zone)

    def next_allowed(self, kind: MessageClass, at: datetime, channel: Channel = Channel.EMAIL) -> datetime:
        """The first allowed instant not before ``at``. Raises LookupError if every day is closed."""
        return rules.next_allowed(self.hours(kind, channel), at, self.is_workday, self.zone)

    def closes_at(self, kind: MessageClass, at: datetime, channel: Channel = Channel.EMAIL) -> datetime | None:
        """When what is allowed at ``at`` no longer is; None for never."""
        return rules.closes_at(self.hours(kind, channel), at, self.is_workday, self.zone)

    def open_time(self, kind: MessageClass, begin: datetime, end: datetime) -> timedelta:
        """How much of the time between the two may be used for sending mails."""
        return rules.open_time(self.hours(kind), begin, end, self.is_workday, self.zone)

    def after_open_time(self, kind: MessageClass, begin: datetime, needed: timedelta) -> datetime | None:
        """When mails that take ``needed`` are through if begun at ``begin``; None for more than a year."""
        return rules.after_open_time(self.hours(kind), begin, needed, self.is_workday, self.zone)

    def why_closed(self, kind: MessageClass, at: datetime, channel: Channel = Channel.EMAIL) -> str:
        """'' while open; else 'holiday' (its name: :meth:`holiday`), 'weekend' or 'hours'."""
        if self.allows(kind, at, channel):
            return ""
        day = at.astimezone(self.zone).date()
        if not self.hours(kind, channel).workdays_only or self.is_workday(day):
            return "hours"
        return "holiday" if self.holiday(day) else "weekend"
