"""The material library: materials, their editions (rendered PDFs), grants to partners, downloads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.documents.models import Document
from cases.library.models import Case
from cases.materials.rules import EditionState, Format, Way
from cases.sheets.licences import Licence
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, db, enum_type
from outreach.organisations.models import Organisation
from outreach.regions.models import Centre


class Material(Identified, Stamped, Versioned, db.Model):
    """Something partners can hand out. Made of exactly one case (sheet) or one document. ``unlicensed_for``: why it
    bears no public licence; '' with Licence.NONE: nobody has chosen yet. ``replaced_by``: what is given out in its
    place since it was withdrawn."""

    __tablename__ = "material"

    kind: Mapped[str] = mapped_column(sa.String(32))  # a name in cases.materials.rules.KIND_LABELS
    title: Mapped[str] = mapped_column(sa.String(160))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    licence: Mapped[Licence] = mapped_column(enum_type(Licence), default=Licence.NONE)
    style: Mapped[str] = mapped_column(sa.String(32), default="warm")  # of a sheet; a document has its own
    unlicensed_for: Mapped[str] = mapped_column(sa.Text, default="")
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("material.id", ondelete="SET NULL"))
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("best_practice.id"), index=True)
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("document.id"), index=True)

    centre: Mapped[Centre | None] = relationship()
    case: Mapped[Case | None] = relationship()
    document: Mapped[Document | None] = relationship()
    replaced_by: Mapped[Material | None] = relationship(remote_side="Material.id")
    editions: Mapped[list[Edition]] = relationship(
        back_populates="material", cascade="all, delete-orphan", order_by="Edition.number.desc()"
    )

    __table_args__ = (
        sa.CheckConstraint("(case_id IS NULL) <> (document_id IS NULL)", name="made_of_one"),
    )

    @property
    def licence_chosen(self) -> bool:
        """Whether someone said under which licence it is given out, or why under none."""
        return self.licence is not Licence.NONE or bool(self.unlicensed_for)


class Edition(Identified, db.Model):
    """One rendering. ``content_hash`` is of all that went in; ``response_url`` is where its QR leads
    (made by campaigns, printed as given); ``document_version`` is what was printed of its document;
    ``returned_for``: why a second person sent it back; ``withdrawn_for``: why it is no longer given out; ``licence``:
    the mark printed on it (None: from before that was noted); ``reviewer_id``: who was asked to look at it."""

    __tablename__ = "edition"

    material_id: Mapped[int] = mapped_column(sa.ForeignKey("material.id", ondelete="CASCADE"))
    number: Mapped[int]
    state: Mapped[EditionState] = mapped_column(enum_type(EditionState), default=EditionState.RENDERING)
    content_hash: Mapped[str] = mapped_column(sa.String(64), default="")
    response_url: Mapped[str] = mapped_column(sa.String(300), default="")
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    size: Mapped[int | None]
    pages: Mapped[int | None]
    warnings: Mapped[list[Any]] = mapped_column(Json, default=list)  # e.g. unverified programmes, said on it
    error: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document_version: Mapped[int | None]
    returned_for: Mapped[str] = mapped_column(sa.Text, default="")
    withdrawn_for: Mapped[str] = mapped_column(sa.Text, default="")
    licence: Mapped[Licence | None] = mapped_column(enum_type(Licence))
    reviewer_id: Mapped[int | None]
    review_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    material: Mapped[Material] = relationship(back_populates="editions")

    __table_args__ = (
        sa.UniqueConstraint("material_id", "number"),
        sa.Index("ix_edition_state", "state"),  # what waits for a second person
    )


class MaterialGrant(Identified, db.Model):
    """A partner organisation may download a material: given by hand (``direct``), or because it takes part in
    a campaign that uses the material (``followed``; kept by campaigns). A row with neither is deleted."""

    __tablename__ = "material_grant"

    material_id: Mapped[int] = mapped_column(sa.ForeignKey("material.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    direct: Mapped[bool] = mapped_column(default=False)
    followed: Mapped[bool] = mapped_column(default=False)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[int | None]
    material: Mapped[Material] = relationship()
    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (sa.UniqueConstraint("material_id", "organisation_id"),)


class Download(Identified, db.Model):
    """One download of one edition in one format. ``share_id``: by which link with an end (share_models)."""

    __tablename__ = "download"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id", ondelete="SET NULL"))
    user_id: Mapped[int | None]
    way: Mapped[Way] = mapped_column(enum_type(Way))
    format: Mapped[Format] = mapped_column(enum_type(Format), default=Format.PRINT)
    share_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("material_share.id", ondelete="SET NULL"), index=True
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.Index("ix_download_edition_id", "edition_id", "organisation_id"),)
