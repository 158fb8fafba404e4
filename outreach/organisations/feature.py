"""Partner organisations as a feature: pages, menu, and the agreements that end soon on the first page."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext
from markupsafe import Markup

from outreach.clock import kst_today
from outreach.db import db
from outreach.feature import Feature, MenuItem, Panel
from outreach.organisations import api, routes, service
from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Role, Scope

ON_FIRST_PAGE = 5


def _ending_agreements(scope: Scope, _subject: Any) -> Markup | str:
    today = kst_today(current_app.extensions["outreach"].clock.now())
    found = service.ending_soon(db.session, scope, today=today, limit=ON_FIRST_PAGE)
    return Markup(render_template("organisations/home.html", organisations=found, today=today)) if found else ""  # noqa: S704


feature = Feature(
    name="organisations",
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    menu=(
        MenuItem(
            lazy_pgettext("menu", "협력기관"), "organisations.index", order=30, roles=STAFF_ROLES, prefix="/partners",
        ),
        MenuItem(_("우리 기관"), "organisations.own", order=80, roles=frozenset({Role.PARTNER}), prefix="/partners"),
    ),
    panels=(Panel("home", 80, _ending_agreements, roles=EDITOR_ROLES),),
)
