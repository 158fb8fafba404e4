"""The log of all mailings: did this person get it, and if not, why not?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from outreach.clock import kst_midnight
from outreach.companies.emails import address_key
from outreach.companies.identity import normalise_company_name
from outreach.companies.models import Company, Contact, Suppression, Workplace
from outreach.scope import Scope

#: A name that fits more companies than this is too short to search for.
MOST_COMPANIES = 300
_BUSINESS_NUMBER = re.compile(r"\d{3}-?\d{2}-?\d{5}")

Row = tuple[Delivery, Mailing, str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """``text``: an e-mail address, a business number, or a part of a company's name; ``since`` and ``until``:
    Korean days, both included."""

    text: str = ""
    state: DeliveryState | None = None
    since: date | None = None
    until: date | None = None

    @property
    def address(self) -> str:
        """The normalised address asked for, or ''."""
        return address_key(self.text) if "@" in self.text.strip("@") else ""


class TooMany(Exception):
    """So many companies are named so that no list would help."""


def find(session: Session, scope: Scope, asked: Asked) -> sa.Select[Row] | None:
    """Recipients of started mailings, the latest first; None where no company is named so. Of a mailing to all
    centres a centre finds those at its own workplaces. Raises TooMany.

    Found by (address, time) or by company, never by walking the table."""
    query = (
        sa.select(Delivery, Mailing, Company.name)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .outerjoin(Company, Company.id == Delivery.company_id)
        .where(Mailing.id.in_(mailings.visible(scope).with_only_columns(Mailing.id)))
    )
    if asked.address:
        query = query.where(Delivery.address_key == asked.address)
    else:
        companies = _companies(session, asked.text)
        if not companies:
            return None
        query = query.where(Delivery.company_id.in_(companies))
    if scope.centre_id is not None:
        query = query.where(Delivery.workplace_id.in_(_places(scope)))
    return _narrowed(query, asked).order_by(Mailing.id.desc(), Delivery.id.desc())


def _places(scope: Scope) -> sa.Select[tuple[int]]:
    return sa.select(Workplace.id).where(Workplace.centre_id == scope.centre_id)


def _companies(session: Session, text: str) -> list[int]:
    if _BUSINESS_NUMBER.fullmatch(text):
        fits = Company.business_number == text.replace("-", "")
    else:
        name = normalise_company_name(text)
        if not name:
            return []
        fits = Company.name_key.contains(name, autoescape=True)
    found = list(session.scalars(sa.select(Company.id).where(fits).limit(MOST_COMPANIES + 1)))
    if len(found) > MOST_COMPANIES:
        raise TooMany
    return found


def _narrowed(query: sa.Select[Row], asked: Asked) -> sa.Select[Row]:
    when = sa.func.coalesce(Delivery.done_at, Mailing.started_at, Mailing.scheduled_at)
    if asked.state is not None:
        query = query.where(Delivery.state == asked.state)
    if asked.since is not None:
        query = query.where(when >= kst_midnight(asked.since))
    if asked.until is not None:
        query = query.where(when < kst_midnight(asked.until + timedelta(days=1)))
    return query


@dataclass(frozen=True, slots=True)
class Standing:
    """What else is known of an address: whether it is someone's at all, and whether it may be mailed."""

    known: bool
    suppression: Suppression | None


def standing(session: Session, scope: Scope, address: str) -> Standing:
    """Of a normalised address, as far as the person may see it. A centre is told of an opt-out only for people at
    its own workplaces."""
    people = sa.select(Contact.id).where(Contact.address_key == address)
    if scope.centre_id is not None:
        people = people.where(Contact.workplace_id.in_(_places(scope)))
    known = session.scalar(people.limit(1)) is not None
    stopped = session.scalar(sa.select(Suppression).where(Suppression.address_key == address)) if known else None
    return Standing(known, stopped)
