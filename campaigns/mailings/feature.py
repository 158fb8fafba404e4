"""What writing mailings contributes."""

from __future__ import annotations

from flask import Flask

from campaigns.audience.users import KEY as AUDIENCE_USERS
from campaigns.mailings import api, routes, service
from outreach.feature import Feature, Panel
from outreach.scope import EDITOR_ROLES, STAFF_ROLES


def _hear_of_audiences(app: Flask) -> None:
    """An approval covers the audience: its edit voids it."""
    app.extensions[AUDIENCE_USERS] = service.audience_changed


feature = Feature(
    name="mailings",
    init_app=_hear_of_audiences,
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    panels=(
        Panel("campaign", 20, routes.campaign_panel, STAFF_ROLES),
        Panel("home", 10, routes.home_panel, EDITOR_ROLES),
    ),
)
