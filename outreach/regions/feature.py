"""Regions as a feature: centres and jurisdictions on pages, and the command that loads them."""

from __future__ import annotations

from flask_babel import lazy_pgettext

from outreach.feature import Feature, MenuItem, ReferenceTables
from outreach.regions import api, routes
from outreach.regions.commands import reference
from outreach.regions.loading import load_reference

WORDS = {
    "provinces": "시도", "districts": "시군구", "centres": "고용센터", "jurisdictions": "관할", "complexes": "산업단지",
}

feature = Feature(
    name="regions",
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    menu=(
        MenuItem(
            lazy_pgettext("menu", "고용센터"), "regions.index", order=85,
            roles=frozenset(routes.KEEPERS), prefix="/centres", group="administration",
        ),
    ),
    commands=(reference,),
    reference=(ReferenceTables(WORDS, lambda session, now: load_reference(session)),),
)
