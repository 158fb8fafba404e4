"""The case library as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_pgettext

from cases.library import api, routes, service
from outreach.feature import Feature, MenuItem, Panel
from outreach.scope import STAFF_ROLES

feature = Feature(
    name="cases",
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    menu=(MenuItem(lazy_pgettext("menu", "사례"), "cases.index", order=45, roles=STAFF_ROLES, prefix="/cases"),),
    panels=(Panel("company", 60, routes.company_panel, STAFF_ROLES),),
    company_merges=(service.follow_merge,),
)
