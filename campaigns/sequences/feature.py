"""What following up contributes: reminders and sequences."""

from __future__ import annotations

from campaigns.sequences import jobs, keepers, merging, reminder_routes
from outreach.feature import Feature, Panel, WorkSource
from outreach.scope import STAFF_ROLES

feature = Feature(
    name="sequences",
    blueprints=(reminder_routes.blueprint,),
    panels=(Panel("mailing", 10, reminder_routes.mailing_panel, STAFF_ROLES),),
    work=(WorkSource("sequences", jobs.Rounds),),
    company_merges=(merging.carry_over,),
    init_app=keepers.init_app,
)
