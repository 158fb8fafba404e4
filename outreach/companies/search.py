"""Which companies a person sees, and finding some of a million: lists that stay quick whatever is asked.

A list is first counted up to CAP. If fewer match, they are gathered by the condition's own index and then
sorted; if more do, they are so frequent that walking the index of the order and probing each company fills a
page at once (with 1,000,000 companies at most 0.5 s, mostly under 0.05 s).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from outreach.companies.emails import address_key
from outreach.companies.identity import normalise_company_name
from outreach.companies.models import Company, Contact, Workplace
from outreach.db import among
from outreach.errors import Forbidden, NotFound
from outreach.scope import Scope
from outreach.web.paging import PAGE_SIZE, Page

CAP = 10_000

#: Bands of workers at the workplace; both ends are included, None is open.
SIZES: dict[str, tuple[int, int | None]] = {
    "1-4": (0, 4), "5-9": (5, 9), "10-29": (10, 29), "30-99": (30, 99), "100-299": (100, 299), "300": (300, None),
}
ORDERS = ("name", "new", "size")


class AtLeast(int):
    """A count that stopped at a cap; written with a plus sign."""

    def __format__(self, spec: str) -> str:
        return f"{int(self):{spec}}+"


@dataclass(frozen=True, slots=True)
class CompanyFilter:
    """Conditions over a list; None or '' asks nothing. All that concern a workplace must hold of one and the
    same. ``text``: part of a name, a business number, a phone number or an e-mail address. ``address``:
    'yes' or 'no', whether the workplace has a contact with an e-mail address."""

    text: str = ""
    province_id: int | None = None
    district_id: int | None = None
    centre_id: int | None = None
    complex_id: int | None = None
    section: str = ""
    size: str = ""
    address: str = ""


@dataclass
class Listing(Page):
    """A page of companies. ``narrow``: fewer than CAP match, so that any order is possible.
    ``reachable``: contacts with an address, by company."""

    narrow: bool = True
    reachable: Mapping[int, int] = field(default_factory=dict)


# -- reach ---------------------------------------------------------------------------------------------


def reach(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The conditions on a workplace that ``scope`` sets. Raises Forbidden for partners."""
    if scope.is_partner:
        raise Forbidden("기업 정보는 고용센터와 본부 담당자만 볼 수 있습니다.")
    return [] if scope.sees_all_centres else [Workplace.centre_id == scope.centre_id]


def in_reach(scope: Scope, workplace: Workplace) -> bool:
    """Whether the workplace itself lies in the person's centre (its company may have others)."""
    return not scope.is_partner and (scope.sees_all_centres or workplace.centre_id == scope.centre_id)


def get(session: Session, scope: Scope, company_id: int) -> Company:
    """The company, if it has a workplace the person may see. Raises NotFound otherwise."""
    company = session.scalar(_within(scope, sa.select(Company).where(Company.id == company_id)))
    if company is None:
        raise NotFound("기업이 없거나 다른 센터 관할의 기업입니다.")
    return company


def get_workplace(session: Session, scope: Scope, workplace_id: int) -> Workplace:
    row = session.scalar(sa.select(Workplace).where(Workplace.id == workplace_id, *reach(scope)))
    if row is None:
        raise NotFound("사업장이 없거나 다른 센터 관할의 사업장입니다.")
    return row


def get_contact(session: Session, scope: Scope, contact_id: int) -> Contact:
    query = sa.select(Contact).join(Contact.workplace).where(Contact.id == contact_id, *reach(scope))
    row = session.scalar(query.options(sa.orm.contains_eager(Contact.workplace)))
    if row is None:
        raise NotFound("담당자가 없거나 다른 센터 관할의 담당자입니다.")
    return row


def _within(scope: Scope, query: sa.Select) -> sa.Select:
    conditions = reach(scope)
    return query.where(_has_workplace(conditions)) if conditions else query


