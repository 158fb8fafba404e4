"""Undelivered recipients in the API: the list across mailings, and trying them again."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from campaigns.delivery import dead_letters
from campaigns.delivery.api import DeliveryOut
from campaigns.delivery.dead_letters import Asked, Fate
from campaigns.delivery.models import Delivery
from campaigns.delivery.retry import Trouble
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Undelivered", "/dead-letters", "Recipients that were refused or given up, across mailings.")


class DeadLetterOut(DeliveryOut):
    mailing_id = ma.fields.Integer()
    domain = ma.fields.String(metadata={"description": "of the address"})
    trouble = ma.fields.Enum(
        Trouble, by_value=True, allow_none=True,
        metadata={"description": "class of the refusal: " + ", ".join(trouble.value for trouble in Trouble)},
    )


class DeadLetterArgs(CursorArgs):
    mailing_id = fields.row_id("of this mailing", load_default=None, strict=False)
    trouble = fields.word(Trouble, "of this class", load_default=None)
    domain = fields.text(254, "at this domain", load_default="")


class RetryIn(Schema):
    mailing_id = fields.row_id("of this mailing", load_default=None, allow_none=True)
    trouble = fields.word(Trouble, "of this class", load_default=None, allow_none=True)
    domain = fields.text(254, "at this domain", load_default="")
    dry_run = fields.flag("only say what would be done", load_default=False)


class RetryOut(Shown):
    fates = ma.fields.Dict(
        keys=ma.fields.Enum(Fate, by_value=True), values=ma.fields.Integer(),
        metadata={"description": "recipients by what becomes of them: " + ", ".join(fate.value for fate in Fate)},
    )
    tried = ma.fields.Integer(metadata={"description": "queued again (or that would be)"})


@blp.route("")
@access.allow(*STAFF_ROLES)
@blp.arguments(DeadLetterArgs, location="query")
@blp.response(200, api.page_schema(DeadLetterOut))
def list_dead_letters(args: dict[str, Any]) -> CursorPage:
    """Recipients that were refused or given up

    Of the mailings that the account sees. Each reading is recorded."""
    asked = Asked(args.pop("mailing_id"), args.pop("trouble"), args.pop("domain").strip().lower())
    page = after(db.session, dead_letters.listing(access.scope(), asked), Delivery.id, **args)
    access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row in page.items], "dead-letters")
    return page


@blp.route("/retry", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(RetryIn)
@blp.response(200, RetryOut)
def retry_dead_letters(values: dict[str, Any]) -> dict[str, Any]:
    """Queue undelivered recipients again

    Those of the mailings that the account may act on, at most 500 a call: call again while `tried` is 500. Nobody who
    opted out is tried again, and an unknown address only once it was corrected; `fates` says how many stay for which
    reason."""
    asked = Asked(values["mailing_id"], values["trouble"], values["domain"].strip().lower())
    plan = dead_letters.plan(db.session, access.scope(), asked)
    if values["dry_run"]:
        return {"fates": plan.fates, "tried": plan.tried}
    tried = dead_letters.retry(db.session, access.scope(), access.actor(), asked, now=api.now())
    return {"fates": plan.fates, "tried": tried}
