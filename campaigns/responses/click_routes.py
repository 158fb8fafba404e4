"""The page behind the click numbers of a mailing: every click with its verdict and what that rests on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from campaigns.delivery import queries as deliveries
from campaigns.mailings import service as mailings
from campaigns.responses import click_queries
from campaigns.responses.rules import VERDICT_LABELS, VIEW_ROLES, Verdict
from campaigns.responses.scanners import browser_name
from campaigns.responses.verdicts import REASON_LABELS
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.links import TRAP
from outreach.web import access
from outreach.web.paging import paginate

blueprint = Blueprint("clicks", __name__, url_prefix="/mailings/<int:mailing_id>/clicks")


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    reasons = {reason.value: label for reason, label in REASON_LABELS.items()}
    return {"VERDICTS": VERDICT_LABELS, "VERDICT_REASONS": reasons, "TRAP_POSITION": TRAP, "browser_name": browser_name}


@blueprint.get("/")
@access.allow(*VIEW_ROLES)
def index(mailing_id: int) -> str:
    scope = access.scope()
    mailing = mailings.get(db.session, scope, mailing_id)
    asked = request.args.get("verdict", "")
    verdict = Verdict(asked) if asked in {each.value for each in Verdict} else None
    page = paginate(db.session, click_queries.listed(scope, mailing, verdict), scalars=False)
    access.log_access(AccessKind.VIEW, "contact", sorted({row[1].contact_id for row in page.items}), mailing.title)
    return render_template(
        "responses/clicks.html", mailing=mailing, page=page, verdict=verdict,
        narrowed=deliveries.narrowed(scope, mailing),
    )
