"""Audiences in the API: conditions that choose contacts, and their count with every exclusion by its reason."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import current_app, url_for

from campaigns.audience import service
from campaigns.audience.history import KEY as HISTORY
from campaigns.audience.history import NoHistory
from campaigns.audience.models import Audience
from campaigns.audience.rules import RECENT_DAYS, Exclusion
from campaigns.audience.service import Question
from campaigns.audience.users import KEY as USERS
from campaigns.audience.users import nobody
from campaigns.planning import service as planning
from outreach.db import db
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after

blp = api.area(
    "Audiences", "/campaigns/<int:campaign_id>/audiences", "Who a mailing of the campaign is written to."
)


def _ids(says: str) -> ma.fields.List:
    return fields.listed(fields.row_id("an id"), 300, says)


class ConditionsIn(Schema):
    """All given conditions must hold; an empty list asks nothing."""

    centre_ids = _ids("workplaces of one of these centres")
    province_ids = _ids("workplaces in one of these provinces")
    district_ids = _ids("workplaces in one of these districts")
    complex_ids = _ids("workplaces in one of these industrial complexes")
    sections = fields.listed(fields.text(1, "a letter, A to U"), 30, "KSIC sections")
    divisions = fields.listed(fields.text(2, "two digits"), 100, "KSIC divisions")
    min_headcount = fields.whole(0, 10_000_000, "at least so many workers at the workplace", allow_none=True)
    max_headcount = fields.whole(0, 10_000_000, "at most so many workers at the workplace", allow_none=True)
    mailed = _ids("addresses that got one of these mailings")
    not_mailed = _ids("addresses that got none of these mailings")
    responded = _ids("companies that answered one of these campaigns")
    not_responded = _ids("companies that answered none of these campaigns")
    recent_days = fields.whole(
        0, 3650, f"leave out addresses mailed within so many days; 0: none are left out; {RECENT_DAYS} if not given"
    )


class AudienceOut(Shown):
    id = ma.fields.Integer()
    campaign_id = ma.fields.Integer()
    name = ma.fields.String()
    conditions = ma.fields.Nested(ConditionsIn)
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()


class NewAudience(Schema):
    name = fields.text(120, "name of the audience", required=True)
    conditions = fields.part(ConditionsIn, "who belongs to it", load_default=dict)


class AudienceEdit(Schema):
    version = api.version_field()
    name = fields.text(120, "name of the audience")
    conditions = fields.part(ConditionsIn, "who belongs to it; replaces all that was there")


class CountIn(Schema):
    conditions = fields.part(ConditionsIn, "who belongs to it", load_default=dict)
    advertising = fields.flag("for a mailing of class `advertising`, which needs consent", load_default=False)


class CountOut(Shown):
    """matched = included + the sum of excluded."""

    matched = ma.fields.Integer(metadata={"description": "contacts that meet the conditions"})
    included = ma.fields.Integer(metadata={"description": "addresses that would get the message"})
    companies = ma.fields.Integer(metadata={"description": "companies they belong to"})
    excluded = ma.fields.Dict(
        keys=ma.fields.Enum(Exclusion, by_value=True), values=ma.fields.Integer(),
        metadata={"description": "why the others would not; the first reason that applies counts: "
                                 + ", ".join(reason.value for reason in Exclusion)},
    )


@blp.route("")
@access.allow(*STAFF_ROLES)
@blp.arguments(CursorArgs, location="query")
@blp.response(200, api.page_schema(AudienceOut))
def list_audiences(args: dict[str, Any], campaign_id: int) -> CursorPage:
    """The audiences of a campaign"""
    campaign = planning.get(db.session, access.scope(), campaign_id)
    return after(db.session, sa.select(Audience).where(Audience.campaign_id == campaign.id), Audience.id, **args)


@blp.route("", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves_once
@blp.arguments(NewAudience)
@blp.response(201, AudienceOut)
def create_audience(values: dict[str, Any], campaign_id: int) -> Any:
    """Make an audience"""
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    audience = service.save(db.session, access.actor(), campaign, **values, now=api.now())
    shown, status, headers = api.versioned(audience, 201)
    place = url_for(".get_audience", campaign_id=campaign_id, audience_id=audience.id)
    return shown, status, headers | {"Location": place}


@blp.route("/<int:audience_id>")
@access.allow(*STAFF_ROLES)
@blp.response(200, AudienceOut)
def get_audience(campaign_id: int, audience_id: int) -> Any:
    """One audience"""
    campaign = planning.get(db.session, access.scope(), campaign_id)
    return api.versioned(service.get(db.session, campaign, audience_id))


@blp.route("/<int:audience_id>", methods=["PATCH"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(AudienceEdit)
@blp.response(200, AudienceOut)
def edit_audience(values: dict[str, Any], campaign_id: int, audience_id: int) -> Any:
    """Change an audience

    A mailing approved for it must be approved anew: its approval covers the audience."""
    version = api.expected_version(values)
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    audience = service.get(db.session, campaign, audience_id)
    values = {"name": audience.name, "conditions": audience.conditions} | values
    return api.versioned(service.save(
        db.session, access.actor(), campaign, **values, now=api.now(), audience=audience, version=version,
        changed=current_app.extensions.get(USERS, nobody),
    ))


@blp.route("/count", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.only_reads
@blp.arguments(CountIn)
@blp.response(200, CountOut)
def count_audience(values: dict[str, Any], campaign_id: int) -> Any:
    """Count whom conditions would reach, without saving them"""
    campaign = planning.editable(db.session, access.scope(), campaign_id)
    history = current_app.extensions.get(HISTORY) or NoHistory()
    question = Question(
        service.parse(values["conditions"]), campaign.centre_id, values["advertising"], history, api.now()
    )
    return service.count(db.session, question)
