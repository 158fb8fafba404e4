"""The material library and the partners' reading room as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from cases.materials import (
    draft_routes,
    drafts,
    giving_api,
    home,
    jobs,
    order_api,
    order_routes,
    partner_routes,
    portal,
    public,
    retention,
    routes,
    share_routes,
    web_routes,
    wiring,
)
from outreach.feature import Feature, MenuItem, Panel
from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Role

PARTNERS = frozenset({Role.PARTNER})

feature = Feature(
    name="materials",
    blueprints=(
        routes.blueprint, draft_routes.blueprint, public.blueprint, web_routes.blueprint, portal.blueprint,
        share_routes.blueprint, order_routes.blueprint, partner_routes.blueprint,
    ),
    api_blueprints=(giving_api.blp, order_api.blp),
    menu=(
        MenuItem(
            lazy_pgettext("menu", "홍보물"), "materials.index", order=48, roles=STAFF_ROLES,
            prefix=("/materials", "/documents", "/print-orders"),
        ),
        MenuItem(_l("자료실"), "portal.index", order=20, roles=PARTNERS, prefix="/portal"),
        MenuItem(_l("인쇄물 신청"), "orders.index", order=22, roles=PARTNERS, prefix="/print-orders"),
    ),
    panels=(
        Panel("case", 10, routes.case_panel, STAFF_ROLES),
        Panel("programme", 10, routes.programme_panel, STAFF_ROLES),
        Panel("home", 4, home.review_panel, EDITOR_ROLES),
        Panel("home", 6, home.outdated_panel, EDITOR_ROLES),
        Panel("document", 10, routes.document_panel, STAFF_ROLES),
        Panel("home", 20, portal.home_panel, PARTNERS),
        Panel("organisation", 20, partner_routes.organisation_panel, STAFF_ROLES | PARTNERS),
        Panel("portal_material", 10, partner_routes.portal_panel, PARTNERS),
        Panel("portal_material", 20, web_routes.portal_panel, PARTNERS),
        Panel("home", 45, order_routes.home_panel, EDITOR_ROLES),
    ),
    init_app=wiring.init_app,
    jobs=(*jobs.KINDS, drafts.KIND),
    schedules=(jobs.CATCH_UP,),
    records=(retention.RECIPIENTS,),
)
