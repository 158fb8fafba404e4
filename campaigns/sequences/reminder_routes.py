"""The page of a reminder in the making, and what a mailing's page says of reminders and sequences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from campaigns.audience.history import KEY as HISTORY
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.planning import service as planning
from campaigns.sequences import reminders
from campaigns.sequences.forms import ReminderForm
from campaigns.sequences.rules import MAX_REMINDERS
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.scope import EDITOR_ROLES, Scope
from outreach.web import access
from outreach.web.language import translated

blueprint = Blueprint("reminders", __name__, url_prefix="/mailings/<int:mailing_id>/remind")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.route("", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def create(mailing_id: int) -> Any:
    """Whom a reminder would reach, and the button that makes it."""
    mailing = mailings.editable(db.session, access.scope(), mailing_id)
    first, form = reminders.root(db.session, mailing), ReminderForm()
    if form.validate_on_submit():
        try:
            made = reminders.create(db.session, access.actor(), first, workdays=form.workdays.data, now=_now())
            db.session.commit()
        except NotFound:
            raise
        except DomainError as error:
            db.session.rollback()
            flash(translated(error.message), "error")
            return redirect(url_for("deliveries.show", mailing_id=mailing_id))
        flash(_("다시 알릴 메일을 만들었습니다. 내용을 다듬고 승인을 요청해 주세요."), "success")
        return redirect(url_for("mailings.edit", mailing_id=made.id))
    hindrance = reminders.obstacle(db.session, first)
    numbers = None
    if hindrance is None:
        numbers = reminders.outlook(db.session, first, current_app.extensions[HISTORY], now=_now())
        if form.workdays.data is None:
            form.workdays.data = 5
    return render_template(
        "sequences/remind.html", first=first, form=form, hindrance=hindrance, numbers=numbers,
        number=len(reminders.of(db.session, first)) + 1, limit=MAX_REMINDERS,
    )


def mailing_panel(scope: Scope, mailing: Mailing) -> Markup | str:
    """On a finished mailing: remind those who have not answered. On a reminder: what it reminds of."""
    if mailing.step is not None:
        return ""
    first = reminders.root(db.session, mailing)
    made = reminders.of(db.session, first)
    if mailing.follows_id is None and mailing.state is not MailingState.FINISHED:
        return ""
    hindrance = reminders.obstacle(db.session, first)
    html = render_template(
        "sequences/reminder_panel.html", mailing=mailing, first=first, made=made, limit=MAX_REMINDERS,
        may_remind=hindrance is None and planning.may_edit(scope, first.campaign), hindrance=hindrance,
    )
    return Markup(html)  # noqa: S704 - our own template
