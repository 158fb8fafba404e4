"""The materials of a campaign: its partners are granted them, and their QR codes lead to its form.

Where a printed QR code leads is known to responses, a higher area: it hands in how to make such an address at
start (``app.extensions[PLACES]``), and services take it as an argument.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from campaigns.planning.models import Campaign, CampaignMaterial, CampaignPartner
from campaigns.planning.rules import CampaignState
from cases.documents import choosing
from cases.documents import service as documents
from cases.documents.kinds.base import Kind
from cases.documents.models import Document
from cases.materials import grants
from cases.materials import service as library
from cases.materials.models import Edition, Material
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.errors import Conflict, NotFound, Unavailable
from outreach.scope import Scope

PLACES = "outreach.response_places"

#: What a QR code that names no place of use is called in the response tray.
PLACE_LABEL = "홍보물 QR"


class ResponsePlaces(Protocol):
    def __call__(
        self, session: Session, campaign_id: int, organisation_id: int | None, material_id: int | None, label: str
    ) -> str:
        """The public address of the response form behind a QR code; the same values give the same address."""
        ...


def of_campaign(session: Session, campaign: Campaign) -> list[Material]:
    """The campaign's materials in the order they were added."""
    query = (
        sa.select(Material).join(CampaignMaterial, CampaignMaterial.material_id == Material.id)
        .where(CampaignMaterial.campaign_id == campaign.id).order_by(CampaignMaterial.id)
        .options(selectinload(Material.editions), joinedload(Material.centre))
    )
    return list(session.scalars(query))


def addable(session: Session, scope: Scope, campaign: Campaign) -> list[Material]:
    """Materials within the person's reach that the campaign does not use yet, by title."""
    used = sa.select(CampaignMaterial.material_id).where(CampaignMaterial.campaign_id == campaign.id)
    query = library.materials_query(scope).where(Material.id.not_in(used)).order_by(None).order_by(Material.title)
    return list(session.scalars(query))


def begin(
    session: Session, scope: Scope, actor: Actor, campaign: Campaign, kind: Kind, places: ResponsePlaces | None, *,
    now: datetime,
) -> Document:
    """A new document for the campaign, named after it and with its partners; the material made of it is the campaign's
    from the start, and its first edition's QR code leads to the campaign's response form. Raises Invalid, Forbidden."""
    hosts = {"organisation_ids": [partner.organisation_id for partner in campaign.partners]}
    usable = choosing.usable(session, scope, hosts, kst_today(now))["organisation_ids"]
    values = {"title": campaign.name[:120], "organisation_ids": usable[:kind.room_for("organisations")]}
    document = documents.create(session, scope, actor, kind, values, now=now)
    material = library.of_document(session, scope, document, now=now)
    if places is not None:
        material.response_url = places(session, campaign.id, None, material.id, PLACE_LABEL)
    add(session, scope, actor, campaign, material.id, now=now)
    return document


def add(
    session: Session, scope: Scope, actor: Actor, campaign: Campaign, material_id: int, *, now: datetime
) -> Material:
    """Use a material in the campaign and grant it to the campaign's partners. Raises NotFound, Conflict."""
    material = library.get(session, scope, material_id)
    if any(row.material_id == material.id for row in campaign.materials):
        raise Conflict("이미 이 캠페인에서 쓰는 홍보물입니다.")
    campaign.materials.append(CampaignMaterial(material=material))
    _record(session, actor, campaign, (None, material.title), now)
    return material


def remove(session: Session, actor: Actor, campaign: Campaign, material_id: int, *, now: datetime) -> None:
    """Use it no longer. Partners keep it only if given by hand or through another campaign. Raises NotFound."""
    row = next((row for row in campaign.materials if row.material_id == material_id), None)
    if row is None:
        raise NotFound("이 캠페인에서 쓰는 홍보물이 아닙니다.")
    title = row.material.title
    campaign.materials.remove(row)
    _record(session, actor, campaign, (title, None), now)


def _record(
    session: Session, actor: Actor, campaign: Campaign, change: tuple[str | None, str | None], now: datetime
) -> None:
    campaign.updated_at = now
    session.flush()
    audit.record_change(session, actor, "campaign", campaign.id, "materials", {"materials": change}, now=now)
    sync(session, actor, [partner.organisation_id for partner in campaign.partners], now=now)


def sync(session: Session, actor: Actor, organisation_ids: Collection[int], *, now: datetime) -> None:
    """Let the partners' grants follow from the campaigns they take part in. Call it after partners or
    materials of a campaign changed, with the partners before and after."""
    session.flush()
    for organisation_id in sorted(set(organisation_ids)):
        wanted = (
            sa.select(CampaignMaterial.material_id)
            .join(CampaignPartner, CampaignPartner.campaign_id == CampaignMaterial.campaign_id)
            .where(CampaignPartner.organisation_id == organisation_id)
        )
        grants.follow(session, actor, organisation_id, set(session.scalars(wanted)), now=now)


def leading_campaign(session: Session, organisation_id: int, material_id: int) -> int | None:
    """The campaign through which a partner has a material: of several a running one first, then the one that began
    last. None when it was given by hand."""
    running = sa.case((Campaign.state == CampaignState.ACTIVE, 0), (Campaign.state == CampaignState.PAUSED, 1), else_=2)
    query = (
        sa.select(Campaign.id)
        .join(CampaignMaterial, CampaignMaterial.campaign_id == Campaign.id)
        .join(CampaignPartner, CampaignPartner.campaign_id == Campaign.id)
        .where(CampaignMaterial.material_id == material_id, CampaignPartner.organisation_id == organisation_id,
               Campaign.state != CampaignState.CANCELLED)
        .order_by(running, Campaign.starts_on.desc().nulls_last(), Campaign.id.desc())
    )
    return session.scalar(query.limit(1))


def request_edition(
    session: Session, scope: Scope, actor: Actor, campaign: Campaign, material_id: int, templates: Path,
    places: ResponsePlaces | None, *, now: datetime,
) -> Edition:
    """Have the material made with a QR code that leads to the campaign's response form. Raises NotFound,
    Forbidden, Conflict, Invalid; Unavailable when no response form is installed."""
    if all(row.material_id != material_id for row in campaign.materials):
        raise NotFound("이 캠페인에서 쓰는 홍보물이 아닙니다.")
    if places is None:
        raise Unavailable("상담 신청 화면이 설치되어 있지 않아 QR을 만들 수 없습니다.")
    material = library.editable(session, scope, material_id)
    url = places(session, campaign.id, None, material.id, PLACE_LABEL)
    return library.request_edition(session, actor, material, templates, response_url=url, now=now)
