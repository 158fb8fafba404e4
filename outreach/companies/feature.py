"""Companies as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from outreach.companies import (
    api,
    contact_routes,
    jurisdictions,
    merge_routes,
    retention,
    routes,
    suppression_routes,
)
from outreach.feature import Feature, MenuItem, Schedule
from outreach.scope import STAFF_ROLES

feature = Feature(
    name="companies",
    blueprints=(
        routes.blueprint, contact_routes.blueprint, suppression_routes.blueprint, merge_routes.blueprint,
    ),
    api_blueprints=(api.companies, api.contacts, api.suppressions),
    schedules=(
        Schedule("companies.follow_jurisdictions", _l("바뀐 관할에 따라 사업장 옮기기"), 15 * 60, jurisdictions.follow),
    ),
    menu=(MenuItem(lazy_pgettext("menu", "기업"), "companies.index", 40, STAFF_ROLES, prefix="/companies"),),
    records=(retention.CONTACTS, retention.SUPPRESSIONS),
)
