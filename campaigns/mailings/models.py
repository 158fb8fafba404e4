"""Mailings: what is written, who wrote and who approved it, when it goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.audience.models import Audience
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.planning.models import Campaign
from outreach.companies.topics import Topic
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, Wording, db, enum_type


class Mailing(Identified, Stamped, Versioned, db.Model):
    """``blocks``: list of {kind, …} (campaigns.mailings.content). Approval holds for ``approved_hash``,
    a hash of content and audience; an edit voids it. ``compiled``: the frozen template of approval
    (subject, html, text with slots), from which the engine builds every message. ``topic`` None: a recipient can
    leave only altogether. ``commercial_reason``: why words of selling do not make it 광고.

    ``follows_id``: the mailing this one reminds of, as reminder number ``reminder``; it goes to those who have not
    answered that one, not before ``earliest_at``. ``step``: its place in a sequence; from 2 on its recipients are
    written down in rounds, as each one's time comes."""

    __tablename__ = "mailing"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    audience_id: Mapped[int | None] = mapped_column(sa.ForeignKey("audience.id"))
    title: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[MailingState] = mapped_column(enum_type(MailingState), default=MailingState.DRAFT)
    message_class: Mapped[MessageClass] = mapped_column(enum_type(MessageClass), default=MessageClass.PUBLIC_NOTICE)
    class_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    commercial_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    topic: Mapped[Topic | None] = mapped_column(enum_type(Topic))
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    preheader: Mapped[str] = mapped_column(sa.String(200), default="")
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    sender_name: Mapped[str] = mapped_column(sa.String(80), default="")
    sender_address: Mapped[str] = mapped_column(sa.String(254), default="")
    sender_phone: Mapped[str] = mapped_column(sa.String(32), default="")
    sender_postal: Mapped[str] = mapped_column(sa.String(200), default="")
    track_opens: Mapped[bool] = mapped_column(default=False)  # a pixel in the mail, stated in its foot
    clicks_open_leads: Mapped[bool] = mapped_column(default=False)  # a person's click, judged so, opens a lead
    author_id: Mapped[int | None]
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_hash: Mapped[str | None] = mapped_column(sa.String(64))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[int | None]
    scheduled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scheduled_by: Mapped[int | None]
    not_after: Mapped[datetime | None] = mapped_column(UtcDateTime)  # from then on nothing leaves any more
    spread_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # turns come evenly until then
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # refusals count from here on
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pause_reason: Mapped[str] = mapped_column(Wording, default="")
    refusal_percent: Mapped[int | None]  # pauses itself above this share of refusals; None: as for all mailings
    follows_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mailing.id"), index=True)
    reminder: Mapped[int | None]
    earliest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    step: Mapped[int | None]
    compiled: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)

    campaign: Mapped[Campaign] = relationship()
    audience: Mapped[Audience | None] = relationship()
    editors: Mapped[list[MailingEditor]] = relationship(back_populates="mailing", cascade="all, delete-orphan")
    links: Mapped[list[MailingLink]] = relationship(
        back_populates="mailing", cascade="all, delete-orphan", order_by="MailingLink.position"
    )

    __table_args__ = (sa.Index("ix_mailing_state_scheduled_at", "state", "scheduled_at"),)  # the clock's question


class MailingEditor(Identified, db.Model):
    """Someone who edited the mailing, and so may not approve it."""

    __tablename__ = "mailing_editor"

    mailing_id: Mapped[int] = mapped_column(sa.ForeignKey("mailing.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mailing: Mapped[Mailing] = relationship(back_populates="editors")

    __table_args__ = (sa.UniqueConstraint("mailing_id", "user_id"),)


class MailingLink(Identified, db.Model):
    """A tracked link of a mailing: where position ``position`` leads."""

    __tablename__ = "mailing_link"

    mailing_id: Mapped[int] = mapped_column(sa.ForeignKey("mailing.id", ondelete="CASCADE"))
    position: Mapped[int]
    url: Mapped[str] = mapped_column(sa.String(1000))
    label: Mapped[str] = mapped_column(sa.String(200), default="")
    mailing: Mapped[Mailing] = relationship(back_populates="links")

    __table_args__ = (sa.UniqueConstraint("mailing_id", "position"),)
