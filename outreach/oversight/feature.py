"""Oversight as a feature: the access log page, and words for records on every page."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _

from outreach.audit import labels
from outreach.feature import Feature, MenuItem
from outreach.oversight import routes


def _init_app(app: Flask) -> None:
    app.jinja_env.globals["audit_labels"] = labels


feature = Feature(
    name="oversight",
    blueprints=(routes.blueprint,),
    menu=(MenuItem(_("접속기록"), "audit.index", order=95, roles=frozenset(routes.READERS), prefix="/audit"),),
    init_app=_init_app,
)
