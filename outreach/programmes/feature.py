"""The programme catalogue as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.feature import Feature, MenuItem, ReferenceTables
from outreach.programmes.routes import blueprint
from outreach.programmes.service import load_reference
from outreach.scope import Role

feature = Feature(
    name="programmes",
    blueprints=(blueprint,),
    menu=(MenuItem(_l("지원제도"), "programmes.index", 70, frozenset(Role), prefix="/programmes"),),
    reference=(ReferenceTables({"programmes": "제도", "versions": "제도 내용"}, load_reference),),
)
