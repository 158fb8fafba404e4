"""What other pages show of leads: the first page's work of today, a company's leads."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from outreach.clock import kst_today
from outreach.db import db
from outreach.leads import queries
from outreach.leads.timeline import entries
from outreach.scope import Role, Scope


def today_of_planner(scope: Scope, _subject: Any) -> Markup | str:
    """A planner's own counts, and the leads that are due."""
    today = _today()
    own = queries.agenda(db.session, scope, today, planner_id=scope.user_id)
    centre = queries.agenda(db.session, scope, today)
    due = queries.due_first(db.session, scope, today, scope.user_id or 0)
    return _markup("leads/home_planner.html", own=own, unassigned=centre.unassigned, due=due, today=today)


def today_of_centre(scope: Scope, _subject: Any) -> Markup | str:
    """What a centre manager or headquarters has to see to."""
    today = _today()
    return _markup(
        "leads/home_centre.html", agenda=queries.agenda(db.session, scope, today),
        planners=queries.overdue_by_planner(db.session, scope, today),
    )


def of_company(scope: Scope, company: Any) -> Markup | str:
    """All leads of a company with everything that happened, newest first; nothing if it never answered."""
    leads = queries.of_company(db.session, scope, company.id)
    if not leads:
        return ""
    return _markup("leads/company_panel.html", leads=leads, timeline=entries(db.session, leads), today=_today())


def _markup(template: str, **values: Any) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 (our own template, which escapes)


def _today() -> Any:
    return kst_today(current_app.extensions["outreach"].clock.now())


PLANNERS = frozenset({Role.PLANNER})
OVERSEERS = frozenset({Role.CENTRE_MANAGER, Role.HEADQUARTERS})