def _has_workplace(conditions: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    return sa.exists().where(Workplace.company_id == Company.id, *conditions)


# -- what was asked --------------------------------------------------------------------------------------


def _workplace_conditions(scope: Scope, asked: CompanyFilter) -> list[sa.ColumnElement[bool]]:
    conditions = reach(scope)
    for column, value in (
        (Workplace.province_id, asked.province_id), (Workplace.district_id, asked.district_id),
        (Workplace.complex_id, asked.complex_id), (Workplace.section, asked.section or None),
    ):
        if value is not None:
            conditions.append(column == value)
    if asked.centre_id is not None and scope.sees_all_centres:
        conditions.append(Workplace.centre_id == asked.centre_id)
    if asked.size in SIZES:
        low, high = SIZES[asked.size]
        conditions.append(Workplace.headcount.between(low, high) if high is not None else Workplace.headcount >= low)
    if asked.address in {"yes", "no"}:
        has = sa.exists().where(Contact.workplace_id == Workplace.id, Contact.address_key.is_not(None))
        conditions.append(has if asked.address == "yes" else ~has)
    return conditions


def _text_condition(text: str) -> sa.ColumnElement[bool] | None:
    """What is typed into the search box, by its look. Each form has its index; a part of a name reads
    through the index of name keys (70 ms for a million)."""
    text = text.strip()
    if not text:
        return None
    if "@" in text:
        people = sa.select(Workplace.company_id).join(Contact, Contact.workplace_id == Workplace.id)
        return Company.id.in_(people.where(Contact.address_key == address_key(text)))
    key = normalise_company_name(text)
    named = Company.name_key.contains(key, autoescape=True) if key else sa.false()
    digits = re.sub(r"[\s.\-]", "", text)
    if not (digits.isascii() and digits.isdigit()):
        return named
    numbered = sa.select(Company.id).where(Company.business_number.between(digits, digits + "9" * (10 - len(digits))))
    called = sa.select(Workplace.company_id).where(Workplace.phone_key == digits)
    found = [numbered, called]
    if len(digits) < 8:  # nobody is called by so long a number
        found.append(sa.select(Company.id).where(named))
    return Company.id.in_(sa.union_all(*found))  # each by its own index, which OR would not allow


def matching(scope: Scope, asked: CompanyFilter) -> sa.Select[tuple[int]]:
    """The ids of the visible companies that satisfy ``asked``, in no order, by the index of the most telling
    condition; a company with several such workplaces may come several times."""
    conditions = _workplace_conditions(scope, asked)
    text = _text_condition(asked.text)
    if text is None and conditions:
        return sa.select(Workplace.company_id.label("id")).where(*conditions)
    query = sa.select(Company.id)
    if text is not None:
        query = query.where(text)
    return query.where(_has_workplace(conditions)) if conditions else query


def gather(session: Session, scope: Scope, asked: CompanyFilter) -> Sequence[int] | None:
    """The ids of all matching companies, or None if they are more than CAP.

    Asked for DISTINCT ones, SQLite walks a million workplaces in the order of their companies, which is slow for a
    rare condition; so that is only asked where many companies have several workplaces."""
    query, enough = matching(scope, asked), CAP + CAP // 5 + 1
    found = session.scalars(query.limit(enough)).all()
    ids = list(dict.fromkeys(found))
    if len(found) == enough and len(ids) <= CAP:
        ids = list(session.scalars(query.distinct().limit(CAP + 1)))
    return ids if len(ids) <= CAP else None


def count(session: Session, scope: Scope, asked: CompanyFilter) -> int:
    """How many companies match; beyond CAP an AtLeast(CAP)."""
    ids = gather(session, scope, asked)
    return AtLeast(CAP) if ids is None else len(ids)


def ordered(
    scope: Scope, asked: CompanyFilter, order: str = "name", descending: bool = False,
    ids: Sequence[int] | None = None,
) -> sa.Select[tuple[Company]]:
    """The companies of ``ids`` (None: all that match) in order. By size only if they were gathered."""
    query = sa.select(Company)
    if ids is None:
        text, conditions = _text_condition(asked.text), _workplace_conditions(scope, asked)
        query = query.where(text) if text is not None else query
        query = query.where(_has_workplace(conditions)) if conditions else query
    else:
        query = query.where(among(Company.id, ids))
    column: Any = Company.id if order == "new" else Company.name
    if order == "size" and ids is not None:
        column = sa.func.coalesce(Company.headcount, -1)
    last = Company.id.desc() if descending else Company.id
    return query.order_by(column.desc() if descending else column, last)


def find(
    session: Session, scope: Scope, asked: CompanyFilter, *, order: str = "name", descending: bool = False,
    number: int = 1, size: int = PAGE_SIZE,
) -> Listing:
    """One page of the list, with what its rows show loaded."""
    ids = gather(session, scope, asked)
    total = AtLeast(CAP) if ids is None else len(ids)
    number = min(number, max(1, -(-total // size)))
    query = ordered(scope, asked, order, descending, ids).options(*_row_options())
    companies = session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()
    reachable = _reachable(session, scope, [company.id for company in companies])
    return Listing(companies, number, size, total, narrow=ids is not None, reachable=reachable)


def _row_options() -> list[Any]:
    places = selectinload(Company.workplaces)
    return [places.joinedload(Workplace.province), places.joinedload(Workplace.district),
            places.joinedload(Workplace.centre)]


def _reachable(session: Session, scope: Scope, company_ids: Sequence[int]) -> dict[int, int]:
    query = (
        sa.select(Workplace.company_id, sa.func.count())
        .join(Contact, Contact.workplace_id == Workplace.id)
        .where(Workplace.company_id.in_(company_ids), Contact.address_key.is_not(None), *reach(scope))
        .group_by(Workplace.company_id)
    )
    return dict(session.execute(query).all())


def for_page(session: Session, scope: Scope, company_id: int) -> Company:
    """The company with its places and people loaded, for its own page. Raises NotFound."""
    company = get(session, scope, company_id)
    people = selectinload(Company.workplaces).selectinload(Workplace.contacts).selectinload(Contact.consents)
    load = sa.select(Company).where(Company.id == company.id).options(
        people, *_row_options(), selectinload(Company.workplaces).joinedload(Workplace.complex)
    )
    return session.scalars(load.execution_options(populate_existing=True)).one()
