"""Companies, their workplaces and contact persons; consent, suppression, imports.

company 1-n workplace 1-n contact. What the audience filters on (region, centre, complex, industry,
size) stands on the workplace row, so that one index serves a filter over a million of them.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.companies.topics import Topic
from outreach.db import Identified, Json, Stamped, UtcDateTime, Versioned, db, enum_type
from outreach.regions.models import Centre, IndustrialComplex, Region
from outreach.uploads.models import Upload


class Company(Identified, Stamped, Versioned, db.Model):
    """A business. ``name_key`` is its name normalised for identity (companies.rules). ``edited`` maps a
    field to the instant of its last hand edit: an import does not overwrite a newer one."""

    __tablename__ = "company"

    name: Mapped[str] = mapped_column(sa.String(200))
    name_key: Mapped[str] = mapped_column(sa.String(200))
    business_number: Mapped[str | None] = mapped_column(sa.String(10), unique=True)
    corporate_number: Mapped[str | None] = mapped_column(sa.String(13))
    representative: Mapped[str] = mapped_column(sa.String(60), default="")
    ksic: Mapped[str] = mapped_column(sa.String(5), default="")
    ksic_version: Mapped[int] = mapped_column(default=11)
    section: Mapped[str] = mapped_column(sa.String(1), default="")
    industry: Mapped[str] = mapped_column(sa.String(120), default="")
    headcount: Mapped[int | None]
    homepage: Mapped[str] = mapped_column(sa.String(300), default="")
    memo: Mapped[str] = mapped_column(sa.Text, default="")
    fictional: Mapped[bool] = mapped_column(default=False)
    edited: Mapped[dict[str, str]] = mapped_column(Json, default=dict)

    workplaces: Mapped[list[Workplace]] = relationship(
        back_populates="company", cascade="all, delete-orphan", order_by="Workplace.id"
    )

    __table_args__ = (
        sa.Index("ix_company_name_key", "name_key"),  # identity without a business number; search by name
        sa.Index("ix_company_name", "name"),  # the list in order of name
    )


class Workplace(Identified, Stamped, Versioned, db.Model):
    """A place of work (사업장). ``is_head`` marks the one made with its company. ``phone_key`` and
    ``address_key`` are normalised for identity."""

    __tablename__ = "workplace"

    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"), index=True)
    workplace_number: Mapped[str | None] = mapped_column(sa.String(11))
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    is_head: Mapped[bool] = mapped_column(default=True)
    address: Mapped[str] = mapped_column(sa.String(300), default="")
    address_key: Mapped[str] = mapped_column(sa.String(300), default="")
    postcode: Mapped[str] = mapped_column(sa.String(5), default="")
    phone: Mapped[str] = mapped_column(sa.String(32), default="")
    phone_key: Mapped[str] = mapped_column(sa.String(20), default="")
    province_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))
    district_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"))
    complex_id: Mapped[int | None] = mapped_column(sa.ForeignKey("industrial_complex.id"))
    section: Mapped[str] = mapped_column(sa.String(1), default="")
    ksic: Mapped[str] = mapped_column(sa.String(5), default="")
    headcount: Mapped[int | None]
    edited: Mapped[dict[str, str]] = mapped_column(Json, default=dict)

    company: Mapped[Company] = relationship(back_populates="workplaces")
    province: Mapped[Region | None] = relationship(foreign_keys=[province_id])
    district: Mapped[Region | None] = relationship(foreign_keys=[district_id])
    centre: Mapped[Centre | None] = relationship()
    complex: Mapped[IndustrialComplex | None] = relationship()
    contacts: Mapped[list[Contact]] = relationship(
        back_populates="workplace", cascade="all, delete-orphan", order_by="Contact.id"
    )

    __table_args__ = (
        sa.UniqueConstraint("company_id", "workplace_number"),
        # the audience's filter, led by what every filter names: the centre, then industry and size
        sa.Index("ix_workplace_audience", "centre_id", "section", "headcount"),
        sa.Index("ix_workplace_district_id", "district_id", "section", "headcount"),
        sa.Index("ix_workplace_province_id", "province_id", "section", "headcount"),
        sa.Index("ix_workplace_complex_id", "complex_id"),
        sa.Index("ix_workplace_phone_key", "phone_key"),  # identity without a business number
    )


class Contact(Identified, Stamped, Versioned, db.Model):
    """A contact person: name, post, business e-mail and phone, nothing more (개인정보 보호법 제3조, 제16조).
    ``address_key`` is the normalised e-mail address: what suppression and "one message per address" go by."""

    __tablename__ = "contact"

    workplace_id: Mapped[int] = mapped_column(sa.ForeignKey("workplace.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60), default="")
    title: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    address_key: Mapped[str | None] = mapped_column(sa.String(254))
    phone: Mapped[str] = mapped_column(sa.String(32), default="")
    edited: Mapped[dict[str, str]] = mapped_column(Json, default=dict)

    workplace: Mapped[Workplace] = relationship(back_populates="contacts")
    consents: Mapped[list[Consent]] = relationship(
        back_populates="contact", cascade="all, delete-orphan", order_by="Consent.given_at"
    )

    __table_args__ = (sa.Index("ix_contact_address_key", "address_key", "id"),)  # suppression, same address


class ConsentPurpose(str, enum.Enum):
    ADVERTISING = "advertising"  # 정보통신망법 제50조 제1항
    NEWSLETTER = "newsletter"
    EVENTS = "events"


class Consent(Identified, db.Model):
    """One consent of one person for one purpose, with its evidence. Withdrawn, never deleted."""

    __tablename__ = "consent"

    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id", ondelete="CASCADE"))
    purpose: Mapped[ConsentPurpose] = mapped_column(enum_type(ConsentPurpose))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    how: Mapped[str] = mapped_column(sa.String(200))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_how: Mapped[str] = mapped_column(sa.String(200), default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last told that it stands (제50조제8항)
    contact: Mapped[Contact] = relationship(back_populates="consents")

    __table_args__ = (
        sa.Index(  # at most one standing consent per person and purpose; also the gate of 광고 mailings
            "uq_consent_standing", "contact_id", "purpose", unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"), postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
        sa.Index(  # who is to be told of a withdrawal
            "ix_consent_withdrawn_at", "withdrawn_at",
            sqlite_where=sa.text("withdrawn_at IS NOT NULL"), postgresql_where=sa.text("withdrawn_at IS NOT NULL"),
        ),
        sa.Index(  # whose date comes round (companies.confirmation)
            "ix_consent_given_at", "given_at",
            sqlite_where=sa.text("withdrawn_at IS NULL"), postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
    )


class SuppressionReason(str, enum.Enum):
    UNSUBSCRIBED = "unsubscribed"
    UNKNOWN_USER = "unknown_user"
    COMPLAINT = "complaint"
    STAFF = "staff"
    BOUNCING = "bouncing"  # came back again and again


class Suppression(Identified, db.Model):
    """No mail to this address, ever, until lifted by hand with a reason. Bound to the address, not to a
    contact: it survives deletion and re-import of the person."""

    __tablename__ = "suppression"

    address_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    reason: Mapped[SuppressionReason] = mapped_column(enum_type(SuppressionReason))
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_by: Mapped[int | None]


class TopicSuppression(Identified, db.Model):
    """No mail about ``topic`` to this address; other topics go on. Bound to the address like a suppression."""

    __tablename__ = "topic_suppression"

    address_key: Mapped[str] = mapped_column(sa.String(254))
    topic: Mapped[Topic] = mapped_column(enum_type(Topic))
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (sa.UniqueConstraint("address_key", "topic"),)  # asked by every claim of a mailing with a topic


class ImportState(str, enum.Enum):
    UPLOADED = "uploaded"
    CHECKING = "checking"  # dry run
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Import(Identified, Versioned, db.Model):
    """One uploaded list on its way into the database. ``next_row`` is where a killed import goes on:
    rows before it are committed."""

    __tablename__ = "company_import"

    upload_id: Mapped[int] = mapped_column(sa.ForeignKey("upload.id"))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[ImportState] = mapped_column(enum_type(ImportState), default=ImportState.UPLOADED)
    sheet: Mapped[str] = mapped_column(sa.String(120), default="")
    header_row: Mapped[int | None]
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    as_of: Mapped[date | None]
    next_row: Mapped[int] = mapped_column(default=0)
    total_rows: Mapped[int | None]
    counts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    warnings: Mapped[list[Any]] = mapped_column(Json, default=list)
    message: Mapped[str] = mapped_column(sa.Text, default="")
    upload: Mapped[Upload] = relationship()


class ImportReject(Identified, db.Model):
    """A row of the file that was not taken, whole, with where and why; handed back as an xlsx."""

    __tablename__ = "company_import_reject"

    import_id: Mapped[int] = mapped_column(sa.ForeignKey("company_import.id", ondelete="CASCADE"))
    row: Mapped[int]
    column: Mapped[str] = mapped_column(sa.String(120), default="")
    reason: Mapped[str] = mapped_column(sa.String(400))
    cells: Mapped[list[Any]] = mapped_column(Json, default=list)

    __table_args__ = (sa.Index("ix_company_import_reject_import_id_row", "import_id", "row"),)


class ImportProfile(Identified, db.Model):
    """A column mapping a person corrected once, found again by the file's header."""

    __tablename__ = "company_import_profile"

    signature: Mapped[str] = mapped_column(sa.String(64))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.Index("ix_company_import_profile_signature", "signature", "centre_id"),)


class MergeSuggestion(Identified, db.Model):
    """Two companies that look alike. A person decides; nothing merges by itself."""

    __tablename__ = "merge_suggestion"

    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None]
    merged: Mapped[bool | None]

    __table_args__ = (sa.UniqueConstraint("company_id", "other_id"),)
