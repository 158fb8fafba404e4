"""One row per recipient of a mailing, with address and personal values frozen in it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings.models import Mailing
from outreach.db import Identified, Json, UtcDateTime, db, enum_type


class Delivery(Identified, db.Model):
    """Contact, workplace and company are remembered by id without a foreign key: the row is evidence
    of what was sent and outlives them. ``values``: the personal fields spliced into the message."""

    __tablename__ = "delivery"

    mailing_id: Mapped[int] = mapped_column(sa.ForeignKey("mailing.id", ondelete="CASCADE"))
    contact_id: Mapped[int]
    workplace_id: Mapped[int]
    company_id: Mapped[int]
    address: Mapped[str] = mapped_column(sa.String(254))
    address_key: Mapped[str] = mapped_column(sa.String(254))
    values: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    state: Mapped[DeliveryState] = mapped_column(enum_type(DeliveryState), default=DeliveryState.QUEUED)
    skip_reason: Mapped[SkipReason | None] = mapped_column(enum_type(SkipReason))
    worker: Mapped[str | None] = mapped_column(sa.String(80))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply_code: Mapped[int | None]
    reply_status: Mapped[str | None] = mapped_column(sa.String(16))  # RFC 3463
    reply_stage: Mapped[str | None] = mapped_column(sa.String(16))
    reply_text: Mapped[str] = mapped_column(sa.String(300), default="")
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None]

    mailing: Mapped[Mailing] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("mailing_id", "contact_id"),
        sa.UniqueConstraint("mailing_id", "address_key"),
        # claiming: the next rows of one mailing in order, without reading finished ones
        sa.Index(
            "ix_delivery_queue", "mailing_id", "id",
            sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"),
        ),
        sa.Index(
            "ix_delivery_retry", "mailing_id", "next_try_at",
            sqlite_where=sa.text("state = 'deferred'"), postgresql_where=sa.text("state = 'deferred'"),
        ),
        # after a death: the rows a worker held
        sa.Index(
            "ix_delivery_claimed", "worker",
            sqlite_where=sa.text("state = 'claimed'"), postgresql_where=sa.text("state = 'claimed'"),
        ),
        sa.Index("ix_delivery_mailing_id_state", "mailing_id", "state"),  # the mailing's counts
        sa.Index("ix_delivery_address_key", "address_key", "done_at"),  # mailed recently; "did they get it?"
        sa.Index("ix_delivery_company_id", "company_id", "done_at"),  # a company's mailings; the frequency cap
    )
