"""Campaigns in the API. A partner's token sees its own campaigns, without plan, budget or the other partners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import selectinload

from campaigns.planning import service
from campaigns.planning.models import Campaign
from campaigns.planning.rules import CampaignState, PartnerRole, StageKind, StageState
from campaigns.planning.service import TARGETS
from outreach.accounts import service as accounts
from outreach.db import check_version, db
from outreach.errors import Invalid
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation
from outreach.regions.api import CentreRef, RegionRef
from outreach.regions.models import Centre, Region
from outreach.scope import EDITOR_ROLES
from outreach.web import access, api, fields
from outreach.web.api import CursorArgs
from outreach.web.fields import Schema, Shown
from outreach.web.paging import CursorPage, after
from outreach.wording import Text

blp = api.area("Campaigns", "/campaigns", "Regional campaigns of a centre with its partners.")

#: All that a partner is told of its campaign.
FOR_PARTNERS = frozenset({"id", "name", "centre", "state", "starts_on", "ends_on", "partners", "version", "updated_at"})


class CampaignPartnerOut(Shown):
    organisation_id = ma.fields.Integer()
    name = ma.fields.String(attribute="organisation.name")
    role = ma.fields.Enum(PartnerRole, by_value=True)
    note = ma.fields.String()


class StageOut(Shown):
    id = ma.fields.Integer()
    kind = ma.fields.Enum(StageKind, by_value=True)
    state = ma.fields.Enum(StageState, by_value=True)
    owner_id = ma.fields.Integer(allow_none=True)
    due_on = ma.fields.Date(allow_none=True)
    done_at = ma.fields.AwareDateTime(allow_none=True)


class CampaignOut(Shown):
    """A partner gets its own part only: no purpose, budget, targets, regions, stages, nor other partners."""

    id = ma.fields.Integer()
    name = ma.fields.String()
    purpose = ma.fields.String()
    centre = ma.fields.Nested(CentreRef, allow_none=True, metadata={"description": "null: headquarters"})
    state = ma.fields.Enum(CampaignState, by_value=True)
    starts_on = ma.fields.Date(allow_none=True)
    ends_on = ma.fields.Date(allow_none=True)
    budget = ma.fields.Integer(allow_none=True, metadata={"description": "in won"})
    targets = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    owner_id = ma.fields.Integer(allow_none=True)
    regions = ma.fields.List(ma.fields.Nested(RegionRef))
    partners = ma.fields.List(ma.fields.Nested(CampaignPartnerOut))
    stages = ma.fields.List(ma.fields.Nested(StageOut))
    fictional = ma.fields.Boolean()
    version = ma.fields.Integer()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()

    @ma.post_dump
    def _for_partners(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        scope = access.scope()
        if not scope.is_partner:
            return data
        own = [partner for partner in data["partners"] if partner["organisation_id"] == scope.organisation_id]
        return {name: value for name, value in data.items() if name in FOR_PARTNERS} | {"partners": own}


class PartnerIn(Schema):
    organisation_id = fields.row_id("a partner organisation", required=True)
    role = fields.word(PartnerRole, "what it does in the campaign", required=True)
    note = fields.text(200, "what it takes on", load_default="")


class Targets(Schema):
    """Numbers the campaign sets itself; leave out what has no target."""

    companies, delivered, responses, briefing, visits, applications = (
        fields.whole(0, 10_000_000, f"target of the measure {name}") for name in TARGETS
    )


class CampaignFields(Schema):
    name = fields.text(120, "name of the campaign")
    purpose = fields.text(5000, "whom it tells what, to what end")
    starts_on = fields.day("first day", allow_none=True)
    ends_on = fields.day("last day", allow_none=True)
    budget = fields.whole(0, 10**13, "in won", allow_none=True)
    targets = fields.part(Targets, "what it sets itself")
    owner_id = fields.row_id("who answers for it", allow_none=True)
    region_ids = fields.listed(fields.row_id("a province or district"), 300, "where it takes place")
    partners = fields.listed(fields.part(PartnerIn, "a partner"), 50, "all partners; replaces those there are")


class NewCampaign(CampaignFields):
    name = fields.text(120, "name of the campaign", required=True)
    centre_id = fields.row_id(
        "the centre, for headquarters to choose; null: headquarters. Others make it their centre's.", allow_none=True
    )


class CampaignEdit(CampaignFields):
    version = api.version_field()


class CampaignMove(Schema):
    version = api.version_field()
    state = fields.word(CampaignState, "where to", required=True)


class CampaignArgs(CursorArgs):
    state = fields.word(CampaignState, "in this state", load_default=None)
    name = fields.text(100, "part of the name", load_default="")


@blp.route("")
@access.allow()
@blp.arguments(CampaignArgs, location="query")
@blp.response(200, api.page_schema(CampaignOut))
def list_campaigns(args: dict[str, Any]) -> CursorPage:
    """Campaigns"""
    query = service.visible(access.scope()).options(
        selectinload(Campaign.regions), selectinload(Campaign.stages), selectinload(Campaign.centre),
        selectinload(Campaign.partners),
    )
    state, name = args.pop("state"), args.pop("name").strip()
    if state is not None:
        query = query.where(Campaign.state == state)
    if name:
        query = query.where(Campaign.name.contains(name, autoescape=True))
    return after(db.session, query, Campaign.id, **args)


@blp.route("/<int:campaign_id>")
@access.allow()
@blp.response(200, CampaignOut)
def get_campaign(campaign_id: int) -> Any:
    """One campaign"""
    return api.versioned(service.get(db.session, access.scope(), campaign_id))


@blp.route("", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves_once
@blp.arguments(NewCampaign)
@blp.response(201, CampaignOut)
def create_campaign(values: dict[str, Any]) -> Any:
    """Plan a campaign; its eight stages are made with it"""
    partners = values.pop("partners", None)
    _check_references(values)
    campaign = service.create(db.session, access.scope(), access.actor(), values, now=api.now())
    if partners:
        _set_partners(campaign, partners)
    shown, status, headers = api.versioned(campaign, 201)
    return shown, status, headers | {"Location": url_for(".get_campaign", campaign_id=campaign.id)}


@blp.route("/<int:campaign_id>", methods=["PATCH"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(CampaignEdit)
@blp.response(200, CampaignOut)
def edit_campaign(values: dict[str, Any], campaign_id: int) -> Any:
    """Change a campaign: the fields given"""
    version, partners = api.expected_version(values), values.pop("partners", None)
    campaign = service.editable(db.session, access.scope(), campaign_id)
    _check_references(values)
    service.edit(db.session, access.actor(), campaign, values, version=version, now=api.now())
    if partners is not None:
        _set_partners(campaign, partners)
    return api.versioned(campaign)


@blp.route("/<int:campaign_id>/move", methods=["POST"])
@access.allow(*EDITOR_ROLES)
@api.saves
@blp.arguments(CampaignMove)
@blp.response(200, CampaignOut)
def move_campaign(values: dict[str, Any], campaign_id: int) -> Any:
    """Start, pause, finish or cancel a campaign"""
    version = api.expected_version(values)
    campaign = service.editable(db.session, access.scope(), campaign_id)
    check_version(campaign, version)
    service.move(db.session, access.actor(), campaign, values["state"], now=api.now())
    return api.versioned(campaign)


def _check_references(values: dict[str, Any]) -> None:
    """What the values point to must be there and within reach. Raises Invalid naming what is not."""
    wrong = {}
    if _missing(Centre, [values.get("centre_id")]):
        wrong["centre_id"] = Text("등록된 센터가 아닙니다.")
    if _missing(Region, values.get("region_ids", [])):
        wrong["region_ids"] = Text("등록된 지역이 아닙니다.")
    owner_id = values.get("owner_id")
    if owner_id is not None and all(owner_id != user.id for user in accounts.colleagues(db.session, access.scope())):
        wrong["owner_id"] = Text("책임자로 정할 수 있는 사람이 아닙니다.")
    if wrong:
        raise Invalid("없거나 고를 수 없는 항목이 있습니다.", fields=wrong)


def _missing(model: type[Any], ids: Sequence[int | None], *conditions: Any) -> set[int]:
    wanted = {row_id for row_id in ids if row_id is not None}
    if not wanted:
        return set()
    return wanted - set(db.session.scalars(sa.select(model.id).where(model.id.in_(wanted), *conditions)))


def _set_partners(campaign: Campaign, partners: Sequence[dict[str, Any]]) -> None:
    """Only organisations the account sees can become partners. Raises Invalid."""
    chosen = [(partner["organisation_id"], partner["role"], partner["note"]) for partner in partners]
    if _missing(Organisation, [partner[0] for partner in chosen], organisations.visible(access.scope())):
        text = "활동 중인 협력기관만 고를 수 있습니다."
        raise Invalid(text, fields={"partners": text})
    service.set_partners(db.session, access.actor(), campaign, chosen, now=api.now())
