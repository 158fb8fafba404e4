"""Printed copies: what partners order, what was printed, what was handed over to whom (배부대장), what is recalled."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.materials.models import Edition, Material
from cases.materials.rules import Carriage, OrderState
from outreach.db import Identified, Stamped, UtcDateTime, Versioned, db, enum_type
from outreach.organisations.models import Organisation


class PrintOrder(Identified, Stamped, Versioned, db.Model):
    """A partner asks for ``asked`` copies at a place; ``granted`` is what staff confirmed. ``edition`` is the one that
    was given out when it was asked for or confirmed."""

    __tablename__ = "print_order"

    material_id: Mapped[int] = mapped_column(sa.ForeignKey("material.id", ondelete="CASCADE"), index=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    state: Mapped[OrderState] = mapped_column(enum_type(OrderState), default=OrderState.REQUESTED)
    asked: Mapped[int]
    granted: Mapped[int | None]
    place: Mapped[str] = mapped_column(sa.String(120))
    address: Mapped[str] = mapped_column(sa.String(200))
    recipient: Mapped[str] = mapped_column(sa.String(60))
    phone: Mapped[str] = mapped_column(sa.String(32))
    wanted_on: Mapped[date]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")  # of what staff changed or refused
    created_by: Mapped[int | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    material: Mapped[Material] = relationship()
    edition: Mapped[Edition] = relationship()
    organisation: Mapped[Organisation] = relationship()
    deliveries: Mapped[list[PrintDelivery]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="PrintDelivery.id"
    )
    recalls: Mapped[list[PrintRecall]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="PrintRecall.id"
    )

    __table_args__ = (
        sa.CheckConstraint("asked > 0", name="asked_some"),
        sa.Index("ix_print_order_state", "state", "id"),  # what waits for staff
    )

    @property
    def quantity(self) -> int:
        """Copies to be handed over."""
        return self.asked if self.granted is None else self.granted

    @property
    def delivered(self) -> int:
        """Copies handed over so far."""
        return sum(row.quantity for row in self.deliveries)


class PrintRun(Identified, db.Model):
    """Copies of an edition that came from the printer's."""

    __tablename__ = "print_run"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int]
    printed_on: Mapped[date]
    printer: Mapped[str] = mapped_column(sa.String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]
    edition: Mapped[Edition] = relationship()

    __table_args__ = (sa.CheckConstraint("quantity > 0", name="some"),)


class PrintDelivery(Identified, db.Model):
    """One line of the ledger: copies handed over, to whom, how."""

    __tablename__ = "print_delivery"

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("print_order.id", ondelete="CASCADE"), index=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int]
    delivered_on: Mapped[date] = mapped_column(index=True)
    received_by: Mapped[str] = mapped_column(sa.String(60))
    carriage: Mapped[Carriage] = mapped_column(enum_type(Carriage))
    tracking: Mapped[str] = mapped_column(sa.String(60), default="")
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]
    order: Mapped[PrintOrder] = relationship(back_populates="deliveries")
    edition: Mapped[Edition] = relationship()

    __table_args__ = (sa.CheckConstraint("quantity > 0", name="some"),)


class PrintRecall(Identified, db.Model):
    """Copies of a withdrawn edition at a place, to be taken back or destroyed; open until ``done_at``."""

    __tablename__ = "print_recall"

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("print_order.id", ondelete="CASCADE"))
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int]
    returned: Mapped[int | None]
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[int | None]
    order: Mapped[PrintOrder] = relationship(back_populates="recalls")
    edition: Mapped[Edition] = relationship()

    __table_args__ = (sa.UniqueConstraint("order_id", "edition_id"),)
