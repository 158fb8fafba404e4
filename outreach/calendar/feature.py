"""What the working calendar contributes."""

from __future__ import annotations

from flask_babel import lazy_pgettext

from outreach.calendar import routes
from outreach.feature import Feature, MenuItem

feature = Feature(
    name="calendar",
    blueprints=(routes.blueprint,),
    menu=(
        MenuItem(
            lazy_pgettext("menu", "발송 달력"), "calendar.index", order=86,
            roles=frozenset(routes.KEEPERS), prefix="/calendar", group="administration",
        ),
    ),
)
