"""What the last look at a sending domain's set-up found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Identified, Json, UtcDateTime, Versioned, db, enum_type
from outreach.senders.rules import Finding, SenderState


class SenderDomain(Identified, Versioned, db.Model):
    """One domain. An acknowledgement holds for the state it was given for: another state asks for another."""

    __tablename__ = "sender_domain"

    domain: Mapped[str] = mapped_column(sa.String(253), unique=True)
    state: Mapped[SenderState] = mapped_column(enum_type(SenderState))
    findings: Mapped[list[Any]] = mapped_column(Json, default=list)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[int | None]
    acknowledged_reason: Mapped[str] = mapped_column(sa.String(400), default="")

    @property
    def details(self) -> list[Finding]:
        return [Finding.from_json(each) for each in self.findings]

    @property
    def cleared(self) -> bool:
        """Whether mailings may begin."""
        return self.state is SenderState.ALIGNED or self.acknowledged_at is not None
