"""A partner's campaigns and their counts, for its first page and its reading room."""

from __future__ import annotations

from typing import Any

from flask import render_template

from campaigns.reports import service
from campaigns.reports.rules import SMALLEST_CELL
from outreach.db import db
from outreach.scope import Scope


def campaigns(scope: Scope, _subject: Any) -> str:
    """The partner's own campaigns, each with the counts it may see."""
    assert scope.organisation_id is not None  # the panel is for partners only
    counts = service.partner_counts(db.session, scope.organisation_id)
    return render_template("reports/partner_panel.html", counts=counts, smallest=SMALLEST_CELL)
