"""Taking mail in: read it, find the delivery it answers, say what it is, do what follows.

All in the caller's one unit of work: the row and its effects are there together or not at all, and the same mail a
second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.inbound import fallback, parsing, quotes, rules, store, tracing
from campaigns.inbound.classification import Context, classify
from campaigns.inbound.content import Mail
from campaigns.inbound.identity import identity
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import BounceClass, Effect, Finding, InboundState, Kind, Reason, Way
from campaigns.responses import service as responses
from campaigns.responses.rules import Answer, Channel
from outreach import links
from outreach.companies import consent
from outreach.companies.emails import address_key
from outreach.companies.models import Company, Contact, SuppressionReason, Workplace
from outreach.leads import service as leads
from outreach.signing import BadToken, Signer

log = structlog.get_logger()

#: Characters of an answer that are kept as the response's message.
MESSAGE_CHARS = 5_000
ANSWER_ACTION = "회신 확인"
CONTACT_ACTION = "담당자 연락처 확인"
LEFT_LABEL = "자동 응답"


@dataclass(frozen=True, slots=True)
class Setting:
    """What taking in needs of the site. ``folder``: where the mails themselves are kept."""

    signer: Signer
    base_url: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Examined:
    """A mail that was read, with all that is known of it and what follows."""

    raw: bytes
    mail: Mail
    finding: Finding
    effect: Effect
    delivery: Delivery | None
    contact: Contact | None
    identity: str

    @property
    def address(self) -> str:
        """Whom a report speaks of (the address we wrote to, where that is known); else who wrote."""
        if self.delivery is not None and self.finding.kind in {Kind.BOUNCE, Kind.COMPLAINT, Kind.UNSUBSCRIBE}:
            return self.delivery.address
        return self.finding.address or self.mail.sender[1]


def examine(session: Session, raw: bytes, signer: Signer, *, size: int | None = None, recipient: str = "") -> Examined:
    """Say what a mail is and what follows from it, without doing it. ``size``: of the whole mail where ``raw`` is its
    beginning; ``recipient``: the envelope's, if known. Whatever the mail holds, nothing is raised for it."""
    raw = raw[:parsing.MAX_BYTES]
    try:
        mail = parsing.parse(raw, size=size)
    except Exception:  # a fault of ours must not lose the mail: it goes to the tray, as a file
        log.exception("inbound.parsing")
        mail = Mail(size=size or len(raw))
        return Examined(raw, mail, _unreadable(), Effect.ASK, None, None, identity(mail, raw))
    delivery = _delivery(session, mail, signer, recipient)
    contact = _known(session, mail.sender[1])
    context = Context(
        ours=delivery is not None, address=delivery.address.lower() if delivery else "",
        known=contact is not None or _was_mailed(session, mail.sender[1]),
        quoted=quotes.lines_of((delivery.mailing.compiled or {}).get("text", "")) if delivery else frozenset(),
    )
    try:
        finding = classify(mail, context, lambda: fallback.failures(raw))
    except Exception:
        log.exception("inbound.classification")
        finding = _unreadable()
    effect = rules.effect(finding, ours=context.ours, known=context.known)
    return Examined(raw, mail, finding, effect, delivery, contact, identity(mail, raw))


def _unreadable() -> Finding:
    return Finding(Kind.UNKNOWN, Reason.UNREADABLE)


def _delivery(session: Session, mail: Mail, signer: Signer, recipient: str) -> Delivery | None:
    readers = {
        "b": links.read_return, "u": links.read_unsubscribe, "r": links.read_form,
        "c": lambda signer, token: links.read_click(signer, token).delivery_id,
    }

    def read(kind: str, token: str) -> int | None:
        try:
            return readers[kind](signer, token)
        except BadToken:
            return None

    found = tracing.delivery_of(mail, read, recipient)
    return session.get(Delivery, found) if found is not None and 0 < found < 2**63 else None


def _known(session: Session, address: str) -> Contact | None:
    """Someone in our list with this address."""
    if not address:
        return None
    return session.scalar(sa.select(Contact).where(Contact.address_key == address_key(address)).limit(1))


def _was_mailed(session: Session, address: str) -> bool:
    mailed = sa.select(Delivery.id).where(Delivery.address_key == address_key(address)).limit(1)
    return bool(address) and session.scalar(mailed) is not None


def take_in(
    session: Session, raw: bytes, setting: Setting, *, way: Way, now: datetime, size: int | None = None,
    recipient: str = "",
) -> InboundMessage:
    """Keep a mail and do what follows from it. One that was taken in before is returned as it stands. Raises OSError
    if it can't be kept on the disk; nothing else but what the database raises."""
    examined = examine(session, raw, setting.signer, size=size, recipient=recipient)
    known = _taken(session, examined.identity)
    if known is not None:
        return known
    row = _row(session, examined, way, now)
    row.sha256 = store.keep(setting.folder, examined.raw)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # the same mail came by another way at this moment
        found = _taken(session, examined.identity)
        if found is None:
            raise
        return found
    _act(session, row, examined, setting, now)
    session.flush()
    return row


def _taken(session: Session, key: str) -> InboundMessage | None:
    return session.scalar(sa.select(InboundMessage).where(InboundMessage.identity == key))


