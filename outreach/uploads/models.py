"""Files people gave us, stored by content hash below the data folder."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Identified, UtcDateTime, db


class Upload(Identified, db.Model):
    """A stored file. ``kind``: 'picture' (re-encoded, see outreach.pdf.pictures), 'table' (as given), or 'erased':
    its time is over, the file is gone, and the row only says that there was one."""

    __tablename__ = "upload"

    kind: Mapped[str] = mapped_column(sa.String(16))
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]
