"""When a mailing goes out: a start within the hours of its class, an end after which it no longer may, and a time
over which it is spread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.mailings.rules import CLASS_LABELS, MessageClass
from outreach.calendar.korea import Calendar
from outreach.clock import to_kst
from outreach.errors import Invalid
from outreach.wording import Text

MONTH_LABELS = {
    1: "1월", 2: "2월", 3: "3월", 4: "4월", 5: "5월", 6: "6월", 7: "7월", 8: "8월", 9: "9월", 10: "10월", 11: "11월",
    12: "12월",
}
WEEKDAY_LABELS = {0: "(월)", 1: "(화)", 2: "(수)", 3: "(목)", 4: "(금)", 5: "(토)", 6: "(일)"}

#: A shorter time to spread over is none.
SHORTEST_SPREAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Timing:
    """Instants. From ``not_after`` on nothing leaves any more; the recipients' turns come evenly from ``at`` to
    ``spread_until``."""

    at: datetime
    not_after: datetime | None = None
    spread_until: datetime | None = None


class Closed(Invalid):
    """The chosen start lies outside the hours; ``nearest`` is the next one that doesn't."""

    def __init__(self, message: Text, nearest: datetime):
        super().__init__(message, fields={"at": nearest.isoformat()})
        self.nearest = nearest


def check(timing: Timing, kind: MessageClass, calendar: Calendar) -> None:
    """Raises Closed for a start outside the hours of ``kind``, Invalid for ends that make no sense with it."""
    if not calendar.allows(kind, timing.at):
        raise _closed(timing.at, kind, calendar)
    if timing.not_after is not None and timing.not_after <= timing.at:
        message = "보낼 수 있는 마지막 시각은 보내는 시각보다 늦어야 합니다."
        raise Invalid(message, fields={"not_after": "시작보다 이름"})
    if timing.spread_until is not None:
        _check_spread(timing, timing.spread_until, kind, calendar)


def _check_spread(timing: Timing, until: datetime, kind: MessageClass, calendar: Calendar) -> None:
    if until < timing.at + SHORTEST_SPREAD:
        message = "고르게 나누어 보내는 시간은 시작부터 10분보다 길어야 합니다."
        raise Invalid(message, fields={"spread_until": "너무 짧음"})
    closing = calendar.closes_at(kind, timing.at)
    if closing is not None and until > closing:
        raise Invalid(
            Text("%(closing)s에 보내는 시간이 끝납니다. 그때까지로 나누어 주세요.", closing=moment(closing)),
            fields={"spread_until": closing.isoformat()},
        )
    if timing.not_after is not None and until > timing.not_after:
        message = "나누어 보내는 시간은 보낼 수 있는 마지막 시각 안에 끝나야 합니다."
        raise Invalid(message, fields={"spread_until": "마지막 시각보다 늦음"})


def _closed(at: datetime, kind: MessageClass, calendar: Calendar) -> Closed:
    nearest = calendar.next_allowed(kind, at)
    return Closed(Text(
        "%(when)s에는 %(kind)s 메일을 보낼 수 없습니다(%(why)s). 가장 가까운 가능한 시각은 %(nearest)s입니다.",
        when=moment(at), kind=Text(CLASS_LABELS[kind]), why=why_closed(at, kind, calendar), nearest=moment(nearest),
    ), nearest)


def why_closed(at: datetime, kind: MessageClass, calendar: Calendar) -> Text:
    """Why nothing of ``kind`` may leave at ``at``."""
    match calendar.why_closed(kind, at):
        case "holiday":
            return Text("공휴일: %(name)s", name=calendar.holiday(to_kst(at).date()) or "")
        case "weekend":
            return Text("주말")
        case _:
            return Text("보내는 시간이 아님")


def moment(at: datetime) -> Text:
    """`11월 30일(월) 08:00`, in Korean time."""
    wall = to_kst(at)
    return Text(
        "%(month)s %(day)s일%(weekday)s %(time)s", month=Text(MONTH_LABELS[wall.month]), day=wall.day,
        weekday=Text(WEEKDAY_LABELS[wall.weekday()]), time=f"{wall:%H:%M}",
    )
