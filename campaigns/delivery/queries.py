"""Looking at the recipients of a mailing: the list with its filter, one row, a company's mailings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery, DeliveryTry
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from outreach.companies.emails import address_key
from outreach.companies.identity import normalise_company_name
from outreach.companies.models import Company, Workplace
from outreach.errors import NotFound
from outreach.scope import Scope


@dataclass(frozen=True, slots=True)
class RecipientFilter:
    """``text``: an address, a domain ('@naver.com'), or a part of a company's name; ``reason``: why skipped."""

    state: DeliveryState | None = None
    text: str = ""
    reason: SkipReason | None = None

    def __bool__(self) -> bool:
        return bool(self.state or self.text or self.reason)


def narrowed(scope: Scope, mailing: Mailing) -> bool:
    """Whether the person sees only the own centre's recipients: the mailing went to all centres."""
    return scope.centre_id is not None and mailing.campaign.centre_id != scope.centre_id


def visible(scope: Scope, mailing: Mailing) -> sa.Select[tuple[Delivery]]:
    """The recipients of ``mailing`` that a person may see, without order."""
    query = sa.select(Delivery).where(Delivery.mailing_id == mailing.id)
    if narrowed(scope, mailing):
        places = sa.select(Workplace.id).where(Workplace.centre_id == scope.centre_id)
        query = query.where(Delivery.workplace_id.in_(places))
    return query


def recipients(scope: Scope, mailing: Mailing, asked: RecipientFilter) -> sa.Select[tuple[Delivery, str | None]]:
    """Recipients with their company's present name. The order is that of writing down, and each shape of the
    question has an index that yields it: (mailing, state) ends in the row's id, (mailing, contact) ascends
    as the rows were written, (mailing, address) finds one address."""
    query = visible(scope, mailing).outerjoin(Company, Company.id == Delivery.company_id).add_columns(Company.name)
    if asked.text:
        query = query.where(_matches(asked.text))
    if asked.reason is not None:
        query = query.where(Delivery.state == DeliveryState.SKIPPED, Delivery.skip_reason == asked.reason)
    if asked.state is not None:
        return query.where(Delivery.state == asked.state).order_by(Delivery.id)
    return query.order_by(Delivery.contact_id)


def company_names(session: Session, rows: Iterable[Delivery]) -> dict[int, str]:
    """The present names of the companies of these recipients; one that is gone is missing."""
    ids = {row.company_id for row in rows}
    found = session.execute(sa.select(Company.id, Company.name).where(Company.id.in_(ids)))
    return dict(found.all())


def _matches(text: str) -> sa.ColumnElement[bool]:
    if text.startswith("@"):
        return Delivery.domain == text[1:].lower()
    if "@" in text:
        return Delivery.address_key == address_key(text)
    name = normalise_company_name(text)
    if not name:
        return sa.false()
    return Delivery.company_id.in_(sa.select(Company.id).where(Company.name_key.contains(name, autoescape=True)))


def get(session: Session, scope: Scope, mailing: Mailing, delivery_id: int) -> Delivery:
    """One recipient. Raises NotFound, also for one of another centre."""
    row = session.scalar(visible(scope, mailing).where(Delivery.id == delivery_id))
    if row is None:
        raise NotFound("이 메일의 수신자가 아닙니다.")
    return row


def tries(session: Session, delivery_id: int) -> list[DeliveryTry]:
    """The tries of one recipient that did not succeed, in their order."""
    query = sa.select(DeliveryTry).where(DeliveryTry.delivery_id == delivery_id).order_by(DeliveryTry.id)
    return list(session.scalars(query))


def of_company(session: Session, scope: Scope, company_id: int, limit: int = 10) -> list[tuple[Delivery, Mailing]]:
    """The latest mailings that were sent to a company's people, as far as the person may see them."""
    query = (
        sa.select(Delivery, Mailing).join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(Delivery.company_id == company_id, Mailing.started_at.is_not(None))
        .where(Mailing.id.in_(mailings.visible(scope).with_only_columns(Mailing.id)))
        .order_by(Mailing.started_at.desc(), Delivery.id).limit(limit)
    )
    if scope.centre_id is not None:
        places = sa.select(Workplace.id).where(Workplace.centre_id == scope.centre_id)
        query = query.where(Delivery.workplace_id.in_(places))
    return [(row[0], row[1]) for row in session.execute(query)]
