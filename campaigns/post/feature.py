"""What letters by post contribute."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from campaigns.post import api, jobs, merging, panels, public, retention, return_routes, routes
from outreach.feature import Feature, MenuItem, Panel
from outreach.scope import EDITOR_ROLES, STAFF_ROLES

feature = Feature(
    name="post",
    blueprints=(routes.blueprint, return_routes.blueprint, public.blueprint),
    api_blueprints=(api.blp, api.back),
    menu=(MenuItem(_l("되돌아온 편지"), "post_returns.index", 56, EDITOR_ROLES, "/post/returns", "responses"),),
    panels=(
        Panel("campaign", 35, panels.of_campaign, STAFF_ROLES),
        Panel("company", 45, panels.of_company, STAFF_ROLES),
    ),
    jobs=(jobs.KIND, jobs.BODIES),
    company_merges=(merging.carry_over,),
    records=(retention.LETTERS, retention.OBJECTIONS),
)
