"""The public page that says what is kept for how long; made from the same record classes the daily job erases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, render_template
from flask_babel import gettext as _

from outreach.web import access

blueprint = Blueprint("retention", __name__)

YEAR = timedelta(days=365)


def term(keep: timedelta) -> str:
    """A time of keeping in words: whole years as years, else days."""
    years, rest = divmod(keep, YEAR)
    if rest:
        return _("%(n)s일", n=keep.days)
    return _("1년") if years == 1 else _("%(n)s년", n=years)


@blueprint.get("/privacy")
@access.public("tells everyone what is kept and when it is erased; shows no data")
def page() -> Any:
    records = current_app.extensions["outreach"].registry.records()
    return render_template(
        "retention/page.html", timed=[record for record in records if record.keep is not None],
        kept=[record for record in records if record.keep is None],
    )


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"term": term}
