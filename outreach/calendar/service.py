"""Reading the working calendar, and changing it within the law; every change is recorded with who, when and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.audit import service as audit
from outreach.audit.models import ChangeRecord
from outreach.audit.service import SERVICE, Actor
from outreach.calendar.korea import Calendar, Change, public_holiday
from outreach.calendar.models import HolidayOverride, SendingHours
from outreach.calendar.rules import ALWAYS, CHANNEL_LABELS, CLASS_LABELS, DAY, Channel, Hours, MessageClass, lawful
from outreach.errors import Conflict, Invalid, NotFound
from outreach.wording import Text

#: The calendar is one thing; its changes are kept under this subject and number.
SUBJECT, SUBJECT_ID = "calendar", 0


def load(session: Session) -> Calendar:
    """The calendar as it stands: two small tables, read anew each time, so that a change holds at once everywhere."""
    changes = {row.day: Change(row.works, row.name) for row in session.execute(sa.select(
        HolidayOverride.day, HolidayOverride.works, HolidayOverride.name
    ))}
    decided = {(row.channel, row.message_class): Hours(row.opens, row.closes, row.workdays_only) for row in
               session.execute(sa.select(
                   SendingHours.channel, SendingHours.message_class, SendingHours.opens, SendingHours.closes,
                   SendingHours.workdays_only,
               ))}
    return Calendar(changes, decided)


def overrides(session: Session) -> list[HolidayOverride]:
    """What was entered by hand, in the order of days."""
    return list(session.scalars(sa.select(HolidayOverride).order_by(HolidayOverride.day)))


def decided_hours(session: Session) -> dict[tuple[Channel, MessageClass], SendingHours]:
    """The hours that headquarters changed."""
    return {(row.channel, row.message_class): row for row in session.scalars(sa.select(SendingHours))}


def history(session: Session) -> list[ChangeRecord]:
    """All changes of the calendar, newest first."""
    return audit.history(session, SUBJECT, SUBJECT_ID)


def add_holiday(
    session: Session, actor: Actor, day: date, *, name: str, reason: str, now: datetime
) -> HolidayOverride:
    """A holiday more (임시공휴일): nothing goes out that day that goes out on working days only. Raises Conflict if
    the day is one already, or was decided on."""
    if not name:
        raise Invalid("공휴일의 이름을 적어 주세요.", fields={"name": "필수"})
    listed = public_holiday(day)
    if listed:
        raise Conflict(Text("%(day)s은 이미 공휴일입니다(%(name)s).", day=day.isoformat(), name=listed))
    return _decide(session, actor, day, works=False, name=name, reason=reason, now=now)


def cancel_holiday(session: Session, actor: Actor, day: date, *, reason: str, now: datetime) -> HolidayOverride:
    """A listed holiday that is a working day after all. Raises Conflict if the list knows none on that day."""
    listed = public_holiday(day)
    if listed is None:
        raise Conflict(Text("%(day)s은 공휴일 목록에 없습니다.", day=day.isoformat()))
    return _decide(session, actor, day, works=True, name=listed, reason=reason, now=now)


def _decide(
    session: Session, actor: Actor, day: date, *, works: bool, name: str, reason: str, now: datetime
) -> HolidayOverride:
    _require_reason(reason)
    if session.scalar(sa.select(HolidayOverride.id).where(HolidayOverride.day == day)) is not None:
        raise Conflict(Text("%(day)s에는 이미 정한 것이 있습니다. 먼저 그것을 되돌려 주세요.", day=day.isoformat()))
    row = HolidayOverride(day=day, works=works, name=name, reason=reason, decided_by=actor.email, decided_at=now)
    session.add(row)
    session.flush()
    action = "holiday_cancelled" if works else "holiday_added"
    audit.record_change(session, actor, SUBJECT, SUBJECT_ID, action, {
        day.isoformat(): (None, name), "reason": (None, reason),
    }, now=now)
    return row


def take_back(session: Session, actor: Actor, day: date, *, now: datetime) -> HolidayOverride:
    """Undo what was decided about a day; the list holds again. Raises NotFound."""
    row = session.scalar(sa.select(HolidayOverride).where(HolidayOverride.day == day))
    if row is None:
        raise NotFound("이미 되돌린 날입니다.")
    audit.record_change(session, actor, SUBJECT, SUBJECT_ID, "holiday_taken_back", {
        row.day.isoformat(): (row.name, None),
    }, now=now)
    session.delete(row)
    session.flush()
    return row


def set_hours(
    session: Session, actor: Actor, channel: Channel, kind: MessageClass, hours: Hours, *, reason: str, now: datetime
) -> SendingHours:
    """Decide the hours of one kind of message. Raises Invalid if they are wider than the law allows."""
    _require_reason(reason)
    limit = lawful(channel, kind)
    if not hours.within(limit):
        raise Invalid(Text(
            "%(channel)s %(kind)s 메시지는 %(opens)s부터 %(closes)s까지만 보낼 수 있습니다(정보통신망법 제50조 제3항).",
            channel=Text(CHANNEL_LABELS[channel]), kind=Text(CLASS_LABELS[kind]),
            opens=clock_text(limit.opens), closes=clock_text(limit.closes),
        ), fields={"opens": "법정 시간"})
    before = load(session).hours(kind, channel)
    row = session.scalar(_row(channel, kind)) or SendingHours(channel=channel, message_class=kind)
    row.opens, row.closes, row.workdays_only = hours.opens, hours.closes, hours.workdays_only
    row.reason, row.decided_by, row.decided_at = reason, actor.email, now
    session.add(row)
    session.flush()
    _note_hours(session, actor, "hours_changed", channel, kind, before, hours, now, reason)
    return row


def reset_hours(session: Session, actor: Actor, channel: Channel, kind: MessageClass, *, now: datetime) -> None:
    """Back to the default hours. Raises NotFound if they hold already."""
    row = session.scalar(_row(channel, kind))
    if row is None:
        raise NotFound("이미 기본 시간입니다.")
    before = load(session).hours(kind, channel)
    session.delete(row)
    session.flush()
    _note_hours(session, actor, "hours_reset", channel, kind, before, load(session).hours(kind, channel), now)


def open_always(session: Session, *, reason: str, now: datetime) -> None:
    """Let every kind of mail go out at any time: for a demo or a measurement, which run at any time of day."""
    for kind in MessageClass:
        set_hours(session, SERVICE, Channel.EMAIL, kind, ALWAYS, reason=reason, now=now)


def _row(channel: Channel, kind: MessageClass) -> sa.Select[tuple[SendingHours]]:
    return sa.select(SendingHours).where(SendingHours.channel == channel, SendingHours.message_class == kind)


def _note_hours(
    session: Session, actor: Actor, action: str, channel: Channel, kind: MessageClass, before: Hours, after: Hours,
    now: datetime, reason: str = "",
) -> None:
    changes: dict[str, tuple[Any, Any]] = {hours_key(channel, kind): (hours_text(before), hours_text(after))}
    if reason:
        changes["reason"] = (None, reason)
    audit.record_change(session, actor, SUBJECT, SUBJECT_ID, action, changes, now=now)


def hours_key(channel: Channel, kind: MessageClass) -> str:
    """What the record of changes calls the hours of a kind of message."""
    return f"{channel.value}.{kind.value}"


def clock_text(minutes: int) -> str:
    """`08:00` from minutes after midnight; the end of the day is `24:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def hours_text(hours: Hours) -> str:
    """Hours as they are recorded: `평일 08:00~20:00`."""
    if hours.always:
        return "언제나"
    days = "평일" if hours.workdays_only else "매일"
    return f"{days} {clock_text(hours.opens)}~{clock_text(hours.closes)}" if hours.closes - hours.opens < DAY else days


def _require_reason(reason: str) -> None:
    if not reason:
        raise Invalid("왜 바꾸는지 적어 주세요.", fields={"reason": "필수"})
