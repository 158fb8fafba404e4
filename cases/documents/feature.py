"""Documents as a feature of the site; its menu entry is the material library's."""

from __future__ import annotations

from cases.documents import review_routes, routes
from outreach.feature import Feature

feature = Feature(name="documents", blueprints=(routes.blueprint, review_routes.blueprint))
