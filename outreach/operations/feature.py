"""What the desk of background work contributes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.feature import Feature, MenuItem
from outreach.operations.routes import blueprint
from outreach.scope import Role

feature = Feature(
    name="operations",
    blueprints=(blueprint,),
    menu=(MenuItem(_l("작업 현황"), "operations.index", 980, frozenset({Role.ADMINISTRATOR}), "/jobs"),),
)
