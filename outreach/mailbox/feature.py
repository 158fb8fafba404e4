"""What the embedded mailbox contributes; wsgi.py takes it in for the demo only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.feature import Feature, MenuItem
from outreach.mailbox.routes import blueprint
from outreach.scope import Role

feature = Feature(
    name="mailbox",
    blueprints=(blueprint,),
    menu=(MenuItem(_l("내장 메일함"), "mailbox.index", 990, frozenset(Role), "/mailbox"),),
)
