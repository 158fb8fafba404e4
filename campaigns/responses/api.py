"""Responses in the API."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from sqlalchemy.orm import selectinload

from campaigns.responses import queries
from campaigns.responses.models import Response
from campaigns.responses.queries import ResponseFilter
from campaigns.responses.rules import VIEW_ROLES, Channel, ResponseState
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.leads.rules import Want
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Responses", "/responses", "What companies answered, as they gave it.")


class ResponseOut(Shown):
    id = ma.fields.Integer()
    at = ma.fields.AwareDateTime()
    channel = ma.fields.Enum(Channel, by_value=True)
    state = ma.fields.Enum(ResponseState, by_value=True, metadata={
        "description": "unverified: came by QR or with a typed business number, and waits for a person"})
    campaign_id = ma.fields.Integer(allow_none=True)
    mailing_id = ma.fields.Integer(attribute="delivery.mailing_id", metadata={
        "description": "the mailing whose link was used"})
    delivery_id = ma.fields.Integer(allow_none=True)
    lead_id = ma.fields.Integer(allow_none=True)
    company_id = ma.fields.Integer(allow_none=True)
    organisation_id = ma.fields.Integer(allow_none=True, metadata={"description": "the partner it came through"})
    wants = ma.fields.List(ma.fields.String(), metadata={"description": ", ".join(want.value for want in Want)})
    company_name = ma.fields.String(metadata={"description": "as given"})
    business_number = ma.fields.String(allow_none=True)
    person = ma.fields.String()
    phone = ma.fields.String()
    email = ma.fields.String()
    preferred_time = ma.fields.String()
    message = ma.fields.String()


class ResponseArgs(CursorArgs):
    state = fields.word(ResponseState, "in this state", load_default=None)
    channel = fields.word(Channel, "come this way", load_default=None)
    want = fields.word(Want, "asking for this", load_default=None)
    campaign_id = fields.row_id("to this campaign", strict=False, load_default=None)
    since = fields.day("from this Korean day on", load_default=None)
    until = fields.day("up to this Korean day", load_default=None)


@blp.route("")
@access.allow(*VIEW_ROLES)
@blp.arguments(ResponseArgs, location="query")
@blp.response(200, api.page_schema(ResponseOut))
def list_responses(args: dict[str, Any]) -> CursorPage:
    """Responses

    Each reading is recorded with the ids shown."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    words = {name: args.pop(name) for name in ("state", "channel", "want")}
    asked = ResponseFilter(**{name: word.value if word else "" for name, word in words.items()}, **args)
    query = queries.matching(access.scope(), asked).options(selectinload(Response.delivery))
    page = after(db.session, query, Response.id, cursor=cursor, limit=limit)
    access.log_access(AccessKind.VIEW, "response", [row.id for row in page.items], "api")
    return page


@blp.route("/<int:response_id>")
@access.allow(*VIEW_ROLES)
@blp.response(200, ResponseOut)
def get_response(response_id: int) -> Response:
    """One response

    The reading is recorded."""
    access.log_access(AccessKind.VIEW, "response", [response_id], "api")
    return queries.get(db.session, access.scope(), response_id)
