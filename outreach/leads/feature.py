"""Leads as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_pgettext

from outreach.feature import Feature, MenuItem, Panel
from outreach.leads import api, merging, panels, retention
from outreach.leads.routes import blueprint
from outreach.leads.rules import VIEW_ROLES

feature = Feature(
    name="leads",
    blueprints=(blueprint,),
    api_blueprints=(api.blp,),
    menu=(MenuItem(lazy_pgettext("menu", "리드"), "leads.board", 60, VIEW_ROLES, prefix="/leads"),),
    panels=(
        Panel("home", 10, panels.today_of_planner, panels.PLANNERS),
        Panel("home", 20, panels.today_of_centre, panels.OVERSEERS),
        Panel("company", 20, panels.of_company, VIEW_ROLES),
    ),
    company_merges=(merging.carry_over,),
    records=(retention.RESPONDENTS,),
)
