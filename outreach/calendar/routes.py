"""The page of the working calendar: everyone on the staff may look, headquarters and administrators decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from outreach.calendar import service
from outreach.calendar.forms import HolidayForm, HoursForm, ReasonForm, hours_form
from outreach.calendar.korea import Calendar, name_in_english, public_holiday
from outreach.calendar.models import HolidayOverride
from outreach.calendar.rules import CHANNEL_LABELS, CLASS_LABELS, LEGAL, Channel, Hours, MessageClass
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, Invalid
from outreach.scope import STAFF_ROLES, Role
from outreach.web import access
from outreach.web.language import in_english, translated

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

KEEPERS = (Role.HEADQUARTERS, Role.ADMINISTRATOR)
FIRST_YEAR, LAST_YEAR = 2024, 2099


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the list: ``listed`` by law, or decided by hand, or both (a holiday that was cancelled)."""

    day: date
    name: str
    override: HolidayOverride | None


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "CHANNELS": CHANNEL_LABELS, "clock_text": service.clock_text, "hours_words": hours_words,
        "LEGAL_HOURS": LEGAL,
    }


def hours_words(hours: Hours) -> str:
    """Hours in a person's words."""
    if hours.always:
        return _("언제나")
    opens, closes = service.clock_text(hours.opens), service.clock_text(hours.closes)
    if hours.workdays_only:
        return _("평일 %(opens)s~%(closes)s", opens=opens, closes=closes)
    return _("매일 %(opens)s~%(closes)s", opens=opens, closes=closes)


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    """Hours of each kind of message, and the days of a year on which nothing goes out."""
    today = kst_today(_now())
    year = request.args.get("year", type=int) or today.year
    year = min(max(year, FIRST_YEAR), LAST_YEAR)
    calendar, decided = service.load(db.session), service.decided_hours(db.session)
    kinds = [(channel, kind) for channel in Channel for kind in MessageClass]
    return render_template(
        "calendar/index.html", calendar=calendar, today=today, year=year, days=_days(year), decided=decided,
        kinds=kinds, classes=CLASS_LABELS, years=(FIRST_YEAR, LAST_YEAR),
        labels={
            service.hours_key(channel, kind): f"{_(CHANNEL_LABELS[channel])} · {_(CLASS_LABELS[kind])}"
            for channel, kind in kinds
        },
        may_decide=access.scope().role in KEEPERS, history=service.history(db.session),
        forms={key: _hours_form(calendar, *key) for key in kinds}, holiday_form=HolidayForm(formdata=None),
        now_open={kind: calendar.allows(kind, _now()) for kind in MessageClass},
    )


def _hours_form(calendar: Calendar, channel: Channel, kind: MessageClass) -> HoursForm:
    return hours_form(calendar.hours(kind, channel), _prefix(channel, kind))


def _prefix(channel: Channel, kind: MessageClass) -> str:
    return f"{channel.value}-{kind.value}-"


def _days(year: int) -> list[Day]:
    """The holidays of a year, listed and entered, with those that were cancelled."""
    entered = {row.day: row for row in service.overrides(db.session) if row.day.year == year}
    days = []
    day = date(year, 1, 1)
    while day.year == year:
        override, listed = entered.get(day), public_holiday(day)
        if override or listed:
            name = name_in_english(day) if listed and in_english() else listed
            days.append(Day(day, name or (override.name if override else ""), override))
        day += timedelta(days=1)
    return days


def _act(form: FlaskForm | None, act: Callable[[], object], done: str) -> Any:
    """Do one thing and commit it; a refusal is shown above the page."""
    try:
        if form is not None and not form.validate():
            raise Invalid(" ".join(str(text) for texts in form.errors.values() for text in texts))
        act()
        db.session.commit()
        flash(done, "success")
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    return redirect(url_for(".index", year=request.args.get("year", type=int)))


@blueprint.post("/holidays")
@access.allow(*KEEPERS)
def add_holiday() -> Any:
    form = HolidayForm()

    def act() -> None:
        service.add_holiday(
            db.session, access.actor(), form.day.data, name=form.name.data, reason=form.reason.data, now=_now()
        )

    return _act(form, act, _("공휴일을 더했습니다. 그날 나갈 메일은 다음 근무일로 미루어집니다."))


@blueprint.post("/holidays/<iso>/cancel")
@access.allow(*KEEPERS)
def cancel_holiday(iso: str) -> Any:
    """A listed holiday becomes a working day."""
    day, form = _day(iso), ReasonForm()

    def act() -> None:
        service.cancel_holiday(db.session, access.actor(), day, reason=form.reason.data, now=_now())

    return _act(form, act, _("근무일로 바꾸었습니다. 그날 메일이 나갈 수 있습니다."))


@blueprint.post("/holidays/<iso>/take-back")
@access.allow(*KEEPERS)
def take_back(iso: str) -> Any:
    """Undo what was decided about a day."""
    day = _day(iso)
    return _act(None, lambda: service.take_back(db.session, access.actor(), day, now=_now()), _("되돌렸습니다."))


def _day(iso: str) -> date:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        abort(404)


def _kind(channel: str, kind: str) -> tuple[Channel, MessageClass]:
    try:
        return Channel(channel), MessageClass(kind)
    except ValueError:
        abort(404)


@blueprint.post("/hours/<channel>/<kind>")
@access.allow(*KEEPERS)
def set_hours(channel: str, kind: str) -> Any:
    key = _kind(channel, kind)
    form = HoursForm(prefix=_prefix(*key))

    def act() -> None:
        service.set_hours(db.session, access.actor(), *key, form.hours(), reason=form.reason.data, now=_now())

    return _act(form, act, _("보내는 시간을 바꾸었습니다. 지금부터 적용됩니다."))


@blueprint.post("/hours/<channel>/<kind>/reset")
@access.allow(*KEEPERS)
def reset_hours(channel: str, kind: str) -> Any:
    key = _kind(channel, kind)
    done = _("기본 시간으로 되돌렸습니다.")
    return _act(None, lambda: service.reset_hours(db.session, access.actor(), *key, now=_now()), done)
