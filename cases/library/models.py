"""Best-practice cases (우수사례): what a neighbour company did and what came of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.library.rights import PhotoKind, Portrait
from cases.library.rules import UNNAMED, CaseState, ConsentScope
from cases.library.veil import Veil
from outreach.companies.models import Company
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, db, enum_type
from outreach.programmes.models import ProgrammeVersion
from outreach.regions.models import Centre, IndustrialComplex, Region
from outreach.uploads.models import Upload

case_programme = sa.Table(
    "case_programme", db.metadata,
    sa.Column("case_id", sa.ForeignKey("best_practice.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("programme_version_id", sa.ForeignKey("programme_version.id"), primary_key=True),
)


class Case(Identified, Stamped, Versioned, db.Model):
    """A case: problem, system found for it, ``steps`` taken (list of {when, title, text}), effect with
    ``figures`` (list of {label, before, after, unit, source}), ``advice`` to others (sentences). Shown under
    ``display_name``, which must not be the company's name unless ``consent_scope`` is NAMED, in the ``outlets``
    (rules.Outlet) the company agreed to; an anonymous one tells of place, trade and size what its ``veil`` lets
    through. ``taken_down``: it was withdrawn because the company asked for it."""

    __tablename__ = "best_practice"

    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    province_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))
    complex_id: Mapped[int | None] = mapped_column(sa.ForeignKey("industrial_complex.id"))
    section: Mapped[str] = mapped_column(sa.String(1), default="")
    ksic: Mapped[str] = mapped_column(sa.String(5), default="")
    industry: Mapped[str] = mapped_column(sa.String(120), default="")
    headcount: Mapped[int | None]
    state: Mapped[CaseState] = mapped_column(enum_type(CaseState), default=CaseState.DRAFT)
    display_name: Mapped[str] = mapped_column(sa.String(120))
    headline: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    problem: Mapped[str] = mapped_column(sa.Text, default="")
    system: Mapped[str] = mapped_column(sa.Text, default="")
    steps: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    effect: Mapped[str] = mapped_column(sa.Text, default="")
    figures: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    costs: Mapped[str] = mapped_column(sa.Text, default="")
    advice: Mapped[list[str]] = mapped_column(Json, default=list)
    quote: Mapped[str] = mapped_column(sa.Text, default="")
    quote_by: Mapped[str] = mapped_column(sa.String(120), default="")
    planner_name: Mapped[str] = mapped_column(sa.String(60), default="")
    keywords: Mapped[list[str]] = mapped_column(Json, default=list)
    interviewed_on: Mapped[date | None]
    consent_scope: Mapped[ConsentScope] = mapped_column(enum_type(ConsentScope), default=ConsentScope.NONE)
    outlets: Mapped[list[str]] = mapped_column(Json, default=list)
    veil: Mapped[Veil] = mapped_column(enum_type(Veil), default=Veil.TRADE)
    consent_on: Mapped[date | None]
    consent_until: Mapped[date | None]
    consent_evidence: Mapped[str] = mapped_column(sa.String(300), default="")
    consented_by: Mapped[str] = mapped_column(sa.String(60), default="")
    consent_form_id: Mapped[int | None] = mapped_column(sa.ForeignKey("upload.id"))
    fact_checked_on: Mapped[date | None]
    fact_checked_by: Mapped[str] = mapped_column(sa.String(60), default="")
    author_id: Mapped[int | None]
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    taken_down: Mapped[bool] = mapped_column(default=False)
    fictional: Mapped[bool] = mapped_column(default=False)

    company: Mapped[Company | None] = relationship()
    centre: Mapped[Centre | None] = relationship()
    province: Mapped[Region | None] = relationship()
    complex: Mapped[IndustrialComplex | None] = relationship()
    consent_form: Mapped[Upload | None] = relationship(foreign_keys=[consent_form_id])
    programmes: Mapped[list[ProgrammeVersion]] = relationship(secondary=case_programme)
    photos: Mapped[list[CasePhoto]] = relationship(
        back_populates="case", cascade="all, delete-orphan", order_by="CasePhoto.position"
    )
    needed: Mapped[list[CaseNeed]] = relationship(
        cascade="all, delete-orphan", order_by="CaseNeed.need", lazy="selectin"
    )

    __table_args__ = (
        sa.Index("ix_best_practice_state", "state", "province_id", "section"),
        sa.Index("ix_best_practice_published", "state", "published_at", "id"),  # the gallery, the newest first
        sa.Index("ix_best_practice_consent_until", "consent_until"),  # whose consent ends
    )

    @property
    def named(self) -> str:
        """The name it is shown under; '' as long as an interview has not settled it."""
        return "" if self.display_name == UNNAMED else self.display_name

    @property
    def needs(self) -> list[str]:
        """What the company was worried about (rules.Need)."""
        return sorted(row.need for row in self.needed)

    @needs.setter
    def needs(self, values: list[str]) -> None:
        kept = {row.need: row for row in self.needed}
        self.needed = [kept.get(value) or CaseNeed(need=value) for value in dict.fromkeys(values)]


class CaseNeed(db.Model):
    """One worry (rules.Need) of a case's company; a row each, so that lists can be asked by it."""

    __tablename__ = "case_need"

    case_id: Mapped[int] = mapped_column(sa.ForeignKey("best_practice.id", ondelete="CASCADE"), primary_key=True)
    need: Mapped[str] = mapped_column(sa.String(20), primary_key=True)

    __table_args__ = (sa.Index("ix_case_need_need", "need", "case_id"),)


