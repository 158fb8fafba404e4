"""Looking at what came in: what a person may see, lists and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import VIEW_ROLES, BounceClass, InboundState, Kind, too_many_complaints
from outreach.companies.emails import address_key
from outreach.companies.models import Company
from outreach.errors import Forbidden, NotFound
from outreach.scope import Scope

#: How far back the first page speaks of refusals for the sender's sake.
POLICY_DAYS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class InboundFilter:
    """Conditions over a list; '' and None ask nothing. ``text``: an address in full, part of a subject or of a
    company's name."""

    state: str = ""
    kind: str = ""
    bounce_class: str = ""
    mailing_id: int | None = None
    text: str = ""


def visible(scope: Scope) -> sa.Select[tuple[InboundMessage]]:
    """A centre's staff see what concerns the centre; what nobody can place is seen by those who see all centres.
    Raises Forbidden for partners."""
    if scope.role not in VIEW_ROLES:
        raise Forbidden("되돌아온 메일은 고용센터와 본부 담당자만 볼 수 있습니다.")
    query = sa.select(InboundMessage)
    return query if scope.sees_all_centres else query.where(InboundMessage.centre_id == scope.centre_id)


def get(session: Session, scope: Scope, message_id: int, *, lock: bool = False) -> InboundMessage:
    """The message, read afresh. Raises NotFound outside ``scope``. ``lock``: for a decision."""
    query = visible(scope).where(InboundMessage.id == message_id).execution_options(populate_existing=True)
    row = session.scalar(query.with_for_update(of=InboundMessage) if lock else query)
    if row is None:
        raise NotFound("메일이 없거나 다른 센터의 것입니다.")
    return row


def matching(scope: Scope, asked: InboundFilter) -> sa.Select[tuple[InboundMessage]]:
    """The visible messages that satisfy ``asked``, newest first, with what a row shows loaded."""
    query = visible(scope)
    if asked.state in set(InboundState):
        query = query.where(InboundMessage.state == InboundState(asked.state))
    if asked.kind in set(Kind):
        query = query.where(InboundMessage.kind == Kind(asked.kind))
    if asked.bounce_class in set(BounceClass):
        query = query.where(InboundMessage.bounce_class == BounceClass(asked.bounce_class))
    if asked.mailing_id is not None:
        query = query.where(InboundMessage.mailing_id == asked.mailing_id)
    if asked.text:
        query = query.where(_naming(asked.text))
    return query.order_by(InboundMessage.received_at.desc(), InboundMessage.id.desc()).options(
        joinedload(InboundMessage.company), joinedload(InboundMessage.mailing)
    )


def _naming(text: str) -> sa.ColumnElement[bool]:
    if "@" in text:
        key = address_key(text)
        return (InboundMessage.address_key == key) | (InboundMessage.sender == key)
    companies = sa.select(Company.id).where(Company.name.contains(text, autoescape=True))
    return InboundMessage.subject.contains(text, autoescape=True) | InboundMessage.company_id.in_(companies)


def count_waiting(session: Session, scope: Scope) -> int:
    """How many lie in the tray."""
    waiting = visible(scope).where(InboundMessage.state == InboundState.WAITING)
    return session.scalar(waiting.with_only_columns(sa.func.count())) or 0


@dataclass(frozen=True, slots=True)
class MailingCounts:
    """What came back of a mailing: recipients, each counted once a kind."""

    kinds: dict[Kind, int]
    bounces: dict[BounceClass, int]
    accepted: int

    def kind(self, word: str) -> int:
        return self.kinds.get(Kind(word), 0)

    @property
    def complained_too_much(self) -> bool:
        return too_many_complaints(self.kind("complaint"), self.accepted)

    def __bool__(self) -> bool:
        return bool(self.kinds)


def of_mailing(session: Session, mailing_id: int) -> MailingCounts:
    """Counted from the rows themselves; reports of a delay, and what a person set aside, are not counted."""
    number = sa.func.count(InboundMessage.delivery_id.distinct())
    counts = (InboundMessage.mailing_id == mailing_id) & (InboundMessage.state != InboundState.IGNORED)
    kinds = sa.select(InboundMessage.kind, number).where(counts).group_by(InboundMessage.kind)
    final = InboundMessage.counted | (InboundMessage.bounce_class == BounceClass.POLICY)
    classes = sa.select(InboundMessage.bounce_class, number).where(counts, InboundMessage.kind == Kind.BOUNCE, final)
    by_class = dict(session.execute(classes.group_by(InboundMessage.bounce_class)).all())
    by_kind = dict(session.execute(kinds).all())
    accepted = session.scalar(sa.select(sa.func.count()).where(
        Delivery.mailing_id == mailing_id, Delivery.state == DeliveryState.ACCEPTED
    ).select_from(Delivery)) or 0 if by_kind.get(Kind.COMPLAINT) else 0
    return MailingCounts(by_kind, by_class, accepted)


def of_delivery(session: Session, delivery_id: int) -> Sequence[InboundMessage]:
    """What came back of one recipient's message, newest first."""
    query = sa.select(InboundMessage).where(InboundMessage.delivery_id == delivery_id)
    return session.scalars(query.order_by(InboundMessage.received_at.desc(), InboundMessage.id.desc())).all()


def of_company(session: Session, scope: Scope, company_id: int, limit: int = 5) -> Sequence[InboundMessage]:
    """The latest that came from a company or of its addresses, as far as the person may see it."""
    query = visible(scope).where(InboundMessage.company_id == company_id)
    latest = query.order_by(InboundMessage.received_at.desc(), InboundMessage.id.desc()).limit(limit)
    return session.scalars(latest).all()


def policy_refusals(session: Session, since: datetime) -> tuple[int, str]:
    """How many reports since then blame the sender, and what the latest says."""
    blamed = (InboundMessage.bounce_class == BounceClass.POLICY) & (InboundMessage.received_at >= since)
    latest = sa.select(InboundMessage.diagnostic).where(blamed).order_by(InboundMessage.received_at.desc()).limit(1)
    counted = session.scalar(sa.select(sa.func.count()).select_from(InboundMessage).where(blamed)) or 0
    return counted, session.scalar(latest) or ""
