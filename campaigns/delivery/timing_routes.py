"""Scheduling on the mailing's page: what the chosen time would come to, and choosing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from campaigns.delivery import hours
from campaigns.delivery.forms import ScheduleForm, moment_of
from campaigns.delivery.models import Delivery
from campaigns.delivery.routes import blueprint
from campaigns.mailings import service as mailings
from campaigns.mailings import timing
from campaigns.mailings.models import Mailing
from campaigns.mailings.timing import Closed, Timing
from outreach.calendar import service as calendar
from outreach.db import db
from outreach.errors import DomainError, Invalid
from outreach.scope import EDITOR_ROLES
from outreach.web import access
from outreach.web.language import translated


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.get("/forecast")
@access.allow(*EDITOR_ROLES)
def forecast(mailing_id: int) -> str:
    """What would come of the times in the form, for the dialog that asks before scheduling."""
    mailing = mailings.editable(db.session, access.scope(), mailing_id)
    form = ScheduleForm(formdata=request.args, meta={"csrf": False})
    found, problem = None, ""
    try:
        chosen = _chosen(form)
        found = hours.forecast(db.session, mailing, _recipients(mailing_id), chosen)
        moved = Timing(found.start, chosen.not_after, chosen.spread_until)
        timing.check(moved, mailing.message_class, calendar.load(db.session))
    except DomainError as error:
        problem = translated(error.message)
    return render_template("deliveries/_forecast.html", found=found, problem=problem)


def _recipients(mailing_id: int) -> int:
    query = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.mailing_id == mailing_id)
    return db.session.scalar(query) or 0


def _chosen(form: ScheduleForm) -> Timing:
    """Raises Invalid for a form that is not filled in."""
    if not form.validate():
        raise Invalid(" ".join(str(text) for texts in form.errors.values() for text in texts))
    return form.timing(_now())


@blueprint.post("/schedule")
@access.allow(*EDITOR_ROLES)
def schedule(mailing_id: int) -> Any:
    """Set the time. One outside the hours is moved to the nearest within, if that is what the dialog had named
    (``moved_to``); else it is refused, and the form comes back with the nearest time in it."""
    mailing, form = mailings.editable(db.session, access.scope(), mailing_id), ScheduleForm()
    try:
        chosen = _chosen(form)
        start = _agreed(mailing, chosen.at)
        mailings.schedule(
            db.session, access.actor(), mailing, start, now=_now(), not_after=chosen.not_after,
            spread_until=chosen.spread_until,
            smtp_ready=bool(current_app.extensions["outreach"].settings.smtp_url),
        )
        db.session.commit()
        flash(_("%(when)s에 보내도록 예약했습니다.", when=translated(timing.moment(start))), "success")
    except Closed as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return redirect(url_for(".show", mailing_id=mailing_id, at=error.nearest.isoformat()))
    except Invalid as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    return redirect(url_for(".show", mailing_id=mailing_id))


def _agreed(mailing: Mailing, at: datetime) -> datetime:
    """The next allowed time instead of ``at``, if the person has seen and taken it."""
    nearest = calendar.load(db.session).next_allowed(mailing.message_class, at)
    return nearest if moment_of(request.form.get("moved_to", "")) == nearest else at
