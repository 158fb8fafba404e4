"""What came back: clicks as raw events, responses as people gave them, and places QR codes stand for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.delivery.models import Delivery
from campaigns.planning.models import Campaign
from campaigns.responses.rules import Channel, ResponseState, SignalKind, Verdict
from cases.library.models import Case
from outreach.db import Identified, Json, UtcDateTime, db, enum_type
from outreach.leads.models import Lead
from outreach.regions.models import Centre


def _made_here() -> str:
    return uuid4().hex


class ClickEvent(Identified, db.Model):
    """A click as it came, with what is needed to judge it again: ``network`` is all that is kept of the address (its
    /24 or /48), ``accepted_at`` when the recipient's server took the mail, ``crowd`` how many recipients' links the
    same network and browser pressed at about that time. ``event_id`` names it from the spool on, so that taking it in
    twice is once. ``lead_source``: its activity on a lead, as long as it has one; ``effects``: how many it has had."""

    __tablename__ = "click_event"

    event_id: Mapped[str] = mapped_column(sa.String(40), default=_made_here)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id", ondelete="CASCADE"))
    link_position: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(sa.String(8))
    network: Mapped[str] = mapped_column(sa.String(64), default="")
    user_agent: Mapped[str] = mapped_column(sa.String(300), default="")
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    crowd: Mapped[int | None]
    verdict: Mapped[Verdict] = mapped_column(enum_type(Verdict), default=Verdict.PENDING)
    reason: Mapped[str] = mapped_column(sa.String(20), default="")
    judged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lead_source: Mapped[str | None] = mapped_column(sa.String(64))
    effects: Mapped[int] = mapped_column(default=0)

    delivery: Mapped[Delivery] = relationship()

    __table_args__ = (
        sa.Index("ix_click_event_delivery_id", "delivery_id", "at"),
        sa.Index("uq_click_event_event_id", "event_id", unique=True),
        sa.Index("ix_click_event_network", "network", "at"),  # the crowd of one network
        sa.Index(  # what waits for its verdict, the oldest first
            "ix_click_event_unjudged", "at",
            sqlite_where=sa.text("judged_at IS NULL"), postgresql_where=sa.text("judged_at IS NULL"),
        ),
    )


class WeakSignal(Identified, db.Model):
    """A mail's pixel fetched (``delivery_id``), or a printed code scanned (``place_id``): recorded as unreliable, shown
    apart, never counted as an answer. ``by_machine``: the browser named itself as none, or only looked ahead."""

    __tablename__ = "weak_signal"

    event_id: Mapped[str] = mapped_column(sa.String(40), default=_made_here)
    kind: Mapped[SignalKind] = mapped_column(enum_type(SignalKind))
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery.id", ondelete="CASCADE"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response_place.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(sa.String(8))
    network: Mapped[str] = mapped_column(sa.String(64), default="")
    user_agent: Mapped[str] = mapped_column(sa.String(300), default="")
    by_machine: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        sa.Index("uq_weak_signal_event_id", "event_id", unique=True),
        sa.Index("ix_weak_signal_delivery_id", "delivery_id", "at"),
        sa.Index("ix_weak_signal_place_id", "place_id", "at"),
        sa.Index("ix_weak_signal_at", "at"),  # what is to be erased
    )


class ResponsePlace(Identified, db.Model):
    """Where an answer came from that no mail brought: a printed QR code (of a campaign, and perhaps partner, material
    and place of use), or a case of the public gallery, which belongs to no campaign."""

    __tablename__ = "response_place"

    campaign_id: Mapped[int | None] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("best_practice.id", ondelete="SET NULL"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id", ondelete="SET NULL"))
    material_id: Mapped[int | None] = mapped_column(sa.ForeignKey("material.id", ondelete="SET NULL"))
    label: Mapped[str] = mapped_column(sa.String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign: Mapped[Campaign | None] = relationship()
    case: Mapped[Case | None] = relationship()

    @property
    def centre(self) -> Centre | None:
        """Who answers for it: the campaign's centre, or the case's."""
        owner = self.campaign or self.case
        return owner.centre if owner else None


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
