"""What campaign planning contributes."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_pgettext

from campaigns.planning import api, material_routes, papers, portal, routes
from outreach.feature import Feature, MenuItem, Panel
from outreach.scope import EDITOR_ROLES, STAFF_ROLES


def init_app(app: Flask) -> None:
    """Hand lower areas what they ask of campaigns."""
    portal.init_app(app)
    papers.init_app(app)


feature = Feature(
    name="planning",
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    menu=(
        MenuItem(lazy_pgettext("menu", "캠페인"), "campaigns.index", order=20, roles=STAFF_ROLES, prefix="/campaigns"),
    ),
    panels=(
        Panel("home", 40, routes.home_panel, EDITOR_ROLES),
        Panel("campaign", 40, material_routes.panel, STAFF_ROLES),
    ),
    init_app=init_app,
)
