"""The people behind a count: a sample for the eye, and all of them for a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session, joinedload

from campaigns.audience.service import Question, included
from outreach.companies.models import Contact, Workplace
from outreach.errors import Invalid
from outreach.regions.reference import load_regions
from outreach.web.filters import business_number
from outreach.web.language import in_english
from outreach.wording import Text

SAMPLE = 50
MAX_ROWS = 50_000
_CHUNK = 500

HEADERS = (
    _l("기업명"), _l("사업자등록번호"), _l("사업장"), _l("시·도"), _l("시·군·구"), _l("담당 센터"), _l("산업단지"),
    _l("업종"), _l("상시근로자"), _l("담당자"), _l("직위"), _l("이메일"),
)


def sample(session: Session, question: Question) -> list[Contact]:
    """The first included people, one of each address."""
    ids = session.scalars(included(question).limit(4 * SAMPLE)).all()  # some share an address
    return _first_of_each_address(_people(session, ids), set())[:SAMPLE]


def rows(session: Session, question: Question) -> Iterator[tuple[int, list[Any]]]:
    """Contact id and cells of everyone included, one of each address. Raises Invalid for more than a workbook
    should hold."""
    ids = session.scalars(included(question).limit(MAX_ROWS + 1)).all()
    if len(ids) > MAX_ROWS:
        raise Invalid(Text(
            "한 번에 %(limit)s명까지 받을 수 있습니다. 조건을 나누어 받아 주세요.", limit=f"{MAX_ROWS:,}",
        ))
    taken: set[str] = set()
    for start in range(0, len(ids), _CHUNK):
        for contact in _first_of_each_address(_people(session, ids[start : start + _CHUNK]), taken):
            yield contact.id, _row(contact)


def _people(session: Session, ids: Sequence[int]) -> Sequence[Contact]:
    place = joinedload(Contact.workplace)
    query = sa.select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id).options(
        place.joinedload(Workplace.company), place.joinedload(Workplace.province),
        place.joinedload(Workplace.district), place.joinedload(Workplace.centre), place.joinedload(Workplace.complex),
    )
    return session.scalars(query).all()


def _first_of_each_address(people: Sequence[Contact], taken: set[str]) -> list[Contact]:
    """As freezing does: the first contact of an address gets the message."""
    first = []
    for contact in people:
        if contact.address_key and contact.address_key not in taken:
            taken.add(contact.address_key)
            first.append(contact)
    return first


def _row(contact: Contact) -> list[Any]:
    place = contact.workplace
    company = place.company
    number = company.business_number
    return [
        company.name, business_number(number) if number else None, place.name,
        place.province.name_ko if place.province else None, place.district.name_ko if place.district else None,
        place.centre.name_ko if place.centre else None, place.complex.name if place.complex else None,
        industry(place), place.headcount, contact.name, contact.title, contact.email,
    ]


def industry(place: Workplace) -> str:
    """The name of the workplace's division, or else of its section."""
    reference = load_regions()
    division = next((row for row in reference.divisions if row.division == place.ksic[:2]), None)
    found = division or next((row for row in reference.sections if row.section == place.section), None)
    return "" if found is None else found.name_en if in_english() else found.name_ko
