"""Signs of life of the background: the clock's pulse, and what has not moved since when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import UtcDateTime, db


class Pulse(db.Model):
    """The last beat of a role; ``by`` says which process it was."""

    __tablename__ = "pulse"

    role: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(sa.String(120))


class Standstill(db.Model):
    """``key``, work that is due, has stood at ``place`` since then. A row that moves on is stamped anew."""

    __tablename__ = "standstill"

    key: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    place: Mapped[int] = mapped_column(sa.BigInteger)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
