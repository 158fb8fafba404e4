"""What other pages show of responses: the first page's tray, a lead's answers, what a mail's recipient answered."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from campaigns.responses import click_queries, queries
from outreach.clock import to_kst
from outreach.db import db
from outreach.scope import EDITOR_ROLES, Scope


def today(scope: Scope, _subject: Any) -> Markup | str:
    """What waits in the tray, and what came this week."""
    since = queries.week_start(current_app.extensions["outreach"].clock.now())
    total, verified = queries.counts_since(db.session, scope, since)
    waiting = queries.count_waiting(db.session, scope)
    return _markup(
        "responses/home.html", waiting=waiting, total=total, verified=verified,
        monday=to_kst(since).date(),
    )


def of_lead(scope: Scope, lead: Any) -> Markup | str:
    """The answers a lead rests on."""
    responses = queries.of_lead(db.session, scope, lead.id)
    return _markup("responses/lead_panel.html", responses=responses) if responses else ""


def of_delivery(scope: Scope, delivery: Any) -> Markup | str:
    """What the recipient of a mail answered to it."""
    responses = queries.of_delivery(db.session, scope, delivery.id)
    return _markup("responses/lead_panel.html", responses=responses) if responses else ""


def of_mailing(scope: Scope, mailing: Any) -> Markup | str:
    """Who pressed its links: people and machines apart; opens as the guess they are."""
    if mailing.started_at is None:
        return ""
    counts = click_queries.counts(db.session, scope, mailing)
    if not counts.links and counts.opens is None:
        return ""
    return _markup("responses/clicks_panel.html", mailing=mailing, counts=counts)


def _markup(template: str, **values: Any) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 (our own template, which escapes)


HOME_ROLES = EDITOR_ROLES
