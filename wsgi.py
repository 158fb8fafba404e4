"""Composition root: the one place that names all features. `wsgi:app` is the WSGI application."""

from __future__ import annotations

from flask import Flask

import campaigns.audience.models
import campaigns.delivery.models
import campaigns.mailings.models
import campaigns.planning.models
import campaigns.responses.models  # noqa: F401
import cases.brochures.models
import cases.library.models
import cases.materials.models  # noqa: F401
import outreach.accounts.models
import outreach.audit.models
import outreach.companies.models
import outreach.jobs.models
import outreach.leads.models
import outreach.mail.models
import outreach.organisations.models
import outreach.programmes.models
import outreach.regions.models
import outreach.uploads.models  # noqa: F401
from outreach.app import build_app
from outreach.config import Settings
from outreach.feature import Feature

FEATURES: list[Feature] = []


def create_app(settings: Settings | None = None) -> Flask:
    """The whole product, from ``settings`` or the environment."""
    return build_app(settings or Settings.from_environment(), FEATURES)


app = create_app()
