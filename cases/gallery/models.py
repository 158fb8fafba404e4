"""How often a case of the gallery was read, by day. Nothing is kept about who read it."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import db


class GalleryCount(db.Model):
    """``views`` of a case's page, ``sheets`` its case sheet downloaded, ``asked`` its "our company too" pressed."""

    __tablename__ = "gallery_count"

    case_id: Mapped[int] = mapped_column(sa.ForeignKey("best_practice.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    views: Mapped[int] = mapped_column(default=0)
    sheets: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
