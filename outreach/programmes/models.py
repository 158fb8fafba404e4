"""The programme catalogue: what exists (Programme) and what holds when (ProgrammeVersion, dated rows)."""

from __future__ import annotations

import enum
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Identified, Json, Stamped, Versioned, db, enum_type
from outreach.regions.models import Certainty, Dated, Sourced


class Payee(str, enum.Enum):
    EMPLOYER = "employer"
    WORKER = "worker"
    SERVICE = "service"


class ProgrammeKind(str, enum.Enum):
    LEAVE = "leave"
    HOURS = "hours"
    SUBSTITUTE = "substitute"
    FLEXIBLE = "flexible"
    CONSULTING = "consulting"
    STAFFING = "staffing"
    CHILDCARE = "childcare"
    CERTIFICATION = "certification"
    LOCAL = "local"


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


KIND_LABELS = {
    ProgrammeKind.LEAVE: _("휴가·휴직"),
    ProgrammeKind.HOURS: _("근로시간 단축"),
    ProgrammeKind.SUBSTITUTE: _("대체인력·업무분담"),
    ProgrammeKind.FLEXIBLE: _("유연근무"),
    ProgrammeKind.CONSULTING: _("상담·컨설팅"),
    ProgrammeKind.STAFFING: _("인력 매칭"),
    ProgrammeKind.CHILDCARE: _("돌봄"),
    ProgrammeKind.CERTIFICATION: _("인증"),
    ProgrammeKind.LOCAL: _("지방자치단체"),
}
PAYEE_LABELS = {Payee.EMPLOYER: _("사업주"), Payee.WORKER: _("노동자"), Payee.SERVICE: _("서비스")}


class Programme(Identified, Stamped, Versioned, db.Model):
    """A programme under one name and agency, whatever its rules at a time."""

    __tablename__ = "programme"

    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[ProgrammeKind] = mapped_column(enum_type(ProgrammeKind))
    name_ko: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(160), default="")
    agency: Mapped[str] = mapped_column(sa.String(120))
    payee: Mapped[Payee] = mapped_column(enum_type(Payee))
    active: Mapped[bool] = mapped_column(default=True)
    versions: Mapped[list[ProgrammeVersion]] = relationship(
        back_populates="programme", cascade="all, delete-orphan", order_by="ProgrammeVersion.valid_from"
    )


class ProgrammeVersion(Identified, Dated, Sourced, Stamped, Versioned, db.Model):
    """The programme's rules during a time. ``amounts``: list of {label, amount_won, unit, note}; ``amount_won`` is
    None where it is unknown or no money. ``certainty`` is that of the weakest part, ``certainty_note`` says
    which parts are better or worse known."""

    __tablename__ = "programme_version"

    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id", ondelete="CASCADE"), index=True)
    summary_ko: Mapped[str] = mapped_column(sa.Text, default="")
    summary_en: Mapped[str] = mapped_column(sa.Text, default="")
    audience: Mapped[str] = mapped_column(sa.Text, default="")
    conditions: Mapped[str] = mapped_column(sa.Text, default="")
    amounts: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    period: Mapped[str] = mapped_column(sa.String(200), default="")
    apply_at: Mapped[str] = mapped_column(sa.String(200), default="")
    legal_basis: Mapped[str] = mapped_column(sa.String(200), default="")
    combination: Mapped[str] = mapped_column(sa.Text, default="")
    source_url: Mapped[str | None] = mapped_column(sa.String(500))
    certainty_note: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    checked_on: Mapped[date | None]
    checked_by: Mapped[str] = mapped_column(sa.String(60), default="")
    programme: Mapped[Programme] = relationship(back_populates="versions")

    @property
    def verified(self) -> bool:
        return self.certainty is Certainty.VERIFIED
