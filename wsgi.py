"""Composition root: the one place that names all features. `wsgi:app` is the WSGI application."""

from __future__ import annotations

import importlib

from flask import Flask

import campaigns.mailings.models  # noqa: F401
import outreach.audit.models
import outreach.uploads.models  # noqa: F401
from campaigns.audience.feature import feature as audience
from campaigns.delivery.feature import feature as delivery
from campaigns.inbound.feature import feature as inbound
from campaigns.mailings.feature import feature as mailings
from campaigns.notices.feature import feature as notices
from campaigns.planning.feature import feature as planning
from campaigns.post.feature import feature as post
from campaigns.reports.feature import feature as reports
from campaigns.responses.feature import feature as responses
from campaigns.sequences.feature import feature as sequences
from cases.documents.feature import feature as documents
from cases.gallery.feature import feature as gallery
from cases.library.feature import feature as library
from cases.materials.feature import feature as materials
from outreach.accounts.feature import feature as accounts
from outreach.app import build_app
from outreach.calendar.feature import feature as calendar
from outreach.companies.feature import feature as companies
from outreach.companies.imports.feature import feature as company_imports
from outreach.config import Settings
from outreach.feature import Feature
from outreach.home.feature import feature as home
from outreach.jobs.feature import feature as jobs
from outreach.leads.feature import feature as leads
from outreach.mail.feature import feature as mail
from outreach.operations.feature import feature as operations
from outreach.organisations.feature import feature as organisations
from outreach.oversight.feature import feature as oversight
from outreach.programmes.feature import feature as programmes
from outreach.regions.feature import feature as regions
from outreach.retention.feature import feature as retention
from outreach.senders.feature import feature as senders
from outreach.web.feature import feature as web

#: Low to high: a feature may rely on those before it.
FEATURES: list[Feature] = [
    web,
    jobs,
    mail,
    operations,
    oversight,
    retention,
    calendar,
    senders,
    regions,
    organisations,
    home,
    accounts,
    companies,
    company_imports,
    programmes,
    leads,
    library,
    gallery,
    documents,
    materials,
    planning,
    audience,
    mailings,
    delivery,
    notices,
    responses,
    inbound,
    sequences,
    post,
    reports,
]


def demo_features() -> list[Feature]:
    """Added in the demo only, and only then loaded."""
    return [importlib.import_module(name).feature for name in ("outreach.mailbox.feature", "campaigns.demo.feature")]


def create_app(settings: Settings | None = None) -> Flask:
    """The whole product, from ``settings`` or the environment."""
    settings = settings or Settings.from_environment()
    return build_app(settings, [*FEATURES, *demo_features()] if settings.demo else FEATURES)


app = create_app()
