"""Brochures as a feature of the site; its menu entry is the material library's."""

from __future__ import annotations

from cases.brochures import routes
from outreach.feature import Feature

feature = Feature(name="brochures", blueprints=(routes.blueprint,))
