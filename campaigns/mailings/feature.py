"""What writing mailings contributes."""

from __future__ import annotations

from campaigns.mailings import api, routes
from outreach.feature import Feature, Panel
from outreach.scope import EDITOR_ROLES, STAFF_ROLES

feature = Feature(
    name="mailings",
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    panels=(
        Panel("campaign", 20, routes.campaign_panel, STAFF_ROLES),
        Panel("home", 10, routes.home_panel, EDITOR_ROLES),
    ),
)
