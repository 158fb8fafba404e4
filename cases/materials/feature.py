"""The material library and the partners' reading room as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from cases.materials import api, jobs, order_models, portal, public, routes, share_models  # noqa: F401
from outreach.feature import Feature, MenuItem, Panel
from outreach.scope import STAFF_ROLES, Role

PARTNERS = frozenset({Role.PARTNER})

feature = Feature(
    name="materials",
    blueprints=(routes.blueprint, public.blueprint, portal.blueprint),
    api_blueprints=(api.blp,),
    menu=(
        MenuItem(lazy_pgettext("menu", "홍보물"), "materials.index", order=48, roles=STAFF_ROLES, prefix="/materials"),
        MenuItem(_l("자료실"), "portal.index", order=20, roles=PARTNERS, prefix="/portal"),
    ),
    panels=(
        Panel("case", 10, routes.case_panel, STAFF_ROLES),
        Panel("brochure", 10, routes.brochure_panel, STAFF_ROLES),
        Panel("home", 20, portal.home_panel, PARTNERS),
    ),
    jobs=(jobs.KIND,),
)
