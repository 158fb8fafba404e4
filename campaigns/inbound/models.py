"""What came in by mail: one row a message, with what it was taken for and what followed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.delivery.models import Delivery
from campaigns.inbound.rules import BounceClass, InboundState, Kind, Reason, Way
from campaigns.mailings.models import Mailing
from campaigns.responses.models import Response
from outreach.companies.models import Company
from outreach.db import Identified, Json, UtcDateTime, db, enum_type
from outreach.regions.models import Centre


class InboundMessage(Identified, db.Model):
    """``identity`` tells one mail from the next, whichever way it came (campaigns.inbound.identity). ``verified``: it
    carries a token of ours. ``address``: whom a report speaks of, or who wrote; ``address_key`` its normalised form.
    ``counted``: a final bounce that counts against the address. The mail itself lies in a file named ``sha256``
    until it is erased, the beginning of it if ``cut``."""

    __tablename__ = "inbound_message"

    identity: Mapped[str] = mapped_column(sa.String(64), unique=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    way: Mapped[Way] = mapped_column(enum_type(Way))
    kind: Mapped[Kind] = mapped_column(enum_type(Kind))
    bounce_class: Mapped[BounceClass | None] = mapped_column(enum_type(BounceClass))
    reason: Mapped[Reason] = mapped_column(enum_type(Reason))
    state: Mapped[InboundState] = mapped_column(enum_type(InboundState))
    verified: Mapped[bool]
    counted: Mapped[bool] = mapped_column(default=False)
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery.id", ondelete="SET NULL"), index=True)
    mailing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mailing.id", ondelete="SET NULL"))
    response_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response.id", ondelete="SET NULL"), index=True)
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"))
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"), index=True)
    address: Mapped[str] = mapped_column(sa.String(254), default="")
    address_key: Mapped[str] = mapped_column(sa.String(254), default="")
    sender: Mapped[str] = mapped_column(sa.String(254), default="")
    sender_name: Mapped[str] = mapped_column(sa.String(100), default="")
    subject: Mapped[str] = mapped_column(sa.String(300), default="")
    status: Mapped[str] = mapped_column(sa.String(16), default="")  # RFC 3463
    diagnostic: Mapped[str] = mapped_column(sa.String(300), default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    cut: Mapped[bool] = mapped_column(default=False)
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    delivery: Mapped[Delivery | None] = relationship()
    mailing: Mapped[Mailing | None] = relationship()
    response: Mapped[Response | None] = relationship()
    company: Mapped[Company | None] = relationship()
    centre: Mapped[Centre | None] = relationship()

    __table_args__ = (
        sa.Index("ix_inbound_message_state", "state", "centre_id", "received_at"),  # the tray
        sa.Index("ix_inbound_message_received_at", "received_at"),  # the list, newest first; retention
        sa.Index("ix_inbound_message_mailing_id", "mailing_id", "kind"),  # a mailing's counts
        sa.Index("ix_inbound_message_address_key", "address_key", "received_at"),  # three bounces in thirty days
    )
