"""The legal gates once more when a mailing's time has come: what was lawful at its approval may not be so any more
(a class without its approver, consents that ran out meanwhile, a case whose company has had it taken down)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery import takedown
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import gates
from campaigns.mailings import lawful as gathering
from campaigns.mailings.compose import Composed
from campaigns.mailings.content import Problem
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from outreach.audit.service import SERVICE, record_change
from outreach.clock import kst_today
from outreach.companies.models import Consent, ConsentPurpose
from outreach.wording import Text


def obstacles(session: Session, mailing: Mailing, *, now: datetime) -> list[Problem]:
    """The gates that are shut for an approved mailing and the recipients written down for it."""
    unconsented = overdue = 0
    if mailing.message_class is MessageClass.ADVERTISING:
        unconsented = _unconsented(session, mailing.id)
        among_them = sa.exists().where(Delivery.mailing_id == mailing.id, Delivery.contact_id == Consent.contact_id)
        overdue = gathering.count_overdue(session, among_them, now)
    facts = gathering.facts(
        mailing, Composed.from_json(mailing.compiled or {}), unconsented=unconsented, overdue=overdue,
        approved=mailing.approved_by is not None,
    )
    return [*gathering.problems(gates.look(facts)), *_taken_down(session, mailing, now)]


def _taken_down(session: Session, mailing: Mailing, now: datetime) -> list[Problem]:
    """What the mail shows and may no longer."""
    advice = Text("빼거나 바꾸어 다시 승인받아 주세요.")
    return [
        Problem(Text.joined([found.why, advice])) for found in takedown.gone(session, mailing, kst_today(now))
    ]


def _unconsented(session: Session, mailing_id: int) -> int:
    """How many recipients wait, if none of them consents; single ones are passed over when they are claimed."""
    mine = (Delivery.mailing_id == mailing_id, Delivery.state == DeliveryState.QUEUED)
    consenting = sa.select(Delivery.id).join(Consent, Consent.contact_id == Delivery.contact_id).where(
        *mine, Consent.purpose == ConsentPurpose.ADVERTISING, Consent.withdrawn_at.is_(None)
    )
    if session.scalar(consenting.limit(1)) is not None:
        return 0
    return session.scalar(sa.select(sa.func.count()).select_from(Delivery).where(*mine)) or 0


def hold_back(session: Session, *, now: datetime) -> int:
    """Take due mailings that a gate stops out of the schedule: they wait for a person, who reads why. How many."""
    due = sa.select(Mailing).where(Mailing.state == MailingState.SCHEDULED, Mailing.scheduled_at <= now)
    held = 0
    for mailing in session.scalars(due.order_by(Mailing.id)).all():
        if mailing.compiled is None:
            continue  # nothing that could be sent
        found = obstacles(session, mailing, now=now)
        if found:
            held += _hold(session, mailing, Text.joined([found[0]]), now)
    return held


def _hold(session: Session, mailing: Mailing, reason: str, now: datetime) -> int:
    """Compare-and-set: of two clocks one holds it back."""
    held = session.execute(
        sa.update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.state == MailingState.SCHEDULED)
        .values(
            state=MailingState.OVERDUE, pause_reason=reason, updated_at=now, version=Mailing.version + 1,
        )
        .execution_options(synchronize_session=False)
    ).rowcount
    if held:
        changes = {"state": (MailingState.SCHEDULED, MailingState.OVERDUE), "comment": (None, str(reason))}
        record_change(session, SERVICE, "mailing", mailing.id, "state", changes, now=now)
        session.expire(mailing)
    return held