def _row(session: Session, examined: Examined, way: Way, now: datetime) -> InboundMessage:
    mail, finding, delivery = examined.mail, examined.finding, examined.delivery
    name, sender = mail.sender
    company, centre_id = _belonging(session, delivery, examined.contact)
    waiting = examined.effect is Effect.ASK or finding.reason is Reason.MENTIONS_REFUSAL
    return InboundMessage(
        identity=examined.identity, received_at=now, way=way, kind=finding.kind, bounce_class=finding.bounce_class,
        reason=finding.reason, state=InboundState.WAITING if waiting else InboundState.DONE,
        verified=delivery is not None, counted=examined.effect in {Effect.COUNT, Effect.SUPPRESS}
        and finding.kind is Kind.BOUNCE, delivery=delivery, mailing_id=delivery.mailing_id if delivery else None,
        centre_id=centre_id, company=company, address=examined.address[:254],
        address_key=address_key(examined.address)[:254], sender=sender[:254], sender_name=name[:100],
        subject=mail.subject[:300], status=finding.status[:16], diagnostic=finding.diagnostic[:300],
        text=(finding.text or mail.text.strip())[:parsing.MAX_TEXT // 10], size=mail.size, cut=mail.cut,
        details={"effect": examined.effect.value},
    )


def _belonging(
    session: Session, delivery: Delivery | None, contact: Contact | None
) -> tuple[Company | None, int | None]:
    """The company a mail is about, and the centre that sees it."""
    if delivery is not None:
        workplace = session.get(Workplace, delivery.workplace_id)
        centre_id = workplace.centre_id if workplace else delivery.mailing.campaign.centre_id
        return session.get(Company, delivery.company_id), centre_id
    if contact is not None:
        return contact.workplace.company, contact.workplace.centre_id
    return None, None


# -- what follows ------------------------------------------------------------------------------------------------


def source(row: InboundMessage) -> str:
    """How suppressions and leads refer to the mail."""
    return f"inbound:{row.id}"


def _act(session: Session, row: InboundMessage, examined: Examined, setting: Setting, now: datetime) -> None:
    match examined.effect:
        case Effect.SUPPRESS:
            suppress(session, row, _reason_of(row.kind), _addresses(examined), now=now)
        case Effect.COUNT if _bounced_too_often(session, row, now):
            suppress(session, row, SuppressionReason.BOUNCING, [row.address_key], now=now)
        case Effect.LEAD:
            _answer(session, row, examined, setting, now)
        case Effect.ASK if examined.finding.left and row.company_id is not None:
            leads.note_arrived(
                session, row.company_id, note=examined.finding.text[:MESSAGE_CHARS], source=source(row),
                source_label=LEFT_LABEL, action=CONTACT_ACTION, now=now,
            )


def _reason_of(kind: Kind) -> SuppressionReason:
    return {
        Kind.BOUNCE: SuppressionReason.UNKNOWN_USER, Kind.COMPLAINT: SuppressionReason.COMPLAINT,
    }.get(kind, SuppressionReason.UNSUBSCRIBED)


def _addresses(examined: Examined) -> list[str]:
    """Whom to write to no more: the address that was mailed, and a known one that the refusal came from."""
    mailed = [address_key(examined.delivery.address)] if examined.delivery else []
    refuses = examined.finding.kind is Kind.UNSUBSCRIBE
    own = [address_key(examined.mail.sender[1])] if refuses and (examined.contact or not mailed) else []
    return [key for key in dict.fromkeys([*mailed, *own]) if key]


def suppress(
    session: Session, row: InboundMessage, reason: SuppressionReason, keys: Collection[str], *, now: datetime,
    user_id: int | None = None,
) -> list[str]:
    """No more mail to these addresses; the wishes of people end their consents, too. Returns those that were not
    suppressed already."""
    new = []
    for key in keys:
        if consent.suppress(session, key, reason, source(row), now, user_id=user_id):
            new.append(key)
            if reason in {SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT}:
                consent.withdraw_consents(session, key, source(row), now)
    row.details = {**row.details, "suppressed": new, "suppressed_at": now.isoformat()}
    return new


def _bounced_too_often(session: Session, row: InboundMessage, now: datetime) -> bool:
    """Whether this is the third mailing in thirty days that came back for good. Several reports on one message
    count once; policy refusals and reports without a token of ours do not count."""
    session.flush()
    query = sa.select(sa.func.count(InboundMessage.delivery_id.distinct())).where(
        InboundMessage.address_key == row.address_key, InboundMessage.counted, InboundMessage.verified,
        InboundMessage.kind == Kind.BOUNCE, InboundMessage.bounce_class != BounceClass.POLICY,
        InboundMessage.received_at > now - rules.BOUNCES_WITHIN,
    )
    return (session.scalar(query) or 0) >= rules.BOUNCES_ALLOWED


def _answer(session: Session, row: InboundMessage, examined: Examined, setting: Setting, now: datetime) -> None:
    """A person's answer is a response: it opens or updates the lead, and its planner has something to see to."""
    assert examined.delivery is not None
    row.response = responses.submit_by_mail(
        session, examined.delivery, answer_of(row), submission=row.identity, now=now, base_url=setting.base_url,
        channel=Channel.MAIL_REPLY,
    )
    call_planner(session, row, now)


def answer_of(row: InboundMessage) -> Answer:
    """What the mail says, as a response holds it."""
    return Answer(message=row.text[:MESSAGE_CHARS], person=row.sender_name[:60], email=row.sender)


def call_planner(session: Session, row: InboundMessage, now: datetime) -> None:
    """The lead's next action is to read and answer the mail, by the next working day."""
    if row.response is not None and row.response.lead is not None:
        leads.call_for(row.response.lead, ANSWER_ACTION, leads.next_workday(session, now))
