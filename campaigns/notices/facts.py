"""What people are still to be told: consents, withdrawals and refusals without a notice.

Found from the records themselves, whoever made them (a page, a list, a mail program's button), so that no way of
giving or taking back a consent can forget the notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import LOOKED_FOR, NoticeKind, result_due
from outreach.companies.models import (
    Consent,
    Contact,
    Suppression,
    SuppressionReason,
    TopicSuppression,
)

#: Refusals that someone expressed to us; a dead address or a provider's complaint is nobody's request for an answer.
EXPRESSED = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.STAFF)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened at one address. ``source`` as the record has it."""

    kind: NoticeKind
    address_key: str
    subject: str
    happened_at: datetime
    due_on: date
    source: str = ""


def untold(session: Session, now: datetime, limit: int) -> list[Fact]:
    """At most about ``limit`` facts of each kind that have no notice, the most urgent first."""
    since = now - LOOKED_FOR
    found: list[Fact] = []
    for search in (_refusals, _topics, _withdrawals, _consents):
        found += search(session, since, limit)
    return sorted(found, key=lambda fact: (fact.happened_at, fact.address_key))


def _told(kind: NoticeKind, address_key: sa.ColumnElement[str], at: sa.ColumnElement[datetime]) -> sa.Exists:
    """That there is a notice of this kind about what happened then."""
    return sa.exists().where(
        ConsentNotice.kind == kind, ConsentNotice.address_key == address_key, ConsentNotice.happened_at == at
    )


def _refusals(session: Session, since: datetime, limit: int) -> Iterator[Fact]:
    told = _told(NoticeKind.REFUSAL, Suppression.address_key, Suppression.created_at)
    query = sa.select(Suppression).where(
        Suppression.created_at >= since, Suppression.reason.in_(EXPRESSED), ~told
    )
    for row in session.scalars(query.order_by(Suppression.created_at).limit(limit)):
        yield _fact(NoticeKind.REFUSAL, row.address_key, "", row.created_at, row.source)


def _topics(session: Session, since: datetime, limit: int) -> Iterator[Fact]:
    """Those left in one go are told in one mail."""
    told = _told(NoticeKind.TOPICS, TopicSuppression.address_key, TopicSuppression.created_at)
    query = sa.select(TopicSuppression).where(TopicSuppression.created_at >= since, ~told)
    together: dict[tuple[str, datetime, str], list[str]] = defaultdict(list)
    for row in session.scalars(query.order_by(TopicSuppression.created_at, TopicSuppression.id).limit(limit)):
        together[row.address_key, row.created_at, row.source].append(row.topic.value)
    for (key, at, source), topics in together.items():
        yield _fact(NoticeKind.TOPICS, key, ",".join(sorted(topics)), at, source)


def _withdrawals(session: Session, since: datetime, limit: int) -> Iterator[Fact]:
    """Of single consents. What ended because the person refused all mail is told with that."""
    refused = sa.exists().where(
        Suppression.address_key == Contact.address_key, Suppression.created_at == Consent.withdrawn_at
    )
    told = [
        _told(kind, Contact.address_key, Consent.withdrawn_at)
        for kind in (NoticeKind.WITHDRAWAL, NoticeKind.REFUSAL)
    ]
    query = (
        sa.select(Contact.address_key, Consent.purpose, Consent.withdrawn_at, Consent.withdrawn_how).distinct()
        .join(Contact, Contact.id == Consent.contact_id)
        .where(
            Consent.withdrawn_at >= since, Contact.address_key.is_not(None), ~refused, *(~each for each in told)
        )
    )
    together: dict[tuple[str, datetime], set[str]] = defaultdict(set)
    for row in session.execute(query.order_by(Consent.withdrawn_at, Contact.address_key).limit(limit)):
        together[row.address_key, row.withdrawn_at].add(row.purpose.value)
    for (key, at), purposes in together.items():
        yield _fact(NoticeKind.WITHDRAWAL, key, ",".join(sorted(purposes)), at)


def _consents(session: Session, since: datetime, limit: int) -> Iterator[Fact]:
    """Standing ones; who has left altogether since is told of that instead."""
    left = sa.exists().where(Suppression.address_key == Contact.address_key)
    notice = aliased(ConsentNotice)
    told = sa.exists().where(
        notice.kind == NoticeKind.CONSENT, notice.address_key == Contact.address_key,
        notice.happened_at == Consent.given_at, notice.subject == sa.cast(Consent.purpose, sa.String),
    )
    query = (
        sa.select(Contact.address_key, Consent.purpose, Consent.given_at).distinct()
        .join(Contact, Contact.id == Consent.contact_id)
        .where(
            Consent.given_at >= since, Consent.withdrawn_at.is_(None), Contact.address_key.is_not(None), ~left, ~told
        )
    )
    for row in session.execute(query.order_by(Consent.given_at, Contact.address_key).limit(limit)):
        yield _fact(NoticeKind.CONSENT, row.address_key, row.purpose.value, row.given_at)


def _fact(kind: NoticeKind, address_key: str, subject: str, at: datetime, source: str = "") -> Fact:
    return Fact(kind, address_key, subject, at, result_due(at), source)
