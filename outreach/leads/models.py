"""Leads: a company that answered and is being followed up by a planner."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.accounts.models import User
from outreach.companies.models import Company, Workplace
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, db, enum_type
from outreach.leads.rules import ActivityKind, LeadState
from outreach.regions.models import Centre


class Lead(Identified, Stamped, Versioned, db.Model):
    """One open lead per company (a partial unique index says so)."""

    __tablename__ = "lead"

    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    workplace_id: Mapped[int] = mapped_column(sa.ForeignKey("workplace.id"))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"))
    planner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    state: Mapped[LeadState] = mapped_column(enum_type(LeadState), default=LeadState.NEW)
    wants: Mapped[list[str]] = mapped_column(Json, default=list)
    contact_name: Mapped[str] = mapped_column(sa.String(60), default="")
    contact_phone: Mapped[str] = mapped_column(sa.String(32), default="")
    contact_email: Mapped[str] = mapped_column(sa.String(254), default="")
    next_action: Mapped[str] = mapped_column(sa.String(200), default="")
    next_due: Mapped[date | None]
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(sa.String(200), default="")

    company: Mapped[Company] = relationship()
    workplace: Mapped[Workplace] = relationship()
    centre: Mapped[Centre | None] = relationship()
    planner: Mapped[User | None] = relationship()
    activities: Mapped[list[LeadActivity]] = relationship(
        back_populates="lead", cascade="all, delete-orphan", order_by="LeadActivity.at.desc()"
    )

    __table_args__ = (
        sa.Index(
            "uq_lead_open_company", "company_id", unique=True,
            sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index("ix_lead_company_id", "company_id"),
        sa.Index("ix_lead_centre_id", "centre_id", "state", "next_due"),  # the centre's board
        sa.Index("ix_lead_planner_id", "planner_id", "state", "next_due"),  # a planner's day
        sa.Index(  # the nation's board
            "ix_lead_open", "state", "next_due",
            sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )


class LeadActivity(Identified, db.Model):
    """Something that happened with a lead. ``source`` is an opaque reference of a higher feature (say a
    response) with its label; such an activity can be retracted when the source is judged anew."""

    __tablename__ = "lead_activity"

    lead_id: Mapped[int] = mapped_column(sa.ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ActivityKind] = mapped_column(enum_type(ActivityKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    source_label: Mapped[str] = mapped_column(sa.String(200), default="")
    retracted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    lead: Mapped[Lead] = relationship(back_populates="activities")
    user: Mapped[User | None] = relationship()
