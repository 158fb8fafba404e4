"""What other pages show of cases: a company's and a lead's nearest ones, the first page's consents that end."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from cases.library import consents, nearest, service
from cases.library.models import Case
from cases.library.rules import Outlet
from outreach.clock import kst_today
from outreach.companies import search
from outreach.db import db
from outreach.scope import Scope

NEAREST = 3


def _today() -> date:
    return kst_today(current_app.extensions["outreach"].clock.now())


def of_company(scope: Scope, company: Any) -> Markup | str:
    """Published cases most like a company: what a planner tells there."""
    places = [place for place in company.workplaces if search.in_reach(scope, place)] or company.workplaces
    if not places:
        return ""
    like = nearest.of_workplace(places[0], nearest.needs_of_company(db.session, company.id))
    return _near(scope, like, company.id)


def of_lead(scope: Scope, lead: Any) -> Markup | str:
    """The same for a lead, by what it asked for."""
    like = nearest.of_workplace(lead.workplace, nearest.needs_of_wants(lead.wants))
    return _near(scope, like, lead.company_id)


def _near(scope: Scope, like: nearest.Likeness, company_id: int) -> Markup | str:
    """Of other companies: what it did itself, it knows."""
    cases = service.publishable(scope, _today(), Outlet.PRINT).where(Case.company_id.is_distinct_from(company_id))
    found = nearest.nearest(db.session, cases, like, limit=NEAREST)
    return _markup("cases/company_panel.html", found=found) if found else ""


def endings(scope: Scope, _subject: Any) -> Markup | str:
    """On the first page: published cases that may no longer be shown, or soon."""
    over, soon = consents.counts(db.session, scope, _today())
    return _markup("cases/home_panel.html", over=over, soon=soon, days=consents.SOON) if over or soon else ""


def _markup(template: str, **values: Any) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 (our own template, which escapes)
