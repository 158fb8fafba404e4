"""Provinces and districts, employment centres and their jurisdictions, industrial complexes: dated rows.

Regions change (2026-07-01: 전남광주통합특별시); a row is never edited into another meaning but ended
(``valid_to``) and followed (``successors``).
"""

from __future__ import annotations

import enum
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Identified, db, enum_type


class RegionLevel(str, enum.Enum):
    PROVINCE = "province"
    DISTRICT = "district"


class Certainty(str, enum.Enum):
    """How sure we are of a fact: read in a primary text, on a secondary page, or recalled."""

    VERIFIED = "V"
    SECONDARY = "S"
    RECALLED = "M"


class Dated:
    """Valid from and to, both days included; None is open."""

    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


def valid_on(model: type[Dated], day: date) -> sa.ColumnElement[bool]:
    """The condition that a row of ``model`` holds on ``day``."""
    return sa.and_(
        sa.or_(model.valid_from.is_(None), model.valid_from <= day),
        sa.or_(model.valid_to.is_(None), model.valid_to >= day),
    )


class Sourced:
    source: Mapped[str] = mapped_column(sa.String(300), default="")
    certainty: Mapped[Certainty] = mapped_column(enum_type(Certainty), default=Certainty.RECALLED)


class Region(Identified, Dated, Sourced, db.Model):
    """A province (시도, 2-digit code) or a district (시군구, 5-digit code)."""

    __tablename__ = "region"

    level: Mapped[RegionLevel] = mapped_column(enum_type(RegionLevel))
    code: Mapped[str] = mapped_column(sa.String(10), unique=True)
    name_ko: Mapped[str] = mapped_column(sa.String(60))
    name_en: Mapped[str] = mapped_column(sa.String(80))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"), index=True)
    parent: Mapped[Region | None] = relationship(foreign_keys=[parent_id], remote_side="Region.id")
    #: What the territory became: one row after a renaming or merger, several after a split.
    successors: Mapped[list[Region]] = relationship(
        secondary=lambda: region_successor,
        primaryjoin=lambda: Region.id == region_successor.c.region_id,
        secondaryjoin=lambda: Region.id == region_successor.c.successor_id,
        order_by="Region.code",
    )


region_successor = sa.Table(
    "region_successor", db.metadata,
    sa.Column("region_id", sa.ForeignKey("region.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("successor_id", sa.ForeignKey("region.id", ondelete="CASCADE"), primary_key=True),
)


class Centre(Identified, Dated, Sourced, db.Model):
    """An employment centre (고용센터) with planners."""

    __tablename__ = "centre"

    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    name_ko: Mapped[str] = mapped_column(sa.String(60))
    name_en: Mapped[str] = mapped_column(sa.String(80))
    phone: Mapped[str] = mapped_column(sa.String(32), default="")
    address: Mapped[str] = mapped_column(sa.String(200), default="")


class Jurisdiction(Identified, Dated, Sourced, db.Model):
    """A centre answers for a district during a time."""

    __tablename__ = "jurisdiction"

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"), index=True)
    centre: Mapped[Centre] = relationship()
    region: Mapped[Region] = relationship()


class ComplexKind(str, enum.Enum):
    """산업입지법 제2조 제8호."""

    NATIONAL = "national"
    GENERAL = "general"
    URBAN_HIGH_TECH = "urban_high_tech"
    AGRO_INDUSTRIAL = "agro_industrial"


class IndustrialComplex(Identified, Sourced, db.Model):
    __tablename__ = "industrial_complex"

    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[ComplexKind] = mapped_column(enum_type(ComplexKind))
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))
    manager: Mapped[str] = mapped_column(sa.String(80), default="")
    region: Mapped[Region | None] = relationship()
