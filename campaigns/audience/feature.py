"""What choosing audiences contributes."""

from __future__ import annotations

from campaigns.audience import routes
from outreach.feature import Feature, Panel
from outreach.scope import STAFF_ROLES

feature = Feature(
    name="audience",
    blueprints=(routes.blueprint,),
    panels=(Panel("campaign", 10, routes.campaign_panel, STAFF_ROLES),),
)
