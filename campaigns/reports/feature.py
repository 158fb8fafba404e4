"""Reports as a feature of the site."""

from __future__ import annotations

from campaigns.reports import panels
from outreach.feature import Feature, Panel
from outreach.scope import Role

PARTNERS = frozenset({Role.PARTNER})

feature = Feature(
    name="reports",
    panels=(Panel("home", 10, panels.campaigns, PARTNERS), Panel("portal", 10, panels.campaigns, PARTNERS)),
)
