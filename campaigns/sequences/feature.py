"""What following up contributes: reminders and sequences."""

from __future__ import annotations

from campaigns.sequences import api, jobs, keepers, merging, partner_routes, reminder_routes, routes
from outreach.feature import Feature, Panel, WorkSource
from outreach.scope import STAFF_ROLES, Role

feature = Feature(
    name="sequences",
    blueprints=(partner_routes.blueprint, reminder_routes.blueprint, routes.blueprint),
    api_blueprints=(api.blp,),
    panels=(
        Panel("campaign", 30, routes.campaign_panel, STAFF_ROLES),
        Panel("mailing", 10, routes.mailing_panel, STAFF_ROLES),
        Panel("mailing", 20, reminder_routes.mailing_panel, STAFF_ROLES),
        Panel("portal", 20, partner_routes.panel, frozenset({Role.PARTNER})),
    ),
    work=(WorkSource("sequences", jobs.Rounds),),
    company_merges=(merging.carry_over,),
    init_app=keepers.init_app,
)
