"""A partner's campaigns, as the reading room asks for them (cases.materials.giving.CAMPAIGNS)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, selectinload

from campaigns.planning.models import Campaign, CampaignPartner
from campaigns.planning.rules import CampaignState
from cases.materials.giving import CAMPAIGNS, PartnerCampaign


def campaigns_of(session: Session, organisation_id: int) -> list[PartnerCampaign]:
    """Campaigns that the partner takes part in, drafts left out, the newest first."""
    query = (
        sa.select(Campaign).join(CampaignPartner, CampaignPartner.campaign_id == Campaign.id)
        .where(CampaignPartner.organisation_id == organisation_id, Campaign.state != CampaignState.DRAFT)
        .options(selectinload(Campaign.materials)).order_by(Campaign.id.desc())
    )
    return [
        PartnerCampaign(row.id, row.name, frozenset(material.material_id for material in row.materials))
        for row in session.scalars(query)
    ]


def init_app(app: Flask) -> None:
    app.extensions[CAMPAIGNS] = campaigns_of
