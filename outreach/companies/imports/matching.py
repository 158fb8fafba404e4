"""Which companies of the database the bundles of one chunk are, by the rule of identity (companies.rules), and all
that is known of them. A handful of queries for a chunk, whatever its length."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.companies.imports.bundles import Bundle
from outreach.companies.models import Company, Consent, Contact, Suppression, Workplace
from outreach.db import among

Record = dict[str, Any]
"""A row of a table as column name to value."""

_COMPANY = sa.select(
    Company.id, Company.name, Company.name_key, Company.business_number, Company.corporate_number,
    Company.representative, Company.ksic, Company.section, Company.industry, Company.headcount, Company.homepage,
    Company.memo, Company.edited,
)
_WORKPLACE = sa.select(
    Workplace.id, Workplace.company_id, Workplace.workplace_number, Workplace.name, Workplace.is_head,
    Workplace.address, Workplace.address_key, Workplace.postcode, Workplace.phone, Workplace.phone_key,
    Workplace.province_id, Workplace.district_id, Workplace.centre_id, Workplace.complex_id, Workplace.section,
    Workplace.ksic, Workplace.headcount, Workplace.edited,
).order_by(Workplace.id)
_CONTACT = sa.select(
    Contact.id, Contact.workplace_id, Contact.name, Contact.title, Contact.email, Contact.address_key,
    Contact.phone, Contact.edited,
).order_by(Contact.id)
_CONSENT = sa.select(
    Consent.id, Consent.contact_id, Consent.purpose, Consent.given_at, Consent.withdrawn_at
).order_by(Consent.id)


@dataclass(slots=True)
class Person:
    """A contact person of the database, and how it stands with consent."""

    record: Record
    consents: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """A workplace of the database with its people."""

    record: Record
    people: list[Person] = field(default_factory=list)


@dataclass(slots=True)
class Known:
    """A company of the database with its workplaces, the head first."""

    record: Record
    places: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Match:
    """What one bundle is: a known company, or a new one. ``rivals``: companies it might be, between which only a
    person can choose."""

    known: Known | None = None
    rivals: Sequence[int] = ()


def match(session: Session, bundles: Sequence[Bundle]) -> list[Match]:
    """One match for each bundle from the first on. The list may be shorter than ``bundles``: it ends before a
    bundle that concerns a company which an earlier one is about to change; ask again once that is stored."""
    ids, rivals = _company_ids(session, bundles)
    taken: set[int] = set()
    for at, company_id in enumerate(ids):
        if company_id in taken:
            ids = ids[:at]
            break
        if company_id is not None:
            taken.add(company_id)
    known = load(session, taken)
    return [
        Match(known[company_id] if company_id is not None else None, rivals.get(at, ()))
        for at, company_id in enumerate(ids)
    ]


def _company_ids(session: Session, bundles: Sequence[Bundle]) -> tuple[list[int | None], dict[int, list[int]]]:
    numbers = [bundle[0].company.get("business_number") for bundle in bundles]
    by_number = _by_number(session, [number for number in numbers if number])
    ids: list[int | None] = [by_number.get(number) if number else None for number in numbers]
    keys = {
        at: list(dict.fromkeys(key for row in bundle for key in row.identity().loose))
        for at, bundle in enumerate(bundles)
        if ids[at] is None
    }
    found = _by_loose_key(session, [key for some in keys.values() for key in some])
    rivals: dict[int, list[int]] = {}
    for at, some in keys.items():
        candidates = {candidate for key in some for candidate in found.get(key, ())}
        ids[at], others = _choose(candidates, has_number=bool(numbers[at]))
        if others:
            rivals[at] = others
    return ids, rivals


def _choose(candidates: Iterable[tuple[int, bool]], *, has_number: bool) -> tuple[int | None, list[int]]:
    """The company among (id, has a number): with two numbers they are two businesses; without, the one that fits;
    of several, the oldest that has no number either, so that a second import finds what the first one made."""
    fitting = sorted(candidate for candidate, numbered in candidates if not (has_number and numbered))
    if len(fitting) == 1:
        return fitting[0], []
    if not fitting:
        return None, []
    plain = sorted(candidate for candidate, numbered in candidates if not numbered)
    return (None, fitting) if has_number or not plain else (plain[0], [])


def _by_number(session: Session, numbers: Sequence[str]) -> dict[str, int]:
    if not numbers:
        return {}
    query = sa.select(Company.business_number, Company.id).where(among(Company.business_number, numbers))
    return _pairs(session, query)


def _by_loose_key(session: Session, keys: Sequence[str]) -> dict[str, set[tuple[int, bool]]]:
    """For keys of name with phone (t), address (a) or e-mail (m): the companies that have them, and whether they
    have a business number."""
    told = [key.partition("|")[::2] for key in keys]
    query = sa.select(Company.name_key).where(among(Company.name_key, {name for name, _value in told}))
    called = set(session.scalars(query)) if told else set()  # of a new list, hardly any
    parts: dict[str, tuple[set[str], set[str]]] = {kind: (set(), set()) for kind in "tam"}
    for name, value in told:
        if name in called:
            names, values = parts[value[0]]
            names.add(name)
            values.add(value[1:])
    found: dict[str, set[tuple[int, bool]]] = {}
    for kind, (query, column) in _LOOSE.items():
        names, values = parts[kind]
        if not values:
            continue
        query = query.where(among(Company.name_key, names), among(column, values))
        for row in session.execute(query):
            found.setdefault(f"{row[1]}|{kind}{row[3]}", set()).add((row[0], row[2] is not None))
    return found


def _loose(column: Any) -> sa.Select[Any]:
    return sa.select(Company.id, Company.name_key, Company.business_number, column).join(Company.workplaces)


_LOOSE: dict[str, tuple[sa.Select[Any], Any]] = {
    "t": (_loose(Workplace.phone_key), Workplace.phone_key),
    "a": (_loose(Workplace.address_key), Workplace.address_key),
    "m": (  # an e-mail address tells a company only where neither phone nor address does
        _loose(Contact.address_key).join(Workplace.contacts).where(
            Workplace.phone_key == "", Workplace.address_key == ""
        ),
        Contact.address_key,
    ),
}


# -- what is known of them ---------------------------------------------------------------------------------


def load(session: Session, ids: Iterable[int]) -> dict[int, Known]:
    """Companies with their workplaces, people and consents."""
    ids = list(ids)
    if not ids:
        return {}
    companies = {record["id"]: Known(record) for record in _records(session, _COMPANY, Company.id, ids)}
    places: dict[int, Place] = {}
    for record in _records(session, _WORKPLACE, Workplace.company_id, ids):
        places[record["id"]] = place = Place(record)
        companies[record["company_id"]].places.append(place)
    people: dict[int, Person] = {}
    for record in _records(session, _CONTACT, Contact.workplace_id, places):
        people[record["id"]] = person = Person(record)
        places[record["workplace_id"]].people.append(person)
    for known in companies.values():
        known.places.sort(key=lambda place: not place.record["is_head"])
    return companies


def load_consents(session: Session, people: Sequence[Person]) -> None:
    """Fill in the consents of these people, withdrawn ones included, in the order they were given."""
    by_id = {person.record["id"]: person for person in people}
    for record in _records(session, _CONSENT, Consent.contact_id, by_id) if by_id else ():
        by_id[record["contact_id"]].consents.append(record)


def _pairs(session: Session, query: sa.Select[Any]) -> dict[Any, Any]:
    return {key: value for key, value in session.execute(query)}  # noqa: C416 - dict() would take a Result for a mapping


def _records(session: Session, query: sa.Select[Any], column: Any, values: Collection[Any]) -> list[Record]:
    result = session.execute(query.where(among(column, values)))
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]


def suppressed(session: Session, address_keys: Sequence[str]) -> set[str]:
    """Which of these addresses get no mail."""
    if not address_keys:
        return set()
    found = among(Suppression.address_key, address_keys)
    return set(session.scalars(sa.select(Suppression.address_key).where(found)))


def namesakes(session: Session, name_keys: Sequence[str]) -> Callable[[str, bool], int | None]:
    """For a new company: the oldest company of that name which it may be, given its name key and whether it has
    a business number (two different numbers are two businesses)."""
    query = sa.select(Company.name_key, sa.func.min(Company.id)).where(
        among(Company.name_key, name_keys)
    )
    query = query.group_by(Company.name_key)
    every = _pairs(session, query) if name_keys else {}
    plain_query = query.where(Company.business_number.is_(None))
    plain = _pairs(session, plain_query) if every else {}
    return lambda key, has_number: (plain if has_number else every).get(key)
