"""Audiences: stored conditions that choose contacts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.planning.models import Campaign
from outreach.db import Identified, Json, Stamped, Versioned, db


class Audience(Identified, Stamped, Versioned, db.Model):
    """``conditions``: see campaigns.audience.rules.Conditions (its to_json/from_json)."""

    __tablename__ = "audience"

    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    conditions: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    campaign: Mapped[Campaign] = relationship()
