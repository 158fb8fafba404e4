"""Gathering the facts that the legal gates (campaigns.mailings.gates) are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience import service as audiences
from campaigns.audience.rules import Count, Exclusion
from campaigns.audience.service import Question
from campaigns.mailings import content, gates
from campaigns.mailings.compose import Composed, written
from campaigns.mailings.content import Problem
from campaigns.mailings.gates import Facts, Finding
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MessageClass
from outreach.companies import confirmation
from outreach.companies.models import Consent, Contact
from outreach.senders import service as senders
from outreach.wording import Text

#: So many addresses are looked through for made-up ones; who makes them makes them in a row.
LOOKED_THROUGH = 100_000


def before_approval(
    session: Session, mailing: Mailing, composed: Composed | None, asked: Question | None, count: Count | None
) -> list[Finding]:
    """The gates as they stand for what is written and chosen now. ``count`` is that of ``asked``."""
    unconsented = overdue = 0
    serial = ""
    if mailing.message_class is MessageClass.ADVERTISING and asked is not None and count is not None:
        if count.included == 0:  # who has no consent is left out one by one; here nobody is left
            unconsented = count.excluded.get(Exclusion.NO_CONSENT, 0)
        else:
            chosen = audiences.included(asked).subquery()
            overdue = count_overdue(session, Consent.contact_id.in_(sa.select(chosen.c.contact_id)), asked.now)
            addresses = sa.select(Contact.address_key).where(Contact.id.in_(sa.select(chosen.c.contact_id)))
            serial = gates.serial_example(session.scalars(addresses.limit(LOOKED_THROUGH)))
    return gates.look(facts(mailing, composed, unconsented=unconsented, overdue=overdue, serial=serial))


def facts(
    mailing: Mailing, composed: Composed | None, *, unconsented: int = 0, overdue: int = 0, serial: str = "",
    approved: bool | None = None,
) -> Facts:
    """``composed``: as it would be sent, or as it was approved."""
    subject = composed.subject if composed else content.labelled_subject(mailing.subject, mailing.message_class)
    return Facts(
        message_class=mailing.message_class, class_reason=mailing.class_reason,
        commercial_reason=mailing.commercial_reason, subject=subject, words="\n".join(written(mailing)),
        sender_name=mailing.sender_name, sender_address=mailing.sender_address, sender_phone=mailing.sender_phone,
        sender_postal=mailing.sender_postal, html=composed.html if composed else None,
        text=composed.text if composed else None, opt_out=content.slot(content.UNSUBSCRIBE),
        unconsented=unconsented, overdue=overdue, serial=serial, approved=approved,
    )


def sender_domain(session: Session, mailing: Mailing) -> list[Problem]:
    """What keeps the sender's domain from its first mailing. Once one has gone out from it, only a warning: a Problem
    without a gate."""
    obstacle = senders.obstacle(session, mailing.sender_address) if mailing.sender_address.strip() else None
    if obstacle is None:
        return []
    domain = senders.domain_of(mailing.sender_address)
    begun = sa.select(Mailing.id).where(
        Mailing.started_at.is_not(None), sa.func.lower(Mailing.sender_address).endswith(f"@{domain}", autoescape=True)
    )
    if session.scalar(begun.limit(1)) is not None:
        return [Problem(obstacle, "sender_address")]
    return [Problem(obstacle, "sender_address", "sender_domain", Text("DMARC(RFC 7489)"))]


def count_overdue(session: Session, wanted: sa.ColumnElement[bool], now: datetime) -> int:
    """How many of the ``wanted`` consents should have been confirmed by now."""
    query = sa.select(sa.func.count()).select_from(Consent)
    return session.scalar(query.where(confirmation.overdue(now), wanted)) or 0


def problems(findings: Iterable[Finding]) -> list[Problem]:
    """The gates that are shut, as the checklist lists them."""
    return [
        Problem(finding.said, finding.gate.field, finding.gate.name, finding.gate.article)
        for finding in findings if finding.said is not None
    ]


def articles(found: Sequence[Problem]) -> dict[str, str]:
    """Gate -> its article, of the problems that are gates; for error documents."""
    return {problem.gate: problem.article for problem in found if problem.gate}
