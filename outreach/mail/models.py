"""The transactional outbox: single mails (password, notice, acknowledgement) written in the unit of work
that causes them and sent by a worker afterwards."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Identified, UtcDateTime, db, enum_type


class OutboxState(str, enum.Enum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class OutboxMessage(Identified, db.Model):
    """One mail to one person. ``key`` makes a second enqueue of the same notice a no-op."""

    __tablename__ = "outbox_message"

    key: Mapped[str] = mapped_column(sa.String(128), unique=True)
    to_address: Mapped[str] = mapped_column(sa.String(254))
    to_name: Mapped[str] = mapped_column(sa.String(60), default="")
    subject: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[OutboxState] = mapped_column(enum_type(OutboxState), default=OutboxState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(sa.String(500), default="")

    __table_args__ = (sa.Index("ix_outbox_message_state_next_try_at", "state", "next_try_at"),)


class MailServer(db.Model):
    """How an SMTP server fares, as the workers that use it say: for the eye of an operator; no worker relies on it.
    ``failures`` in a row; 0: it works."""

    __tablename__ = "mail_server"

    name: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
