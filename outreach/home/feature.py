"""The first page as a feature; other features fill its slot 'home'."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from outreach.feature import Feature, MenuItem
from outreach.home import routes
from outreach.scope import Role

feature = Feature(
    name="home",
    blueprints=(routes.blueprint,),
    menu=(MenuItem(_("오늘 할 일"), "home.index", order=0, roles=frozenset(Role), prefix="/"),),
)
