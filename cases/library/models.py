"""Best-practice cases (우수사례): what a neighbour company did and what came of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.library.rules import CaseState, ConsentScope
from outreach.companies.models import Company
from outreach.db import Identified, Json, Stamped, Versioned, db, enum_type
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
    ``display_name``, which must not be the company's name unless ``consent_scope`` is NAMED."""

    __tablename__ = "best_practice"

    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    province_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))
    complex_id: Mapped[int | None] = mapped_column(sa.ForeignKey("industrial_complex.id"))
    section: Mapped[str] = mapped_column(sa.String(1), default="")
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
    consent_scope: Mapped[ConsentScope] = mapped_column(enum_type(ConsentScope), default=ConsentScope.NONE)
    consent_on: Mapped[date | None]
    consent_until: Mapped[date | None]
    consent_evidence: Mapped[str] = mapped_column(sa.String(300), default="")
    fact_checked_on: Mapped[date | None]
    fact_checked_by: Mapped[str] = mapped_column(sa.String(60), default="")
    author_id: Mapped[int | None]
    photo_id: Mapped[int | None] = mapped_column(sa.ForeignKey("upload.id"))
    photo_caption: Mapped[str] = mapped_column(sa.String(200), default="")
    photo_rights: Mapped[str] = mapped_column(sa.String(200), default="")
    fictional: Mapped[bool] = mapped_column(default=False)

    company: Mapped[Company | None] = relationship()
    centre: Mapped[Centre | None] = relationship()
    province: Mapped[Region | None] = relationship()
    complex: Mapped[IndustrialComplex | None] = relationship()
    photo: Mapped[Upload | None] = relationship()
    programmes: Mapped[list[ProgrammeVersion]] = relationship(secondary=case_programme)

    __table_args__ = (sa.Index("ix_best_practice_state", "state", "province_id", "section"),)
