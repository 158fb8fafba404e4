"""What materials ask of a person on their first page: to review, to mend what came back, to take back what is no longer
true."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import current_app, render_template

from cases.materials import citations, reviewing, service
from cases.materials.models import Edition
from outreach.accounts import service as accounts
from outreach.clock import kst_today
from outreach.db import db


def _today() -> date:
    return kst_today(current_app.extensions["outreach"].clock.now())


def review_panel(scope: Any, _subject: Any) -> Any:
    """What waits for the person's review, and what others sent back to them."""
    waiting, returned = reviewing.waiting(db.session, scope), reviewing.returned(db.session, scope)
    if not waiting and not returned:
        return ""
    people = accounts.names(db.session, {edition.created_by for edition in waiting})
    return render_template(
        "materials/review_panel.html", returned=returned,
        waiting=[(edition, people.get(edition.created_by), _days(edition)) for edition in waiting],
    )


def _days(edition: Edition) -> int:
    """Since when it waits: made, or asked for."""
    since: datetime = edition.review_asked_at or edition.created_at
    return (_today() - kst_today(since)).days


def outdated_panel(scope: Any, _subject: Any) -> Any:
    """What is given out and no longer true."""
    rows = [row for row in citations.out_of_date(db.session, scope, _today())
            if service.may_edit(scope, row.material)]
    return render_template("materials/home_panel.html", citations=rows) if rows else ""
