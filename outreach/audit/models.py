"""Who looked at whose data (접속기록, 개인정보의 안전성 확보조치 기준 제8조), and who changed what.

Both hold the person's id and e-mail as plain values without a foreign key: a record must outlive the
account it speaks of.
"""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Identified, Json, UtcDateTime, db, enum_type


class AccessKind(str, enum.Enum):
    VIEW = "view"
    SEARCH = "search"
    EXPORT = "export"
    DOWNLOAD = "download"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SIGN_IN = "sign_in"


class AccessRecord(Identified, db.Model):
    """One access: who, when, from where, whose data, what was done (and why, for exports)."""

    __tablename__ = "access_record"

    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None]
    user_email: Mapped[str] = mapped_column(sa.String(254))
    address: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[AccessKind] = mapped_column(enum_type(AccessKind))
    subject: Mapped[str] = mapped_column(sa.String(64))  # e.g. 'contact', 'lead'
    subject_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    subject_count: Mapped[int]
    centre_id: Mapped[int | None]
    detail: Mapped[str] = mapped_column(sa.String(400), default="")

    __table_args__ = (
        sa.Index("ix_access_record_at", "at"),  # the auditors' list, newest first
        sa.Index("ix_access_record_user_at", "user_id", "at"),  # one person's accesses
    )


class ChangeRecord(Identified, db.Model):
    """One edit of one thing: which fields went from what to what."""

    __tablename__ = "change_record"

    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None]
    user_email: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(64))
    subject_id: Mapped[int]
    action: Mapped[str] = mapped_column(sa.String(32))
    changes: Mapped[dict[str, list]] = mapped_column(Json, default=dict)  # field -> [before, after]

    __table_args__ = (sa.Index("ix_change_record_subject_id", "subject", "subject_id", "at"),)
