"""Letters by post: a run with its frozen recipients, and who wants no letters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.audience.models import Audience
from campaigns.planning.models import Campaign
from campaigns.post.rules import ItemState, Objection, ReturnReason, RunState
from campaigns.responses.models import ResponsePlace
from cases.library.models import Case
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, Wording, db, enum_type


class PostRun(Identified, Stamped, Versioned, db.Model):
    """One mail merge. ``blocks``: the letter's text (campaigns.post.letter.KINDS); ``window``: campaigns.post.rules.
    Window; ``base_sha256``: the rendered letter without its reader, '' while there is none; ``look_sha256``:
    the same to an example, for the eye; ``numbers``: what was
    counted when the run was made. A run that is made never changes its recipients or its text. ``bodies``: the file of
    all letters without their readers, where these differ (campaigns.post.bodies), '' until it is rendered;
    ``approved_by`` None: so few letters need nobody else."""

    __tablename__ = "post_run"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    audience_id: Mapped[int | None] = mapped_column(sa.ForeignKey("audience.id", ondelete="SET NULL"), index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response_place.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[RunState] = mapped_column(enum_type(RunState), default=RunState.DRAFT)
    subject: Mapped[str] = mapped_column(sa.String(120), default="")
    salutation: Mapped[str] = mapped_column(sa.String(120), default="")
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    window: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sender_name: Mapped[str] = mapped_column(sa.String(80), default="")
    sender_phone: Mapped[str] = mapped_column(sa.String(32), default="")
    sender_postal: Mapped[str] = mapped_column(sa.String(200), default="")
    again: Mapped[bool] = mapped_column(default=False)  # also to those written to before
    base_sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    look_sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    base_pages: Mapped[int] = mapped_column(default=0)
    numbers: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[int | None]
    bodies: Mapped[str] = mapped_column(sa.String(80), default="")
    posted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    campaign: Mapped[Campaign] = relationship()
    audience: Mapped[Audience | None] = relationship()
    place: Mapped[ResponsePlace | None] = relationship()

    __table_args__ = (sa.Index("ix_post_run_made_at", "made_at"),)  # who was written to lately; what is to be erased


class PostItem(Identified, db.Model):
    """One letter, with name and address as they are printed. ``centre_id``: whose workplace it was. Where letters
    differ, ``values`` are the personal fields in its text, ``case`` the case chosen for it and ``case_reason`` why, and
    its pages are ``pages`` from ``first_page`` (from 0) on of the run's bodies; 0: not rendered yet."""

    __tablename__ = "post_item"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("post_run.id", ondelete="CASCADE"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"), index=True)
    workplace_id: Mapped[int | None] = mapped_column(sa.ForeignKey("workplace.id", ondelete="SET NULL"), index=True)
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"))
    name: Mapped[str] = mapped_column(sa.String(400))
    person: Mapped[str] = mapped_column(sa.String(125), default="")
    address: Mapped[str] = mapped_column(sa.String(300))
    address_key: Mapped[str] = mapped_column(sa.String(300))
    name_key: Mapped[str] = mapped_column(sa.String(200))
    postcode: Mapped[str] = mapped_column(sa.String(5))
    values: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("best_practice.id", ondelete="SET NULL"), index=True)
    case_reason: Mapped[str] = mapped_column(Wording, default="")
    first_page: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int] = mapped_column(default=0)
    state: Mapped[ItemState] = mapped_column(enum_type(ItemState), default=ItemState.MADE)
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_by: Mapped[int | None]
    returned_reason: Mapped[ReturnReason | None] = mapped_column(enum_type(ReturnReason))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    response_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response.id", ondelete="SET NULL"), index=True)

    run: Mapped[PostRun] = relationship()
    case: Mapped[Case | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("run_id", "position"),  # the letters in their order
        sa.Index("ix_post_item_run_id", "run_id", "state"),  # the run's counts
        sa.Index("ix_post_item_returned_by", "returned_by", "returned_at"),  # what one has just scanned
        sa.CheckConstraint(
            "(returned_at IS NULL) = (returned_reason IS NULL) AND (state <> 'returned' OR returned_at IS NOT NULL)",
            name="returned",
        ),
    )


class PostObjection(Identified, db.Model):
    """No letter to this company, ever, until lifted. Bound to name and address, so that it survives the company's
    deletion and re-import, and to the company as long as there is one, so that it survives a removal."""

    __tablename__ = "post_objection"

    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"), index=True)
    name_key: Mapped[str] = mapped_column(sa.String(200))
    address_key: Mapped[str] = mapped_column(sa.String(300))
    kind: Mapped[Objection] = mapped_column(enum_type(Objection))
    source: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]

    __table_args__ = (sa.UniqueConstraint("name_key", "address_key"),)
