"""Campaigns: plan, partners, regions, stages, materials."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.planning.rules import CampaignState, PartnerRole, StageKind, StageState
from cases.materials.models import Material
from outreach.accounts.models import User
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, db, enum_type
from outreach.organisations.models import Organisation
from outreach.regions.models import Centre, Region

campaign_region = sa.Table(
    "campaign_region", db.metadata,
    sa.Column("campaign_id", sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("region_id", sa.ForeignKey("region.id"), primary_key=True),
)


class Campaign(Identified, Stamped, Versioned, db.Model):
    """A regional campaign of one centre (None: headquarters). ``targets``: measure name -> number;
    ``budget`` in won."""

    __tablename__ = "campaign"

    name: Mapped[str] = mapped_column(sa.String(120))
    purpose: Mapped[str] = mapped_column(sa.Text, default="")
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    state: Mapped[CampaignState] = mapped_column(enum_type(CampaignState), default=CampaignState.DRAFT)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    budget: Mapped[int | None] = mapped_column(sa.BigInteger)
    targets: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    fictional: Mapped[bool] = mapped_column(default=False)

    centre: Mapped[Centre | None] = relationship()
    owner: Mapped[User | None] = relationship()
    regions: Mapped[list[Region]] = relationship(secondary=campaign_region, order_by=Region.code)
    partners: Mapped[list[CampaignPartner]] = relationship(
        back_populates="campaign", cascade="all, delete-orphan", order_by="CampaignPartner.id"
    )
    stages: Mapped[list[Stage]] = relationship(
        back_populates="campaign", cascade="all, delete-orphan", order_by="Stage.position"
    )
    materials: Mapped[list[CampaignMaterial]] = relationship(
        back_populates="campaign", cascade="all, delete-orphan", order_by="CampaignMaterial.id"
    )


class CampaignPartner(Identified, db.Model):
    __tablename__ = "campaign_partner"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    role: Mapped[PartnerRole] = mapped_column(enum_type(PartnerRole))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    campaign: Mapped[Campaign] = relationship(back_populates="partners")
    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (sa.UniqueConstraint("campaign_id", "organisation_id"),)


class Stage(Identified, Versioned, db.Model):
    """One of the eight stages of a campaign."""

    __tablename__ = "campaign_stage"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"))
    kind: Mapped[StageKind] = mapped_column(enum_type(StageKind))
    position: Mapped[int]
    state: Mapped[StageState] = mapped_column(enum_type(StageState), default=StageState.OPEN)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    campaign: Mapped[Campaign] = relationship(back_populates="stages")
    owner: Mapped[User | None] = relationship()

    __table_args__ = (sa.UniqueConstraint("campaign_id", "kind"),)


class CampaignMaterial(Identified, db.Model):
    """A material used in a campaign; granting it to the campaign's partners follows from it."""

    __tablename__ = "campaign_material"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"))
    material_id: Mapped[int] = mapped_column(sa.ForeignKey("material.id", ondelete="CASCADE"), index=True)
    campaign: Mapped[Campaign] = relationship(back_populates="materials")
    material: Mapped[Material] = relationship()

    __table_args__ = (sa.UniqueConstraint("campaign_id", "material_id"),)
