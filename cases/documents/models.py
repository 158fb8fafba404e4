"""Documents: what goes into one (words, cases, programmes, partners), the versions it had, and what colleagues said
about it. Its PDF is a material's edition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.library.models import Case
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, db
from outreach.organisations.models import Organisation
from outreach.programmes.models import ProgrammeVersion
from outreach.regions.models import Centre

document_organisation = sa.Table(
    "document_organisation", db.metadata,
    sa.Column("document_id", sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("organisation_id", sa.ForeignKey("organisation.id"), primary_key=True),
)
document_case = sa.Table(
    "document_case", db.metadata,
    sa.Column("document_id", sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("best_practice.id"), primary_key=True),
)
document_programme = sa.Table(
    "document_programme", db.metadata,
    sa.Column("document_id", sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("programme_version_id", sa.ForeignKey("programme_version.id"), primary_key=True),
)


class Document(Identified, Stamped, Versioned, db.Model):
    """``kind``: a name in cases.documents.kinds.KINDS; ``style``: of a template; ``texts``: slot name -> words."""

    __tablename__ = "document"

    kind: Mapped[str] = mapped_column(sa.String(32))
    title: Mapped[str] = mapped_column(sa.String(120))
    subtitle: Mapped[str] = mapped_column(sa.String(200), default="")
    style: Mapped[str] = mapped_column(sa.String(32))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    texts: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    order: Mapped[dict[str, list[int]]] = mapped_column(Json, default=dict)  # of cases, programmes, organisations
    author_id: Mapped[int | None]

    centre: Mapped[Centre | None] = relationship()
    organisations: Mapped[list[Organisation]] = relationship(secondary=document_organisation)
    cases: Mapped[list[Case]] = relationship(secondary=document_case)
    programmes: Mapped[list[ProgrammeVersion]] = relationship(secondary=document_programme)


class DocumentVersion(Identified, db.Model):
    """A document as it was after one saving: ``content`` holds title, subtitle, style, texts and the ordered ids of
    what it showed."""

    __tablename__ = "document_version"

    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by: Mapped[int | None]

    __table_args__ = (sa.UniqueConstraint("document_id", "number"),)


class DocumentComment(Identified, db.Model):
    """What a colleague said about a document, or about one of its slots (``slot``; '' for the whole)."""

    __tablename__ = "document_comment"

    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id", ondelete="CASCADE"), index=True)
    slot: Mapped[str] = mapped_column(sa.String(64), default="")
    text: Mapped[str] = mapped_column(sa.Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by: Mapped[int | None]
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None]
