"""What other pages show of letters: a campaign's runs, and the letters a company got."""

from __future__ import annotations

from typing import Any

from flask import render_template
from markupsafe import Markup

from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.post import returns, service
from campaigns.post.rules import ItemState
from outreach.db import db
from outreach.scope import EDITOR_ROLES, Scope


def of_campaign(scope: Scope, campaign: Campaign) -> Markup:
    """The campaign's runs with their counts; no addresses."""
    rows = service.of_campaign(db.session, campaign)
    counts = service.counts(db.session, [row.id for row in rows])
    may_edit = planning.may_edit(scope, campaign)
    return _markup("post/campaign_panel.html", campaign=campaign, rows=rows, counts=counts, may_edit=may_edit,
                   states=ItemState)


def of_company(scope: Scope, company: Any) -> Markup | str:
    """The letters a company's workplaces got, which came back, and whether it wants none."""
    items = service.of_company(db.session, scope, company.id)
    objection = returns.objection_of_company(db.session, company)
    if not items and objection is None:
        return ""
    return _markup("post/company_panel.html", company=company, items=items, objection=objection,
                   may_lift=scope.role in EDITOR_ROLES)


def _markup(template: str, **values: Any) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 - our own template, which escapes
