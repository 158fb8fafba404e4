"""Counts over deliveries and responses of a campaign, as far as a partner may see them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.planning.models import Campaign, CampaignMaterial, CampaignPartner
from campaigns.planning.rules import CampaignState, PartnerRole
from campaigns.reports.rules import cell
from campaigns.responses.models import Response
from campaigns.responses.rules import ResponseState
from cases.materials.models import Download, Edition


@dataclass(frozen=True, slots=True)
class PartnerCount:
    """A partner's view of one campaign. ``delivered``: messages a mail server took; ``responses``: answers not
    set aside; both None when fewer than campaigns.reports.rules.SMALLEST_CELL. ``downloads``: the partner's own,
    of the campaign's materials."""

    campaign: Campaign
    role: PartnerRole
    delivered: int | None
    responses: int | None
    downloads: int


def partner_counts(session: Session, organisation_id: int) -> list[PartnerCount]:
    """The campaigns a partner takes part in, but drafts, running ones first; never another's numbers."""
    running = sa.case((Campaign.state == CampaignState.ACTIVE, 0), else_=1)
    query = (
        sa.select(CampaignPartner).join(CampaignPartner.campaign)
        .where(CampaignPartner.organisation_id == organisation_id, Campaign.state != CampaignState.DRAFT)
        .options(joinedload(CampaignPartner.campaign).joinedload(Campaign.centre))
        .order_by(running, Campaign.starts_on.desc(), Campaign.id.desc())
    )
    rows = session.scalars(query).all()
    ids = [row.campaign_id for row in rows]
    delivered, responses = _delivered(session, ids), _responses(session, ids)
    downloads = _downloads(session, organisation_id, ids)
    return [
        PartnerCount(
            row.campaign, row.role, cell(delivered.get(row.campaign_id, 0)), cell(responses.get(row.campaign_id, 0)),
            downloads.get(row.campaign_id, 0),
        )
        for row in rows
    ]


def _delivered(session: Session, campaign_ids: list[int]) -> dict[int, int]:
    query = (
        sa.select(Mailing.campaign_id, sa.func.count()).join(Delivery, Delivery.mailing_id == Mailing.id)
        .where(Mailing.campaign_id.in_(campaign_ids), Delivery.state == DeliveryState.ACCEPTED)
        .group_by(Mailing.campaign_id)
    )
    return _counted(session, query)


def _responses(session: Session, campaign_ids: list[int]) -> dict[int, int]:
    query = (
        sa.select(Response.campaign_id, sa.func.count())
        .where(Response.campaign_id.in_(campaign_ids), Response.state != ResponseState.DISMISSED)
        .group_by(Response.campaign_id)
    )
    return _counted(session, query)


def _downloads(session: Session, organisation_id: int, campaign_ids: list[int]) -> dict[int, int]:
    query = (
        sa.select(CampaignMaterial.campaign_id, sa.func.count()).select_from(Download)
        .join(Edition, Edition.id == Download.edition_id)
        .join(CampaignMaterial, CampaignMaterial.material_id == Edition.material_id)
        .where(CampaignMaterial.campaign_id.in_(campaign_ids), Download.organisation_id == organisation_id)
        .group_by(CampaignMaterial.campaign_id)
    )
    return _counted(session, query)


def _counted(session: Session, query: sa.Select[tuple[int, int]]) -> dict[int, int]:
    return dict(session.execute(query).all())
