"""Planning campaigns: making and editing them, partners, stages, states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.planning import materials
from campaigns.planning.models import Campaign, CampaignPartner, Stage
from campaigns.planning.rules import MOVES, STATE_LABELS, CampaignState, PartnerRole, StageKind, StageState
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.organisations.models import Organisation
from outreach.regions.models import Region
from outreach.scope import EDITOR_ROLES, Scope
from outreach.wording import Text

#: What a campaign may set itself as target.
TARGETS = {
    "companies": "대상 기업",
    "delivered": "도달",
    "responses": "유효 응답",
    "briefing": "설명회 참석",
    "visits": "방문",
    "applications": "신청",
}

FIELDS = ("name", "purpose", "starts_on", "ends_on", "budget", "targets", "owner_id")


def visible(scope: Scope) -> sa.Select[tuple[Campaign]]:
    """The campaigns a person may see: the centre's and headquarters' ones; a partner its own."""
    query = sa.select(Campaign)
    if scope.is_partner:
        mine = sa.select(CampaignPartner.campaign_id).where(CampaignPartner.organisation_id == scope.organisation_id)
        return query.where(Campaign.id.in_(mine), Campaign.state != CampaignState.DRAFT)
    if scope.centre_id is not None:
        return query.where(sa.or_(Campaign.centre_id == scope.centre_id, Campaign.centre_id.is_(None)))
    return query


def get(session: Session, scope: Scope, campaign_id: int) -> Campaign:
    """Raises NotFound, also for another centre's campaign."""
    campaign = session.scalar(visible(scope).where(Campaign.id == campaign_id))
    if campaign is None:
        raise NotFound("캠페인을 찾을 수 없습니다.")
    return campaign


def editable(session: Session, scope: Scope, campaign_id: int) -> Campaign:
    """A campaign the person may change: of the own centre, or any for headquarters."""
    campaign = get(session, scope, campaign_id)
    if not may_edit(scope, campaign):
        raise Forbidden("이 캠페인은 담당 센터나 본부에서만 고칠 수 있습니다.")
    return campaign


def may_edit(scope: Scope, campaign: Campaign) -> bool:
    """Whether ``scope`` may change a campaign it sees."""
    return scope.role in EDITOR_ROLES and (scope.centre_id is None or campaign.centre_id == scope.centre_id)


def create(session: Session, scope: Scope, actor: Actor, values: Mapping[str, Any], *, now: datetime) -> Campaign:
    """A new campaign of the person's centre with its eight stages open. ``values``: FIELDS and
    ``region_ids``. Raises Invalid."""
    _check(values)
    campaign = Campaign(
        **{field: values[field] for field in FIELDS if field in values},
        centre_id=scope.centre_id if scope.centre_id is not None else values.get("centre_id"),
        created_at=now, updated_at=now,
    )
    campaign.regions = _regions(session, values.get("region_ids", ()))
    campaign.stages = [Stage(kind=kind, position=position) for position, kind in enumerate(StageKind)]
    session.add(campaign)
    session.flush()
    audit.record_change(session, actor, "campaign", campaign.id, "create", {"name": (None, campaign.name)}, now=now)
    return campaign


def edit(
    session: Session, actor: Actor, campaign: Campaign, values: Mapping[str, Any], *, version: int | None, now: datetime
) -> None:
    """Change a campaign's own fields and regions. Raises StaleEdit, Invalid."""
    check_version(campaign, version)
    _check({**{field: getattr(campaign, field) for field in FIELDS}, **values})
    changes = audit.apply_changes(campaign, {field: values[field] for field in FIELDS if field in values})
    if "region_ids" in values:
        regions = _regions(session, values["region_ids"])
        before = [region.name_ko for region in campaign.regions]
        if {region.id for region in regions} != {region.id for region in campaign.regions}:
            changes["regions"] = (before, [region.name_ko for region in regions])
            campaign.regions = regions
    if changes:
        campaign.updated_at = now
        audit.record_change(session, actor, "campaign", campaign.id, "edit", changes, now=now)
    session.flush()


