"""Sequences of mailings, and where each of their recipients stands."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.audience.models import Audience
from campaigns.mailings.models import Mailing
from campaigns.planning.models import Campaign
from campaigns.sequences.rules import EndReason, MemberState, SequenceState, StepCondition, WaitUnit
from outreach.db import Identified, Stamped, UtcDateTime, Versioned, db, enum_type
from outreach.organisations.models import Organisation


class Sequence(Identified, Stamped, Versioned, db.Model):
    """A few mailings one after the other. Its recipients are those of the first step's audience; each goes on at
    their own pace. ``organisation_id``: the partner through whom all of them were invited, if it is one."""

    __tablename__ = "sequence"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    audience_id: Mapped[int | None] = mapped_column(sa.ForeignKey("audience.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[SequenceState] = mapped_column(enum_type(SequenceState), default=SequenceState.DRAFT)
    author_id: Mapped[int | None]
    approved_hash: Mapped[str | None] = mapped_column(sa.String(64))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[int | None]
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(sa.String(300), default="")  # why it was paused or stopped

    campaign: Mapped[Campaign] = relationship()
    audience: Mapped[Audience | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    steps: Mapped[list[SequenceStep]] = relationship(
        back_populates="sequence", cascade="all, delete-orphan", order_by="SequenceStep.position"
    )

    __table_args__ = (sa.Index("ix_sequence_state", "state"),)  # the workers' question


class SequenceStep(Identified, db.Model):
    """The mailing at ``position`` (from 1), ``wait`` days after the step before was accepted, for those who then
    meet ``condition``; the first step's wait and condition say nothing."""

    __tablename__ = "sequence_step"

    sequence_id: Mapped[int] = mapped_column(sa.ForeignKey("sequence.id", ondelete="CASCADE"))
    mailing_id: Mapped[int] = mapped_column(sa.ForeignKey("mailing.id", ondelete="CASCADE"), unique=True)
    position: Mapped[int]
    wait: Mapped[int] = mapped_column(default=5)
    unit: Mapped[WaitUnit] = mapped_column(enum_type(WaitUnit), default=WaitUnit.WORKDAYS)
    condition: Mapped[StepCondition] = mapped_column(enum_type(StepCondition), default=StepCondition.EVERYONE)

    sequence: Mapped[Sequence] = relationship(back_populates="steps")
    mailing: Mapped[Mailing] = relationship()

    __table_args__ = (sa.UniqueConstraint("sequence_id", "position"),)


class SequenceMember(Identified, db.Model):
    """Where one recipient stands: ``position`` is the last step written down for them, ``accepted_at`` when it was
    accepted, ``due_at`` when the next one is due. Contact, workplace and company without a foreign key, as in
    delivery: what was sent outlives them. That a step is written down once is the delivery's own unique key."""

    __tablename__ = "sequence_member"

    sequence_id: Mapped[int] = mapped_column(sa.ForeignKey("sequence.id", ondelete="CASCADE"))
    contact_id: Mapped[int]
    workplace_id: Mapped[int]
    company_id: Mapped[int] = mapped_column(index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(default=1)
    state: Mapped[MemberState] = mapped_column(enum_type(MemberState), default=MemberState.SENDING)
    reason: Mapped[EndReason | None] = mapped_column(enum_type(EndReason))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("sequence_id", "contact_id"),
        sa.Index("ix_sequence_member_state", "sequence_id", "state", "due_at"),  # what is due; the numbers
    )


class PartnerStop(Identified, db.Model):
    """A partner wants no more mail to the companies it invited to a campaign; holds for its sequences, present and
    to come, until lifted. Those it ended stay ended."""

    __tablename__ = "partner_stop"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[int | None]
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[int | None]

    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (
        sa.Index(  # at most one that stands
            "uq_partner_stop_standing", "campaign_id", "organisation_id", unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"), postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )
