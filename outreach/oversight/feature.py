"""Oversight as a feature: the access log page, and words for records on every page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, current_app, render_template
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from outreach.audit import labels, service
from outreach.audit.models import AccessKind
from outreach.clock import kst_midnight, kst_today
from outreach.db import db
from outreach.feature import Feature, MenuItem, Panel
from outreach.oversight import history, retention, routes
from outreach.scope import Scope


def _init_app(app: Flask) -> None:
    app.jinja_env.globals.update(audit_labels=labels, audit_people=history.people, audit_shown=history.shown)


WEEK = timedelta(days=6)


def _last_week(scope: Scope, _subject: Any) -> Markup:
    """The last seven days in figures, today included."""
    since = kst_today(current_app.extensions["outreach"].clock.now()) - WEEK
    counts = service.count_by_kind(db.session, since=kst_midnight(since))
    return Markup(render_template("audit/home.html", counts=counts, Kind=AccessKind, since=since))  # noqa: S704


feature = Feature(
    name="oversight",
    blueprints=(routes.blueprint,),
    menu=(MenuItem(_("접속기록"), "audit.index", 95, frozenset(routes.READERS), "/audit", "administration"),),
    panels=(Panel("home", 95, _last_week, roles=frozenset(routes.READERS)),),
    init_app=_init_app,
    records=(retention.ACCESSES, retention.CHANGES),
)