def move(session: Session, actor: Actor, campaign: Campaign, to: CampaignState, *, now: datetime) -> None:
    """Take the campaign to another state. Raises Conflict if the table has no such move."""
    if to not in MOVES[campaign.state]:
        raise Conflict(Text(
            "'%(state)s' 상태에서 '%(to)s' 상태로는 바꿀 수 없습니다.",
            state=Text(STATE_LABELS[campaign.state]), to=Text(STATE_LABELS[to]),
        ))
    if to is CampaignState.ACTIVE and not (campaign.starts_on and campaign.ends_on):
        raise Conflict("시작하려면 기간(시작일과 종료일)을 먼저 정해 주세요.")
    changes = audit.apply_changes(campaign, {"state": to, "updated_at": now})
    audit.record_change(session, actor, "campaign", campaign.id, "state", {"state": changes["state"]}, now=now)
    session.flush()


def set_partners(
    session: Session, actor: Actor, campaign: Campaign, partners: Sequence[tuple[int, PartnerRole, str]], *,
    now: datetime,
) -> None:
    """Replace the campaign's partners by (organisation id, role, note). One that was closed since stays until it
    is taken out. Raises Invalid for an unknown organisation, and for a new partner that is closed."""
    chosen = sa.select(Organisation).where(Organisation.id.in_([partner[0] for partner in partners]))
    found = {organisation.id: organisation for organisation in session.scalars(chosen)}
    before = {p.organisation_id: p for p in campaign.partners}
    for organisation_id, _, _ in partners:
        known = found.get(organisation_id)
        if known is None or not (known.active or organisation_id in before):
            raise Invalid("활동 중인 협력기관만 고를 수 있습니다.", fields={"partners": "없는 기관"})
    wanted = {organisation_id: (role, note) for organisation_id, role, note in partners}
    campaign.partners = [
        _partner(before.get(organisation_id), organisation_id, role, note)
        for organisation_id, (role, note) in wanted.items()
    ]
    campaign.updated_at = now
    names = sorted(organisation.name for organisation in found.values())
    audit.record_change(
        session, actor, "campaign", campaign.id, "partners",
        {"partners": (sorted(p.organisation.name for p in before.values()), names)}, now=now,
    )
    materials.sync(session, actor, before.keys() | wanted.keys(), now=now)


def _partner(row: CampaignPartner | None, organisation_id: int, role: PartnerRole, note: str) -> CampaignPartner:
    row = row or CampaignPartner(organisation_id=organisation_id)
    row.role, row.note = role, note
    return row


def edit_stage(
    session: Session, actor: Actor, campaign: Campaign, stage_id: int, values: Mapping[str, Any], *,
    version: int | None, now: datetime,
) -> Stage:
    """Change a stage's state, owner, due date or note. Raises StaleEdit, NotFound."""
    stage = next((stage for stage in campaign.stages if stage.id == stage_id), None)
    if stage is None:
        raise NotFound("이 캠페인의 단계가 아닙니다.")
    check_version(stage, version)
    allowed = {key: values[key] for key in ("state", "owner_id", "due_on", "note") if key in values}
    before = stage.owner.name if stage.owner else None
    changes = audit.apply_changes(stage, allowed)
    if "owner_id" in changes:
        session.flush()
        session.expire(stage, ["owner"])
        del changes["owner_id"]
        changes["owner"] = (before, stage.owner.name if stage.owner else None)
    if "state" in changes:
        stage.done_at = now if stage.state is StageState.DONE else None
    if changes:
        named = {f"{stage.kind.value}.{key}": change for key, change in changes.items()}
        audit.record_change(session, actor, "campaign", campaign.id, "stage", named, now=now)
    session.flush()
    return stage


def _check(values: Mapping[str, Any]) -> None:
    name, starts, ends = values.get("name"), values.get("starts_on"), values.get("ends_on")
    if not name or not name.strip():
        raise Invalid("캠페인 이름을 적어 주세요.", fields={"name": "필수"})
    if starts and ends and ends < starts:
        raise Invalid("종료일이 시작일보다 빠릅니다.", fields={"ends_on": "시작일 이후여야 함"})
    if values.get("budget") is not None and values["budget"] < 0:
        raise Invalid("예산은 0원 이상이어야 합니다.", fields={"budget": "0 이상"})


def _regions(session: Session, ids: Sequence[int]) -> list[Region]:
    return list(session.scalars(sa.select(Region).where(Region.id.in_(list(ids))).order_by(Region.code)))
