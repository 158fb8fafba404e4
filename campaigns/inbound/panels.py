"""What other pages show of incoming mail: the first page, a mailing's and a recipient's results, a company."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from campaigns.inbound import queries
from campaigns.inbound.rules import POLICY_ROLES
from outreach.db import db
from outreach.scope import Scope


def today(scope: Scope, _subject: Any) -> Markup | str:
    """What waits for a person, and for whoever looks after the sender's set-up, what blames it."""
    waiting, blamed, words = queries.count_waiting(db.session, scope), 0, ""
    if scope.role in POLICY_ROLES:
        since = current_app.extensions["outreach"].clock.now() - queries.POLICY_DAYS
        blamed, words = queries.policy_refusals(db.session, since)
    if not (waiting or blamed):
        return ""
    return _markup("inbound/home.html", waiting=waiting, blamed=blamed, words=words)


def of_mailing(_scope: Scope, mailing: Any) -> Markup | str:
    """What came back of a mailing."""
    counts = queries.of_mailing(db.session, mailing.id)
    return _markup("inbound/mailing_panel.html", counts=counts, mailing=mailing) if counts else ""


def of_delivery(_scope: Scope, delivery: Any) -> Markup | str:
    """What came back of one recipient's message."""
    rows = queries.of_delivery(db.session, delivery.id)
    return _markup("inbound/delivery_panel.html", rows=rows) if rows else ""


def of_company(scope: Scope, company: Any) -> Markup | str:
    """What came back of a company's people."""
    rows = queries.of_company(db.session, scope, company.id)
    return _markup("inbound/company_panel.html", rows=rows) if rows else ""


def _markup(template: str, **values: Any) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 (our own template, which escapes)
