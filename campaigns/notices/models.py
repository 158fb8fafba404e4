"""Notices about consent that were sent: the evidence that they were."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.notices.rules import NoticeKind
from outreach.db import Identified, UtcDateTime, db, enum_type
from outreach.regions.models import Centre


class ConsentNotice(Identified, db.Model):
    """One notice to one address. ``subject``: purposes or topics, separated by commas, '' for all mail;
    ``happened_at``: of the consent, withdrawal or refusal; ``text`` as it was sent. The unique key makes it
    impossible to tell the same twice; a confirmation is told anew for each day (``due_on``) it is due."""

    __tablename__ = "consent_notice"

    kind: Mapped[NoticeKind] = mapped_column(enum_type(NoticeKind))
    address_key: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(120), default="")
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date]
    to_address: Mapped[str] = mapped_column(sa.String(254))
    sender_name: Mapped[str] = mapped_column(sa.String(80))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(default=1)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(sa.String(500), default="")

    centre: Mapped[Centre | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("address_key", "kind", "happened_at", "subject", "due_on", name="uq_consent_notice_fact"),
        # those whose outcome is not known yet, asked every minute
        sa.Index(
            "ix_consent_notice_open", "id",
            sqlite_where=sa.text("sent_at IS NULL"), postgresql_where=sa.text("sent_at IS NULL"),
        ),
    )

    @property
    def outbox_key(self) -> str:
        """Names the present try in the outbox."""
        return f"consent-notice:{self.id}:{self.attempts}"

    @property
    def about(self) -> list[str]:
        return self.subject.split(",") if self.subject else []
