"""What came back: clicks as raw events, responses as people gave them, and places QR codes stand for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.delivery.models import Delivery
from campaigns.planning.models import Campaign
from campaigns.responses.rules import Channel, ResponseState, Verdict
from outreach.db import Identified, Json, UtcDateTime, db, enum_type
from outreach.leads.models import Lead


class ClickEvent(Identified, db.Model):
    """A raw click, kept as it came. Its verdict stays pending until judged; it opens no lead."""

    __tablename__ = "click_event"

    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id", ondelete="CASCADE"))
    link_position: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(sa.String(8))
    address: Mapped[str] = mapped_column(sa.String(64), default="")
    user_agent: Mapped[str] = mapped_column(sa.String(300), default="")
    verdict: Mapped[Verdict] = mapped_column(enum_type(Verdict), default=Verdict.PENDING)

    __table_args__ = (sa.Index("ix_click_event_delivery_id", "delivery_id", "at"),)


class ResponsePlace(Identified, db.Model):
    """A printed QR code's meaning: campaign, and perhaps partner, material and place of use."""

    __tablename__ = "response_place"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id", ondelete="SET NULL"))
    material_id: Mapped[int | None] = mapped_column(sa.ForeignKey("material.id", ondelete="SET NULL"))
    label: Mapped[str] = mapped_column(sa.String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign: Mapped[Campaign] = relationship()


class Response(Identified, db.Model):
    """One submitted answer, kept as given. ``lead_id`` is set once it counts; an unverified one waits in
    the tray for a person. It never overwrites a record. ``submission`` tells one filled-in form from the
    next, so that pressing the button twice stays one response."""

    __tablename__ = "response"

    campaign_id: Mapped[int | None] = mapped_column(sa.ForeignKey("campaign.id", ondelete="SET NULL"))
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery.id", ondelete="SET NULL"), index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response_place.id", ondelete="SET NULL"))
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lead.id", ondelete="SET NULL"), index=True)
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"))
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id", ondelete="SET NULL"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel))
    state: Mapped[ResponseState] = mapped_column(enum_type(ResponseState))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    wants: Mapped[list[str]] = mapped_column(Json, default=list)
    company_name: Mapped[str] = mapped_column(sa.String(200), default="")
    business_number: Mapped[str | None] = mapped_column(sa.String(10))
    person: Mapped[str] = mapped_column(sa.String(60), default="")
    phone: Mapped[str] = mapped_column(sa.String(32), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    preferred_time: Mapped[str] = mapped_column(sa.String(100), default="")
    message: Mapped[str] = mapped_column(sa.Text, default="")
    submission: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    entered_by: Mapped[int | None]
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    campaign: Mapped[Campaign | None] = relationship()
    delivery: Mapped[Delivery | None] = relationship()
    place: Mapped[ResponsePlace | None] = relationship()
    lead: Mapped[Lead | None] = relationship()

    __table_args__ = (
        sa.Index("ix_response_state", "state", "centre_id", "at"),  # the tray
        sa.Index("ix_response_campaign_id", "campaign_id", "at"),
        sa.Index("ix_response_centre_id", "centre_id", "at"),  # a centre's list, newest first
        sa.Index("ix_response_at", "at"),  # the nation's list, newest first
    )
