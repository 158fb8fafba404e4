"""What belongs to giving editions out: their files in other formats, links with an end, and what people who downloaded
an edition were told about it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.materials.models import Edition, Material
from cases.materials.rules import Format, NoticeKind
from outreach.accounts.models import User
from outreach.db import Identified, UtcDateTime, db, enum_type
from outreach.organisations.models import Organisation


class EditionFile(Identified, db.Model):
    """One format that an edition was made in; the file lies beside its PDF (cases.materials.store)."""

    __tablename__ = "edition_file"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"))
    format: Mapped[Format] = mapped_column(enum_type(Format))
    size: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.UniqueConstraint("edition_id", "format"),)


class MaterialShare(Identified, db.Model):
    """A link that opens a material without signing in, up to and including the day ``ends_on`` (Korean time).
    ``organisation_id``: the partner whose people made it; None: staff."""

    __tablename__ = "material_share"

    material_id: Mapped[int] = mapped_column(sa.ForeignKey("material.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    format: Mapped[Format] = mapped_column(enum_type(Format))
    label: Mapped[str] = mapped_column(sa.String(120))
    ends_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    material: Mapped[Material] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    def open_on(self, day: date) -> bool:
        """Whether it opens anything on ``day``."""
        return self.revoked_at is None and day <= self.ends_on


class MaterialNotice(Identified, db.Model):
    """A person who downloaded a material was told, once, that ``edition`` replaced what they have (``renewed``), or
    that ``edition`` is no longer given out (``withdrawn``)."""

    __tablename__ = "material_notice"

    kind: Mapped[NoticeKind] = mapped_column(enum_type(NoticeKind))
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    edition: Mapped[Edition] = relationship()
    user: Mapped[User] = relationship()

    __table_args__ = (sa.UniqueConstraint("edition_id", "kind", "user_id"),)


class MaterialMailRefusal(Identified, db.Model):
    """A person wants no mail about materials; the notices in the portal stay."""

    __tablename__ = "material_mail_refusal"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
