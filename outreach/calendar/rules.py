"""When a message may be sent: hours of the day, working days, and what the law leaves open.

A moment is judged by the wall clock of a zone (Korea, unless a test says otherwise). Where clocks are put forward or
back, a wall time may not exist or come twice: what counts is always what the wall clock shows at that instant.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")
DAY = 24 * 60  # minutes
#: An opening is looked for so far ahead; nothing is closed for longer.
HORIZON = timedelta(days=400)

IsWorkday = Callable[[date], bool]


class MessageClass(str, enum.Enum):
    """What a message is under 정보통신망법 제50조; decided with a reason, and approved with the message."""

    PUBLIC_NOTICE = "public_notice"
    ADVERTISING = "advertising"
    CONSENT_NOTICE = "consent_notice"


CLASS_LABELS = {
    MessageClass.PUBLIC_NOTICE: "공익안내",
    MessageClass.ADVERTISING: "광고",
    MessageClass.CONSENT_NOTICE: "동의절차통지",
}


class Channel(str, enum.Enum):
    EMAIL = "email"
    SMS = "sms"
    ALIMTALK = "alimtalk"


CHANNEL_LABELS = {Channel.EMAIL: "전자우편", Channel.SMS: "문자메시지", Channel.ALIMTALK: "알림톡"}


@dataclass(frozen=True, slots=True)
class Hours:
    """From ``opens`` to before ``closes``, in minutes after midnight, on every day or on working days only."""

    opens: int
    closes: int
    workdays_only: bool

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY:
            raise ValueError(f"no hours of a day: {self.opens} to {self.closes} minutes")

    @property
    def always(self) -> bool:
        return self.closes - self.opens == DAY and not self.workdays_only

    def within(self, limit: Hours) -> bool:
        """Whether these hours lie in those of ``limit``, whatever the day."""
        days = self.workdays_only or not limit.workdays_only
        return limit.opens <= self.opens and self.closes <= limit.closes and days


ALWAYS = Hours(0, DAY, False)
OFFICE = Hours(8 * 60, 20 * 60, True)

#: 정보통신망법 제50조 제3항: advertising between 21:00 and 08:00 needs a consent of its own, which we don't ask for.
#: 시행령 제61조 제2항 exempts e-mail.
LEGAL: Mapping[tuple[Channel, MessageClass], Hours] = {
    (Channel.SMS, MessageClass.ADVERTISING): Hours(8 * 60, 21 * 60, False),
    (Channel.ALIMTALK, MessageClass.ADVERTISING): Hours(8 * 60, 21 * 60, False),
}

#: Our own policy until headquarters decides otherwise: mail is read at a desk, so it comes when someone sits there.
#: A notice about consent has its own term (제50조 제7항·제8항) and may come at any time by mail.
DEFAULT: Mapping[tuple[Channel, MessageClass], Hours] = {
    (Channel.EMAIL, MessageClass.PUBLIC_NOTICE): OFFICE,
    (Channel.EMAIL, MessageClass.ADVERTISING): OFFICE,
    (Channel.EMAIL, MessageClass.CONSENT_NOTICE): ALWAYS,
    **{
        (channel, kind): OFFICE
        for channel in (Channel.SMS, Channel.ALIMTALK) for kind in MessageClass
    },
}


def lawful(channel: Channel, kind: MessageClass) -> Hours:
    """The widest hours that the law allows for this kind of message on this channel."""
    return LEGAL.get((channel, kind), ALWAYS)


def allows(hours: Hours, at: datetime, is_workday: IsWorkday, zone: tzinfo = KST) -> bool:
    """Whether the wall clock at the instant ``at`` lies within ``hours``."""
    wall = at.astimezone(zone)
    if hours.workdays_only and not is_workday(wall.date()):
        return False
    return hours.opens <= wall.hour * 60 + wall.minute < hours.closes


def next_allowed(hours: Hours, at: datetime, is_workday: IsWorkday, zone: tzinfo = KST) -> datetime:
    """The first allowed instant that is not before ``at``, in UTC. Raises LookupError if there is none within HORIZON
    (someone has declared every day a holiday)."""
    for begin, _end in openings(hours, at, is_workday, zone):
        return begin
    raise LookupError("no day is open")


def closes_at(hours: Hours, at: datetime, is_workday: IsWorkday, zone: tzinfo = KST) -> datetime | None:
    """The first instant not before ``at`` that is not allowed, in UTC; None if that never comes."""
    if hours.always:
        return None
    closing = at.astimezone(UTC)
    for begin, end in openings(hours, at, is_workday, zone):
        if begin > closing:
            return closing
        closing = end
    return closing


def open_time(hours: Hours, begin: datetime, end: datetime, is_workday: IsWorkday, zone: tzinfo = KST) -> timedelta:
    """How much of the time from ``begin`` to ``end`` is allowed."""
    if hours.always:
        return max(end - begin, timedelta())
    total = timedelta()
    for opening, closing in openings(hours, begin, is_workday, zone):
        if opening >= end:
            break
        total += min(closing, end) - opening
    return total


def after_open_time(
    hours: Hours, begin: datetime, needed: timedelta, is_workday: IsWorkday, zone: tzinfo = KST
) -> datetime | None:
    """The instant, in UTC, at which ``needed`` of allowed time has passed since ``begin``; None beyond HORIZON."""
    if hours.always:
        return begin.astimezone(UTC) + needed
    for opening, closing in openings(hours, begin, is_workday, zone):
        if closing - opening >= needed:
            return opening + needed
        needed -= closing - opening
    return None


def openings(
    hours: Hours, at: datetime, is_workday: IsWorkday, zone: tzinfo = KST
) -> Iterator[tuple[datetime, datetime]]:
    """The allowed times from ``at`` on, as [begin, end) in UTC, in order; ones that touch are not joined."""
    for begin, end, offset in _stretches(at.astimezone(UTC), zone):
        day, last = (begin + offset).date(), (end + offset).date()
        while day <= last:
            if not hours.workdays_only or is_workday(day):
                midnight = datetime.combine(day, time(), UTC) - offset
                opening = max(begin, midnight + timedelta(minutes=hours.opens))
                closing = min(end, midnight + timedelta(minutes=hours.closes))
                if opening < closing:
                    yield opening, closing
            day += timedelta(days=1)


def _stretches(start: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """From ``start`` on: times of a day at most, within which the zone's offset from UTC stays the same."""
    limit = start + HORIZON
    while start < limit:
        end, offset = start + timedelta(days=1), _offset(start, zone)
        if _offset(end, zone) != offset:
            end = _change(start, end, offset, zone)
        yield start, end, offset
        start = end


def _change(start: datetime, end: datetime, offset: timedelta, zone: tzinfo) -> datetime:
    """The first whole second after ``start`` at which the offset is another; it is so at ``end``."""
    low, high = int(start.timestamp()), int(end.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
