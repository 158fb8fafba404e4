"""The transactional outbox: enqueue a single mail in the unit of work that causes it; a worker sends it.

Password mails, notices to planners and acknowledgements are **sent at least once**: a message found
half-sent after a death is sent again once its lease has run out, since a second copy of "your password
link" harms nobody and a missing one locks a person out. That is the opposite of a mailing, which is sent
at most once and leaves its doubtful rows to a person. The Message-ID stays the same over all tries, so
that mail systems which fold duplicates can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from outreach.config import Settings
from outreach.db import db, unit_of_work
from outreach.jobs.dispatch import announce
from outreach.mail.address import BadAddress, checked
from outreach.mail.headers import one_line
from outreach.mail.models import OutboxMessage, OutboxState
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.servers import parse_servers
from outreach.mail.smtp import OutgoingMessage
from outreach.mail.smtp_url import SmtpUrl

log = structlog.get_logger()

SOURCE = "outbox"  # of work, for the dispatcher
SENDER_NAME = "동행 아웃리치"
#: How long a try may take; after that its worker counts as dead. Longer than all SMTP time-outs together.
LEASE = timedelta(minutes=15)
#: Waits after the first, second, … failed try; after the last the message is given up.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
#: Finished messages hold addresses and links: they go after this time.
KEEP = timedelta(days=30)

_REFUSED = frozenset({Kind.REFUSED_RECIPIENT, Kind.REFUSED_MESSAGE})

Send = Callable[[SmtpUrl, OutgoingMessage], Outcome]


def enqueue(
    session: Session, *, key: str, to_address: str, to_name: str = "", subject: str, text: str, html: str = "",
    now: datetime,
) -> bool:
    """Add a mail to the present unit of work: it exists exactly if that is committed.

    ``key`` names the occasion (e.g. ``lead-assigned:17:3``); a second mail of the same key is not added.
    True if it was added.
    """
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    added = session.execute(
        insert(OutboxMessage)
        .values(
            key=key, to_address=to_address, to_name=one_line(to_name)[:60], subject=one_line(subject)[:300], text=text,
            html=html, state=OutboxState.QUEUED, attempts=0, next_try_at=now, created_at=now, error="",
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutboxMessage.id)
    )
    message_id = added.scalar()
    if message_id is not None:
        announce(session, SOURCE, str(message_id))
    return message_id is not None


def claim_next(session: Session, *, now: datetime) -> OutboxMessage | None:
    """Take the message that waits longest, or one whose sender died (``next_try_at`` is the end of the
    lease while SENDING). Compare-and-set: of two workers exactly one gets it."""
    due = sa.and_(
        OutboxMessage.state.in_([OutboxState.QUEUED, OutboxState.SENDING]), OutboxMessage.next_try_at <= now
    )
    first = sa.select(OutboxMessage.id).where(due).order_by(OutboxMessage.next_try_at, OutboxMessage.id).limit(1)
    if session.get_bind().dialect.name == "postgresql":
        first = first.with_for_update(skip_locked=True)
    claimed = session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.id == first.scalar_subquery(), due)
        .values(state=OutboxState.SENDING, next_try_at=now + LEASE, attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return session.get(OutboxMessage, claimed, populate_existing=True) if claimed else None


def record(session: Session, message_id: int, attempt: int, outcome: Outcome, *, now: datetime) -> bool:
    """Write down what became of the try number ``attempt``. False if that try is not the present one any
    more (its lease ran out and another worker took over)."""
    if outcome.kind is Kind.ACCEPTED:
        values = {"state": OutboxState.SENT, "sent_at": now, "error": ""}
    elif outcome.kind in _REFUSED or attempt > len(BACK_OFF):
        values = {"state": OutboxState.FAILED, "error": _reason(outcome)}
    else:
        values = {
            "state": OutboxState.QUEUED, "next_try_at": now + BACK_OFF[attempt - 1], "error": _reason(outcome),
        }
    result = session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.id == message_id, OutboxMessage.state == OutboxState.SENDING,
            OutboxMessage.attempts == attempt,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1


def finished(before: datetime) -> sa.Select[tuple[int]]:
    """What was written before ``before`` and has been sent or given up."""
    ended = OutboxMessage.state.in_([OutboxState.SENT, OutboxState.FAILED])
    return sa.select(OutboxMessage.id).where(ended, OutboxMessage.created_at < before)


def delete(session: Session, ids: Sequence[int]) -> None:
    session.execute(sa.delete(OutboxMessage).where(OutboxMessage.id.in_(ids)))


def build(message: OutboxMessage, sender: str) -> OutgoingMessage:
    """The mail as it goes over the wire. Raises BadAddress or ValueError for what cannot be a mail."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = Address(SENDER_NAME, addr_spec=checked(sender))
    mail["To"] = Address(one_line(message.to_name), addr_spec=checked(message.to_address))
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<outbox-{message.id}.{message.created_at:%Y%m%d%H%M%S%f}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    mail.set_content(message.text, cte="base64")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="base64")
    return OutgoingMessage(message.id, sender, message.to_address, mail.as_bytes())


class OutboxSource:
    """The worker's side: sends one message a step. Without a mail server everything stays queued."""

    def __init__(self, app: Flask, send: Send):
        self.app, self.send = app, send

    def step(self) -> bool:
        outreach = self.app.extensions["outreach"]
        if outreach.settings.smtp_url is None:
            return False
        with self.app.app_context():
            with unit_of_work(db.session) as session:
                message = claim_next(session, now=outreach.clock.now())
                if message is not None:
                    session.expunge(message)
            if message is None:
                return False
            outcome = self._try(message, outreach.settings)
            with unit_of_work(db.session) as session:
                record(session, message.id, message.attempts, outcome, now=outreach.clock.now())
        if outcome.kind is not Kind.ACCEPTED:
            log.warning("outbox.not_sent", message=message.id, attempt=message.attempts, reason=_reason(outcome))
        return True

    def _try(self, message: OutboxMessage, settings: Settings) -> Outcome:
        try:
            outgoing = build(message, settings.mail_from)
        except (BadAddress, ValueError, MessageError) as error:
            return Outcome(Kind.REFUSED_MESSAGE, Stage.PREPARE, text=str(error))
        try:
            return self._by_any(settings, outgoing)
        except Exception as error:  # a fault of ours must not keep the message claimed for ever, nor lose it
            log.exception("outbox.send")
            return Outcome(Kind.NOT_SENT, Stage.CONNECTION, text=f"{type(error).__name__}: {error}")

    def _by_any(self, settings: Settings, outgoing: OutgoingMessage) -> Outcome:
        """By the first server that can be used: another gets only what certainly did not leave."""
        for server in parse_servers(settings.smtp_url or ""):
            outcome = self.send(server.url, outgoing)
            if outcome.kind is not Kind.NOT_SENT:
                break
        return outcome

    def close(self) -> None:
        pass


def _reason(outcome: Outcome) -> str:
    words = [str(part) for part in (outcome.code, outcome.enhanced, outcome.text) if part]
    return f"{outcome.kind.value} ({outcome.stage.value}): {' '.join(words)}"[:500]
