"""Looking at the clicks of a mailing: numbers for its page, and the list behind them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery import queries as deliveries
from campaigns.delivery.models import Delivery
from campaigns.mailings.models import Mailing, MailingLink
from campaigns.responses.models import ClickEvent, WeakSignal
from campaigns.responses.rules import FORM_POSITION, SignalKind, Verdict
from campaigns.responses.verdicts import Reason
from outreach.companies.models import Company
from outreach.links import TRAP
from outreach.scope import Scope


@dataclass(frozen=True, slots=True)
class LinkCount:
    """Of one link: ``people`` recipients of whom a person pressed it; clicks by machines, and ones not judged yet."""

    position: int
    label: str
    url: str
    people: int
    machines: int
    pending: int


@dataclass(frozen=True, slots=True)
class ClickCounts:
    """Of one mailing, as far as ``narrowed`` lets the person see. ``people``: recipients who pressed any link;
    ``reasons``: what the machine verdicts rest on, most frequent first; ``opens``: recipients whose mail's pixel was
    fetched by what may have been a person, None where the mail has none."""

    links: list[LinkCount]
    people: int
    machines: int
    pending: int
    reasons: list[tuple[Reason, int]]
    opens: int | None


def counts(session: Session, scope: Scope, mailing: Mailing) -> ClickCounts:
    """Counted from the rows, so that a verdict changed since is counted as it stands now."""
    mine = _events(scope, mailing)
    recipients, number = sa.func.count(ClickEvent.delivery_id.distinct()), sa.func.count()
    grouped = mine.with_only_columns(ClickEvent.link_position, ClickEvent.verdict, recipients, number)
    by_link = {
        (position, verdict): (people, clicks)
        for position, verdict, people, clicks in session.execute(
            grouped.group_by(ClickEvent.link_position, ClickEvent.verdict)
        )
    }
    rows = [
        LinkCount(
            link.position, link.label, link.url, by_link.get((link.position, Verdict.HUMAN), (0, 0))[0],
            by_link.get((link.position, Verdict.MACHINE), (0, 0))[1],
            by_link.get((link.position, Verdict.PENDING), (0, 0))[1],
        )
        for link in session.scalars(
            sa.select(MailingLink).where(MailingLink.mailing_id == mailing.id).order_by(MailingLink.position)
        )
    ]
    machine = mine.where(ClickEvent.verdict == Verdict.MACHINE).with_only_columns(ClickEvent.reason, number)
    reasons = session.execute(machine.group_by(ClickEvent.reason).order_by(number.desc(), ClickEvent.reason)).all()
    human = mine.where(ClickEvent.verdict == Verdict.HUMAN, ClickEvent.link_position != TRAP)
    return ClickCounts(
        rows, session.scalar(human.with_only_columns(recipients)) or 0, sum(row[1] for row in reasons),
        sum(row.pending for row in rows), [(Reason(reason), clicks) for reason, clicks in reasons if reason],
        _opens(session, scope, mailing),
    )


def _events(scope: Scope, mailing: Mailing) -> sa.Select[tuple[ClickEvent]]:
    """The clicks on the mailing's links of the recipients that a person may see; not that the form was opened."""
    query = sa.select(ClickEvent).join(ClickEvent.delivery).where(
        Delivery.mailing_id == mailing.id, ClickEvent.link_position != FORM_POSITION
    )
    if deliveries.narrowed(scope, mailing):
        query = query.where(Delivery.id.in_(deliveries.visible(scope, mailing).with_only_columns(Delivery.id)))
    return query


def _opens(session: Session, scope: Scope, mailing: Mailing) -> int | None:
    if not mailing.track_opens:
        return None
    seen = deliveries.visible(scope, mailing).with_only_columns(Delivery.id)
    query = sa.select(sa.func.count(WeakSignal.delivery_id.distinct())).where(
        WeakSignal.kind == SignalKind.OPEN, WeakSignal.by_machine.is_(False), WeakSignal.delivery_id.in_(seen)
    )
    return session.scalar(query) or 0


def listed(
    scope: Scope, mailing: Mailing, verdict: Verdict | None
) -> sa.Select[tuple[ClickEvent, Delivery, str | None, str | None]]:
    """The clicks on the mailing, newest first, each with its recipient, the company's name and the link's label."""
    query = (
        _events(scope, mailing)
        .outerjoin(Company, Company.id == Delivery.company_id)
        .outerjoin(MailingLink, sa.and_(
            MailingLink.mailing_id == Delivery.mailing_id, MailingLink.position == ClickEvent.link_position
        ))
        .add_columns(Delivery, Company.name, sa.func.coalesce(sa.func.nullif(MailingLink.label, ""), MailingLink.url))
    )
    if verdict is not None:
        query = query.where(ClickEvent.verdict == verdict)
    return query.order_by(ClickEvent.at.desc(), ClickEvent.id.desc())
