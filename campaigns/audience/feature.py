"""What choosing audiences contributes."""

from __future__ import annotations

from campaigns.audience import api, routes
from outreach.feature import Feature, Panel
from outreach.scope import STAFF_ROLES

feature = Feature(
    name="audience",
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    panels=(Panel("campaign", 10, routes.campaign_panel, STAFF_ROLES),),
)