class CasePhoto(Identified, db.Model):
    """A picture of a case; the one with the lowest ``position`` leads. ``client_key``: what the phone that took it
    calls it, so that sending it twice is once. ``rights_until``: the last day it may be shown."""

    __tablename__ = "case_photo"

    case_id: Mapped[int] = mapped_column(sa.ForeignKey("best_practice.id", ondelete="CASCADE"))
    upload_id: Mapped[int] = mapped_column(sa.ForeignKey("upload.id"))
    position: Mapped[int]
    kind: Mapped[PhotoKind] = mapped_column(enum_type(PhotoKind), default=PhotoKind.SCENE)
    caption: Mapped[str] = mapped_column(sa.String(200), default="")
    taken_by: Mapped[str] = mapped_column(sa.String(60), default="")
    taken_on: Mapped[date | None]
    rights_holder: Mapped[str] = mapped_column(sa.String(200), default="")
    portrait: Mapped[Portrait] = mapped_column(enum_type(Portrait), default=Portrait.UNKNOWN)
    portrait_evidence: Mapped[str] = mapped_column(sa.String(300), default="")
    evidence_id: Mapped[int | None] = mapped_column(sa.ForeignKey("upload.id"))
    rights_until: Mapped[date | None]
    client_key: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]

    case: Mapped[Case] = relationship(back_populates="photos")
    upload: Mapped[Upload] = relationship(foreign_keys=[upload_id], lazy="joined")
    evidence: Mapped[Upload | None] = relationship(foreign_keys=[evidence_id])

    __table_args__ = (
        sa.Index("ix_case_photo_case_id", "case_id", "position"),
        sa.UniqueConstraint("case_id", "client_key"),
        sa.Index("ix_case_photo_rights_until", "rights_until"),  # whose rights end
    )


class CaseGram(db.Model):
    """That a pair of syllables stands in a case, and how much that weighs (cases.library.grams). On SQLite the key
    itself is the table: half the size."""

    __tablename__ = "case_gram"

    gram: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    case_id: Mapped[int] = mapped_column(
        sa.ForeignKey("best_practice.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    weight: Mapped[int] = mapped_column(sa.SmallInteger)

    __table_args__ = {"sqlite_with_rowid": False}
