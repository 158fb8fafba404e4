"""Leads in the API: reading them, noting what was done, moving them on."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from sqlalchemy.orm import selectinload

from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.leads import queries, service
from outreach.leads.models import Lead
from outreach.leads.queries import LeadFilter
from outreach.leads.rules import MANUAL_KINDS, VIEW_ROLES, WORK_ROLES, ActivityKind, LeadState, Want
from outreach.leads.service import LogEntry
from outreach.regions.api import CentreRef
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after

blp = api.area("Leads", "/leads", "Companies that answered, followed up by planners.")


class LeadOut(Shown):
    id = ma.fields.Integer()
    company_id = ma.fields.Integer()
    company_name = ma.fields.String(attribute="company.name")
    workplace_id = ma.fields.Integer()
    centre = ma.fields.Nested(CentreRef, allow_none=True)
    planner_id = ma.fields.Integer(allow_none=True)
    planner_name = ma.fields.String(attribute="planner.name")
    state = ma.fields.Enum(LeadState, by_value=True)
    wants = ma.fields.List(ma.fields.String(), metadata={"description": ", ".join(want.value for want in Want)})
    contact_name = ma.fields.String(metadata={"description": "whom to call back, as they named themselves"})
    contact_phone = ma.fields.String()
    contact_email = ma.fields.String()
    next_action = ma.fields.String()
    next_due = ma.fields.Date(allow_none=True)
    first_contact_at = ma.fields.AwareDateTime(allow_none=True)
    closed_at = ma.fields.AwareDateTime(allow_none=True)
    outcome = ma.fields.String()
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()


class ActivityOut(Shown):
    id = ma.fields.Integer()
    kind = ma.fields.Enum(ActivityKind, by_value=True)
    at = ma.fields.AwareDateTime()
    user_id = ma.fields.Integer(allow_none=True)
    note = ma.fields.String()
    source_label = ma.fields.String(metadata={"description": "where a response came from"})
    retracted_at = ma.fields.AwareDateTime(allow_none=True)


class LeadDetailOut(LeadOut):
    activities = ma.fields.List(ma.fields.Nested(ActivityOut), metadata={"description": "the newest first"})


class LeadArgs(CursorArgs):
    state = fields.word(LeadState, "in this state", load_default=None)
    open = fields.flag("true: only open ones; false: only closed ones", load_default=None)
    planner_id = fields.row_id("given to this planner", strict=False, load_default=None)
    centre_id = fields.row_id("of this centre", strict=False, load_default=None)
    company_id = fields.row_id("of this company", strict=False, load_default=None)
    updated_since = fields.moment("changed at this instant or later", load_default=None)


class NextStep(Schema):
    """Action and day go together, or neither."""

    version = api.version_field()
    next_action = fields.text(200, "what is to be done next; '' for nothing", load_default="")
    next_due = fields.day("by when", allow_none=True, load_default=None)


class Activity(NextStep):
    kind = fields.word(ActivityKind, "what was done", among=MANUAL_KINDS, required=True)
    at = fields.moment("when; now if left out", load_default=None)
    note = fields.text(5000, "what was done, in words", required=True)


class Move(Schema):
    version = api.version_field()
    state = fields.word(LeadState, "where to", required=True)
    outcome = fields.text(200, "how it ended; required for won and lost", load_default="")


@blp.route("")
@access.allow(*VIEW_ROLES)
@blp.arguments(LeadArgs, location="query")
@blp.response(200, api.page_schema(LeadOut))
def list_leads(args: dict[str, Any]) -> CursorPage:
    """Leads

    Each reading is recorded with the ids shown."""
    cursor, limit, company_id, since, is_open, state, planner = (
        args.pop(name)
        for name in ("cursor", "limit", "company_id", "updated_since", "open", "state", "planner_id")
    )
    asked = LeadFilter(state=state.value if state else "", planner=str(planner or ""), **args)
    query = queries.matching(access.scope(), asked, kst_today(api.now())).options(
        selectinload(Lead.company), selectinload(Lead.planner), selectinload(Lead.centre)
    )
    if is_open is not None:
        query = query.where(Lead.closed_at.is_(None) if is_open else Lead.closed_at.is_not(None))
    if company_id is not None:
        query = query.where(Lead.company_id == company_id)
    if since is not None:
        query = query.where(Lead.updated_at >= since)
    page = after(db.session, query, Lead.id, cursor=cursor, limit=limit)
    access.log_access(AccessKind.VIEW, "lead", [lead.id for lead in page.items], "api")
    return page


@blp.route("/<int:lead_id>")
@access.allow(*VIEW_ROLES)
@blp.response(200, LeadDetailOut)
def get_lead(lead_id: int) -> Any:
    """One lead with its history

    The reading is recorded."""
    return _shown(queries.get(db.session, access.scope(), lead_id))


def _shown(lead: Lead) -> Any:
    access.log_access(AccessKind.VIEW, "lead", [lead.id], "api")
    return api.versioned(lead)


@blp.route("/<int:lead_id>", methods=["PATCH"])
@access.allow(*WORK_ROLES)
@api.saves
@blp.arguments(NextStep)
@blp.response(200, LeadDetailOut)
def plan_lead(values: dict[str, Any], lead_id: int) -> Any:
    """Set or clear the next action"""
    version = api.expected_version(values)
    return _shown(service.plan_next(
        db.session, access.scope(), lead_id, values["next_action"], values["next_due"], version=version, now=api.now()
    ))


@blp.route("/<int:lead_id>/activities", methods=["POST"])
@access.allow(*WORK_ROLES)
@api.saves_once
@blp.arguments(Activity)
@blp.response(201, LeadDetailOut)
def log_activity(values: dict[str, Any], lead_id: int) -> Any:
    """Note a call, mail, visit or remark, and what is next

    A first contact moves a new lead to `contacted`. The next action is replaced by what is given here."""
    version = api.expected_version(values)
    at = values.pop("at") or api.now()
    lead = service.log(
        db.session, access.scope(), lead_id, LogEntry(at=at, **values), version=version, now=api.now()
    )
    shown, _status, headers = _shown(lead)
    return shown, 201, headers


@blp.route("/<int:lead_id>/move", methods=["POST"])
@access.allow(*WORK_ROLES)
@api.saves
@blp.arguments(Move)
@blp.response(200, LeadDetailOut)
def move_lead(values: dict[str, Any], lead_id: int) -> Any:
    """Move a lead to another state, or close it with its outcome"""
    version = api.expected_version(values)
    return _shown(service.move(
        db.session, access.scope(), lead_id, values["state"], version=version, now=api.now(),
        outcome=values["outcome"],
    ))
