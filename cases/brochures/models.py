"""Brochures: what goes into one (partners, cases, programmes, words); its PDF is a material's edition."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.library.models import Case
from outreach.db import Identified, Json, Stamped, Versioned, db
from outreach.organisations.models import Organisation
from outreach.programmes.models import ProgrammeVersion
from outreach.regions.models import Centre

brochure_organisation = sa.Table(
    "brochure_organisation", db.metadata,
    sa.Column("brochure_id", sa.ForeignKey("brochure.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("organisation_id", sa.ForeignKey("organisation.id"), primary_key=True),
)
brochure_case = sa.Table(
    "brochure_case", db.metadata,
    sa.Column("brochure_id", sa.ForeignKey("brochure.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("best_practice.id"), primary_key=True),
)
brochure_programme = sa.Table(
    "brochure_programme", db.metadata,
    sa.Column("brochure_id", sa.ForeignKey("brochure.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("programme_version_id", sa.ForeignKey("programme_version.id"), primary_key=True),
)


class Brochure(Identified, Stamped, Versioned, db.Model):
    """``style``: name of a template style; ``texts``: slot name -> words (see cases.brochures.content)."""

    __tablename__ = "brochure"

    title: Mapped[str] = mapped_column(sa.String(120))
    subtitle: Mapped[str] = mapped_column(sa.String(200), default="")
    style: Mapped[str] = mapped_column(sa.String(32))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    texts: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    order: Mapped[dict[str, list[int]]] = mapped_column(Json, default=dict)  # of cases and programmes
    author_id: Mapped[int | None]

    centre: Mapped[Centre | None] = relationship()
    organisations: Mapped[list[Organisation]] = relationship(secondary=brochure_organisation)
    cases: Mapped[list[Case]] = relationship(secondary=brochure_case)
    programmes: Mapped[list[ProgrammeVersion]] = relationship(secondary=brochure_programme)
