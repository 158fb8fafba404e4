"""Composition root: the one place that names all features. `wsgi:app` is the WSGI application."""

from __future__ import annotations

from flask import Flask

import campaigns.audience.models  # noqa: F401
import campaigns.delivery.models  # noqa: F401
import campaigns.mailings.models  # noqa: F401
import campaigns.planning.models  # noqa: F401
import campaigns.responses.models  # noqa: F401
import cases.brochures.models  # noqa: F401
import cases.library.models  # noqa: F401
import cases.materials.models  # noqa: F401
import outreach.accounts.models  # noqa: F401
import outreach.audit.models  # noqa: F401
import outreach.companies.models  # noqa: F401
import outreach.jobs.models  # noqa: F401
import outreach.leads.models  # noqa: F401
import outreach.mail.models  # noqa: F401
import outreach.organisations.models  # noqa: F401
import outreach.programmes.models  # noqa: F401
import outreach.regions.models  # noqa: F401
import outreach.uploads.models  # noqa: F401
from outreach.app import build_app
from outreach.config import Settings
from outreach.feature import Feature

FEATURES: list[Feature] = []


def create_app(settings: Settings | None = None) -> Flask:
    """The whole product, from ``settings`` or the environment."""
    return build_app(settings or Settings.from_environment(), FEATURES)


app = create_app()
