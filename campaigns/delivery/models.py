"""One row per recipient of a mailing, with address and personal values frozen in it; and what limits the sending."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.delivery.retry import Trouble
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings.models import Mailing
from outreach.db import Identified, Json, UtcDateTime, Versioned, db, enum_type


class Delivery(Identified, db.Model):
    """Contact, workplace and company are remembered by id without a foreign key: the row is evidence
    of what was sent and outlives them. ``values``: the personal fields spliced into the message."""

    __tablename__ = "delivery"

    mailing_id: Mapped[int] = mapped_column(sa.ForeignKey("mailing.id", ondelete="CASCADE"))
    contact_id: Mapped[int]
    workplace_id: Mapped[int]
    company_id: Mapped[int]
    address: Mapped[str] = mapped_column(sa.String(254))
    address_key: Mapped[str] = mapped_column(sa.String(254))
    domain: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")  # of address_key
    values: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    state: Mapped[DeliveryState] = mapped_column(enum_type(DeliveryState), default=DeliveryState.QUEUED)
    skip_reason: Mapped[SkipReason | None] = mapped_column(enum_type(SkipReason))
    worker: Mapped[str | None] = mapped_column(sa.String(80))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply_code: Mapped[int | None]
    reply_status: Mapped[str | None] = mapped_column(sa.String(16))  # RFC 3463
    reply_stage: Mapped[str | None] = mapped_column(sa.String(16))
    reply_text: Mapped[str] = mapped_column(sa.String(300), default="")
    trouble: Mapped[Trouble | None] = mapped_column(enum_type(Trouble))  # why it was put off or refused
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None]

    mailing: Mapped[Mailing] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("mailing_id", "contact_id"),
        sa.UniqueConstraint("mailing_id", "address_key"),
        # claiming: the next rows of one mailing in order, without reading finished ones
        sa.Index(
            "ix_delivery_queue", "mailing_id", "id",
            sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"),
        ),
        # claiming past domains that are to be left alone: a seek into each gap between their names
        sa.Index(
            "ix_delivery_domain", "mailing_id", "domain", "id",
            sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"),
        ),
        # what could not be delivered, across mailings, newest first
        sa.Index(
            "ix_delivery_refused", "done_at",
            sqlite_where=sa.text("state = 'refused'"), postgresql_where=sa.text("state = 'refused'"),
        ),
        sa.Index(
            "ix_delivery_retry", "mailing_id", "next_try_at",
            sqlite_where=sa.text("state = 'deferred'"), postgresql_where=sa.text("state = 'deferred'"),
        ),
        # after a death: the rows a worker held
        sa.Index(
            "ix_delivery_claimed", "worker",
            sqlite_where=sa.text("state = 'claimed'"), postgresql_where=sa.text("state = 'claimed'"),
        ),
        sa.Index("ix_delivery_mailing_id_state", "mailing_id", "state"),  # the mailing's counts
        sa.Index("ix_delivery_address_key", "address_key", "done_at"),  # mailed recently; "did they get it?"
        sa.Index("ix_delivery_company_id", "company_id", "done_at"),  # a company's mailings; the frequency cap
    )


class DeliveryTry(Identified, db.Model):
    """One try that the receiving side put off or refused, or of which nobody knows how it ended. One that was accepted
    stands on the delivery itself, so that an even flow writes no more than its rows."""

    __tablename__ = "delivery_try"

    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[DeliveryState] = mapped_column(enum_type(DeliveryState))
    trouble: Mapped[Trouble | None] = mapped_column(enum_type(Trouble))
    code: Mapped[int | None]
    status: Mapped[str | None] = mapped_column(sa.String(16))  # RFC 3463
    stage: Mapped[str | None] = mapped_column(sa.String(16))
    text: Mapped[str] = mapped_column(sa.String(300), default="")


class LimitKind(str, enum.Enum):
    """What a limit holds for."""

    ALL = "all"
    SERVER = "server"  # the SMTP server of that name
    DOMAINS = "domains"  # all addresses of the named domains together
    OTHERS = "others"  # each domain that no row names, by itself


class SendingLimit(Identified, Versioned, db.Model):
    """At most ``amount`` messages in ``window`` seconds, and at most ``abreast`` under way at once; None: no limit."""

    __tablename__ = "sending_limit"

    kind: Mapped[LimitKind] = mapped_column(enum_type(LimitKind))
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    domains: Mapped[list[str]] = mapped_column(Json, default=list)
    amount: Mapped[int | None]
    window: Mapped[int] = mapped_column(default=60)
    abreast: Mapped[int | None]


class SendingWindow(db.Model):
    """How much leave to send was left of a limit at a time (campaigns.delivery.pace). All workers share it."""

    __tablename__ = "sending_window"

    key: Mapped[str] = mapped_column(sa.String(300), primary_key=True)
    tokens: Mapped[float]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SendingLane(db.Model):
    """How many messages to a domain a worker may have under way at once. Ends with its batch, or ``until`` if the
    worker is lost."""

    __tablename__ = "sending_lane"

    key: Mapped[str] = mapped_column(sa.String(300), primary_key=True)
    worker: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    abreast: Mapped[int]
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class DomainRest(db.Model):
    """A domain that put off one message after the other, and is left alone ``until``; then a few are tried.
    ``strikes``: how often in a row."""

    __tablename__ = "domain_rest"

    domain: Mapped[str] = mapped_column(sa.String(254), primary_key=True)
    strikes: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    reply: Mapped[str] = mapped_column(sa.String(300), default="")


class SendingPolicy(Identified, Versioned, db.Model):
    """One row: from what share of refusals on (per cent) a mailing pauses itself; and the frequency cap, None where
    the program's setting holds."""

    __tablename__ = "sending_policy"

    refusal_percent: Mapped[int]
    domain_refusal_percent: Mapped[int]
    cap_contact: Mapped[int | None]
    cap_company: Mapped[int | None]
    cap_days: Mapped[int | None]
