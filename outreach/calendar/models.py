"""What headquarters decided about days and hours. Without rows the listed holidays and the default hours hold."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.calendar.rules import Channel, MessageClass
from outreach.db import Identified, UtcDateTime, db, enum_type


class HolidayOverride(Identified, db.Model):
    """``works``: a listed holiday that is none after all; else a holiday that the list doesn't know."""

    __tablename__ = "holiday_override"

    day: Mapped[date] = mapped_column(unique=True)
    works: Mapped[bool]
    name: Mapped[str] = mapped_column(sa.String(60))
    reason: Mapped[str] = mapped_column(sa.String(300))
    decided_by: Mapped[str] = mapped_column(sa.String(254))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SendingHours(Identified, db.Model):
    """The hours of one kind of message on one channel, in minutes after midnight (Korean time)."""

    __tablename__ = "sending_hours"

    channel: Mapped[Channel] = mapped_column(enum_type(Channel))
    message_class: Mapped[MessageClass] = mapped_column(enum_type(MessageClass))
    opens: Mapped[int]
    closes: Mapped[int]
    workdays_only: Mapped[bool]
    reason: Mapped[str] = mapped_column(sa.String(300))
    decided_by: Mapped[str] = mapped_column(sa.String(254))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("channel", "message_class"),
        sa.CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="hours_of_a_day"),
    )
