"""Regions as a feature: centres and jurisdictions on pages, and the command that loads them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from outreach.feature import Feature, MenuItem
from outreach.regions import routes
from outreach.regions.commands import reference

feature = Feature(
    name="regions",
    blueprints=(routes.blueprint,),
    menu=(MenuItem(_("고용센터"), "regions.index", order=85, roles=frozenset(routes.KEEPERS), prefix="/centres"),),
    commands=(reference,),
)
