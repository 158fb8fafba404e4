"""Sequences in the API, to read: the steps, the numbers, and where each recipient stands."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import sqlalchemy as sa

from campaigns.sequences import members, service
from campaigns.sequences.models import Sequence, SequenceMember
from campaigns.sequences.rules import EndReason, MemberState, SequenceState, StepCondition, WaitUnit
from outreach.audit.models import AccessKind
from outreach.db import db
from outreach.scope import STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Sequences", "/sequences", "Mailings one after the other, each recipient at their own pace.")


class SequenceStepOut(Shown):
    position = ma.fields.Integer(metadata={"description": "from 1"})
    mailing_id = ma.fields.Integer()
    wait = ma.fields.Integer(metadata={"description": "after the acceptance of the step before; the first has none"})
    unit = ma.fields.Enum(WaitUnit, by_value=True)
    condition = ma.fields.Enum(
        StepCondition, by_value=True, metadata={"description": "who of those still in it gets the step"}
    )


class SequenceOut(Shown):
    id = ma.fields.Integer()
    campaign_id = ma.fields.Integer()
    audience_id = ma.fields.Integer(allow_none=True)
    organisation_id = ma.fields.Integer(allow_none=True, metadata={"description": "the partner who invites"})
    name = ma.fields.String()
    state = ma.fields.Method(
        "_state", metadata={"description": "as it holds: an edit of a step makes it a draft again", "type": "string",
                            "enum": [state.value for state in SequenceState]},
    )
    steps = ma.fields.List(ma.fields.Nested(SequenceStepOut))
    approved_by = ma.fields.Integer(allow_none=True)
    approved_at = ma.fields.AwareDateTime(allow_none=True)
    starts_at = ma.fields.AwareDateTime(allow_none=True)
    finished_at = ma.fields.AwareDateTime(allow_none=True)
    note = ma.fields.String(metadata={"description": "why it was paused, stopped or sent back"})
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()

    def _state(self, sequence: Sequence) -> str:
        return service.standing(sequence).value


class NumbersOut(Shown):
    total = ma.fields.Integer(metadata={"description": "recipients written down for the first step"})
    still_in = ma.fields.Integer(metadata={"description": "for whom something may yet be sent"})
    states = ma.fields.Dict(keys=ma.fields.Enum(MemberState, by_value=True), values=ma.fields.Integer())
    reasons = ma.fields.Dict(
        keys=ma.fields.Enum(EndReason, by_value=True), values=ma.fields.Integer(),
        metadata={"description": "those for whom it ended, by reason"},
    )
    steps = ma.fields.Dict(
        keys=ma.fields.Integer(), values=ma.fields.Integer(),
        metadata={"description": "position -> recipients written down for it so far"},
    )


class MemberOut(Shown):
    id = ma.fields.Integer()
    contact_id = ma.fields.Integer(metadata={"description": "may be deleted since"})
    workplace_id = ma.fields.Integer()
    company_id = ma.fields.Integer()
    organisation_id = ma.fields.Integer(allow_none=True)
    position = ma.fields.Integer(metadata={"description": "the last step written down for them"})
    state = ma.fields.Enum(MemberState, by_value=True)
    reason = ma.fields.Enum(EndReason, by_value=True, allow_none=True)
    accepted_at = ma.fields.AwareDateTime(allow_none=True)
    due_at = ma.fields.AwareDateTime(allow_none=True)
    ended_at = ma.fields.AwareDateTime(allow_none=True)


class SequenceArgs(CursorArgs):
    campaign_id = fields.row_id("of this campaign", strict=False, load_default=None)


class MemberArgs(CursorArgs):
    state = fields.word(MemberState, "in this state", load_default=None)


@blp.route("")
@access.allow(*STAFF_ROLES)
@blp.arguments(SequenceArgs, location="query")
@blp.response(200, api.page_schema(SequenceOut))
def list_sequences(args: dict[str, Any]) -> CursorPage:
    """The sequences of one's campaigns"""
    query, campaign_id = service.visible(access.scope()), args.pop("campaign_id")
    if campaign_id is not None:
        query = query.where(Sequence.campaign_id == campaign_id)
    return after(db.session, query, Sequence.id, **args)


@blp.route("/<int:sequence_id>")
@access.allow(*STAFF_ROLES)
@blp.response(200, SequenceOut)
def get_sequence(sequence_id: int) -> Sequence:
    """One sequence with its steps"""
    return service.get(db.session, access.scope(), sequence_id)


@blp.route("/<int:sequence_id>/numbers")
@access.allow(*STAFF_ROLES)
@blp.response(200, NumbersOut)
def get_numbers(sequence_id: int) -> dict[str, Any]:
    """How many recipients stand where"""
    sequence = service.get(db.session, access.scope(), sequence_id)
    found = members.numbers(db.session, sequence.id)
    return {name: getattr(found, name) for name in NumbersOut().fields}


@blp.route("/<int:sequence_id>/members")
@access.allow(*STAFF_ROLES)
@blp.arguments(MemberArgs, location="query")
@blp.response(200, api.page_schema(MemberOut))
def list_members(args: dict[str, Any], sequence_id: int) -> CursorPage:
    """Where each recipient stands

    Those within the account's centre. Each reading is recorded."""
    scope, state = access.scope(), args.pop("state")
    sequence = service.get(db.session, scope, sequence_id)
    chosen = members.listed(scope, sequence, members.MemberFilter(state)).order_by(None)
    query = sa.select(SequenceMember).where(
        SequenceMember.id.in_(chosen.with_only_columns(SequenceMember.id))
    )
    page = after(db.session, query, SequenceMember.id, **args)
    access.log_access(AccessKind.VIEW, "contact", [row.contact_id for row in page.items], sequence.name)
    return page
