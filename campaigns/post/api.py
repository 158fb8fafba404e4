"""Letters by post in the API: the runs of a campaign, their letters, and letters that came back."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import current_app

from campaigns.mailings.api import VersionIn
from campaigns.planning import service as planning
from campaigns.post import returns, service
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import ItemState, ReturnReason, RunState
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.scope import EDITOR_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Letters", "/campaigns/<int:campaign_id>/letters", "Letters by post to companies that no mail reaches.")
back = api.area("Returned letters", "/letters/returns", "Letters that came back, entered by their code.")


class RunOut(Shown):
    id = ma.fields.Integer()
    campaign_id = ma.fields.Integer()
    audience_id = ma.fields.Integer(allow_none=True)
    name = ma.fields.String()
    state = ma.fields.Enum(RunState, by_value=True, metadata={
        "description": "draft; review: waits for a second person; made: may be printed; posted"
    })
    subject = ma.fields.String()
    salutation = ma.fields.String()
    numbers = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), metadata={
        "description": "as counted when it was made: matched, letters, companies, and exclusions by reason"
    })
    made_at = ma.fields.AwareDateTime(allow_none=True)
    approved_at = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "null: none needed, or it waits"})
    posted_at = ma.fields.AwareDateTime(allow_none=True)
    version = ma.fields.Integer()
    updated_at = ma.fields.AwareDateTime()


class LetterOut(Shown):
    id = ma.fields.Integer()
    run_id = ma.fields.Integer()
    position = ma.fields.Integer(metadata={"description": "its place in the printed order"})
    code = ma.fields.String(metadata={"description": "the twelve digits of its bar code"})
    company_id = ma.fields.Integer(allow_none=True)
    workplace_id = ma.fields.Integer(allow_none=True)
    name = ma.fields.String(metadata={"description": "as printed; empty once its time is over"})
    person = ma.fields.String()
    address = ma.fields.String()
    postcode = ma.fields.String()
    case_id = ma.fields.Integer(allow_none=True, metadata={"description": "the case nearest to it, if it shows one"})
    case_reason = ma.fields.String(metadata={"description": "why that case"})
    state = ma.fields.Enum(ItemState, by_value=True)
    returned_at = ma.fields.AwareDateTime(allow_none=True)
    returned_reason = ma.fields.Enum(ReturnReason, by_value=True, allow_none=True)
    answered_at = ma.fields.AwareDateTime(allow_none=True)


class LetterArgs(CursorArgs):
    state = fields.word(ItemState, "in this state", load_default=None)


class ReturnIn(Schema):
    code = fields.text(300, "the bar code's twelve digits, or the address behind the QR code", required=True)
    reason = fields.word(ReturnReason, "what the carrier's sticker says", required=True)


@blp.route("")
@access.allow(*EDITOR_ROLES)
@blp.arguments(CursorArgs, location="query")
@blp.response(200, api.page_schema(RunOut))
def list_letter_runs(args: dict[str, Any], campaign_id: int) -> CursorPage:
    """The runs of letters of a campaign the account may edit"""
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    return after(db.session, sa.select(PostRun).where(PostRun.campaign_id == campaign.id), PostRun.id, **args)


@blp.route("/<int:run_id>")
@access.allow(*EDITOR_ROLES)
@blp.response(200, RunOut)
def get_letter_run(campaign_id: int, run_id: int) -> Any:
    """One run of letters"""
    return api.versioned(service.get(db.session, access.scope(), campaign_id, run_id))


@blp.route("/<int:run_id>/items")
@access.allow(*EDITOR_ROLES)
@blp.arguments(LetterArgs, location="query")
@blp.response(200, api.page_schema(LetterOut))
def list_letters(args: dict[str, Any], campaign_id: int, run_id: int) -> CursorPage:
    """The letters of a run, with the addresses they bear

    Each reading is recorded."""
    run = service.get(db.session, access.scope(), campaign_id, run_id)
    query = service.items_query(run, args.pop("state")).order_by(None)
    page = after(db.session, query, PostItem.id, **args)
    access.log_access(AccessKind.VIEW, "post_item", [row.id for row in page.items], run.name)
    return page


@blp.route("/<int:run_id>/approve", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(VersionIn)
@blp.response(200, RunOut)
def approve_letters(values: dict[str, Any], campaign_id: int, run_id: int) -> Any:
    """Approve the letters of a run that waits for it

    Refused (403) to everyone who wrote the letter, made the run or chose its audience, and (409) while a letter is
    longer than its sheet or shows what was taken down."""
    run = service.get(db.session, access.scope(), campaign_id, run_id)
    service.approve(
        db.session, access.scope(), access.actor(), run, version=values["version"], now=api.now()
    )
    return api.versioned(run)


@back.route("", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves_once
@back.arguments(ReturnIn)
@back.response(200, LetterOut)
def enter_return(values: dict[str, Any]) -> Any:
    """Enter a letter that came back

    Of the campaigns the account may edit; refused (422) for a code that is damaged or none of ours, and (409) if it was
    entered before. A wrong address is not written to again until it is mended; `refused` ends all letters to the
    company."""
    signer = current_app.extensions["outreach"].signer
    item = returns.scan(
        db.session, access.scope(), access.actor(), signer, values["code"], values["reason"], now=api.now()
    )
    access.log_access(AccessKind.VIEW, "post_item", [item.id])
    return item
