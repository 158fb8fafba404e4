"""Accounts: people who sign in, their one role, and what they belong to."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext
from flask_security.core import RoleMixin, UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Identified, Stamped, UtcDateTime, db, enum_type
from outreach.organisations.models import Organisation
from outreach.regions.models import Centre
from outreach.scope import CENTRE_ROLES, ROLE_LABELS, Role, Scope


class AccountRole(RoleMixin):
    """A :class:`outreach.scope.Role` in the shape Flask-Security asks for; there is no table of roles."""

    def __init__(self, name: str):
        self.name = name


class User(Identified, Stamped, UserMixin, db.Model):
    """A person with an account. Exactly one role; centre roles have a centre, partners an organisation."""

    __tablename__ = "user_account"

    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    title: Mapped[str] = mapped_column(sa.String(60), default="")
    phone: Mapped[str] = mapped_column(sa.String(32), default="")
    role: Mapped[Role] = mapped_column(enum_type(Role))
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)

    # Flask-Security's own
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    current_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_login_ip: Mapped[str | None] = mapped_column(sa.String(64))
    current_login_ip: Mapped[str | None] = mapped_column(sa.String(64))
    login_count: Mapped[int] = mapped_column(default=0)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    centre: Mapped[Centre | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint(
            "(role IN ('centre_manager', 'promotion', 'planner')) = (centre_id IS NOT NULL)", name="centre_fits_role"
        ),
        sa.CheckConstraint("(role = 'partner') = (organisation_id IS NOT NULL)", name="organisation_fits_role"),
    )

    @property
    def roles(self) -> list[AccountRole]:
        """For Flask-Security only; our own code asks ``role``."""
        return [AccountRole(self.role.value)]

    @property
    def role_label(self) -> str:
        """The role in the reader's language."""
        return gettext(ROLE_LABELS[self.role])

    @property
    def belonging(self) -> str:
        """The name of the person's centre or organisation; empty for headquarters, administration, audit."""
        if self.centre:
            return self.centre.name_ko
        return self.organisation.name if self.organisation else ""

    def scope(self) -> Scope:
        return Scope(
            self.role, self.id,
            centre_id=self.centre_id if self.role in CENTRE_ROLES else None,
            organisation_id=self.organisation_id if self.role is Role.PARTNER else None,
        )


class ApiToken(Identified, db.Model):
    """A bearer token of an account; only its SHA-256 is kept (it has 256 bits of randomness)."""

    __tablename__ = "api_token"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship()
