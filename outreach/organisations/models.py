"""Partner organisations (협력기관), their regions, contact persons and agreement."""

from __future__ import annotations

import enum
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Identified, Stamped, Versioned, db, enum_type
from outreach.regions.models import Centre, Region
from outreach.uploads.models import Upload


class OrganisationKind(str, enum.Enum):
    COMPLEX_MANAGER = "complex_manager"
    LOCAL_GOVERNMENT = "local_government"
    BUSINESS_ASSOCIATION = "business_association"
    RELATED_AGENCY = "related_agency"


KIND_LABELS = {
    OrganisationKind.COMPLEX_MANAGER: "산업단지 관리기관",
    OrganisationKind.LOCAL_GOVERNMENT: "지방자치단체",
    OrganisationKind.BUSINESS_ASSOCIATION: "소상공인·중소기업 단체",
    OrganisationKind.RELATED_AGENCY: "유관기관",
}

organisation_region = sa.Table(
    "organisation_region", db.metadata,
    sa.Column("organisation_id", sa.ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("region_id", sa.ForeignKey("region.id"), primary_key=True),
)


class Organisation(Identified, Stamped, Versioned, db.Model):
    """A partner. ``centre_id`` is the centre that looks after it (None: headquarters); ``accent``: its colour on
    printed matter, ``#rrggbb`` or empty."""

    __tablename__ = "organisation"

    kind: Mapped[OrganisationKind] = mapped_column(enum_type(OrganisationKind))
    name: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120), default="")
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    phone: Mapped[str] = mapped_column(sa.String(32), default="")
    homepage: Mapped[str] = mapped_column(sa.String(300), default="")
    mou_from: Mapped[date | None]
    mou_to: Mapped[date | None]
    mou_note: Mapped[str] = mapped_column(sa.Text, default="")
    logo_id: Mapped[int | None] = mapped_column(sa.ForeignKey("upload.id"))
    accent: Mapped[str] = mapped_column(sa.String(7), default="")
    active: Mapped[bool] = mapped_column(default=True)
    fictional: Mapped[bool] = mapped_column(default=False)

    centre: Mapped[Centre | None] = relationship()
    logo: Mapped[Upload | None] = relationship()
    regions: Mapped[list[Region]] = relationship(secondary=organisation_region, order_by=Region.code)
    contacts: Mapped[list[OrganisationContact]] = relationship(
        back_populates="organisation", cascade="all, delete-orphan", order_by="OrganisationContact.id"
    )

    __table_args__ = (sa.UniqueConstraint("name", "centre_id"),)


class OrganisationContact(Identified, db.Model):
    """A contact person of a partner: business details only."""

    __tablename__ = "organisation_contact"

    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    title: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    phone: Mapped[str] = mapped_column(sa.String(32), default="")
    organisation: Mapped[Organisation] = relationship(back_populates="contacts")
