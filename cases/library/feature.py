"""The case library as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_pgettext

from cases.library import api, consent_routes, interview_routes, panels, photo_routes, retention, routes, service
from outreach.feature import Feature, MenuItem, Panel
from outreach.scope import STAFF_ROLES

feature = Feature(
    name="cases",
    blueprints=(
        routes.blueprint, photo_routes.blueprint, consent_routes.blueprint, interview_routes.blueprint,
    ),
    api_blueprints=(api.blp,),
    menu=(MenuItem(lazy_pgettext("menu", "사례"), "cases.index", order=45, roles=STAFF_ROLES, prefix="/cases"),),
    panels=(
        Panel("company", 60, panels.of_company, STAFF_ROLES),
        Panel("lead", 60, panels.of_lead, STAFF_ROLES),
        Panel("home", 70, panels.endings, service.WRITER_ROLES),
    ),
    company_merges=(service.follow_merge,),
    records=(retention.CONSENTS,),
)
