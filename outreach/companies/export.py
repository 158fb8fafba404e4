"""Companies with their contact persons as rows of a workbook, one row a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session, joinedload

from outreach.companies import ksic, search
from outreach.companies.consent import PURPOSE_LABELS, REASON_LABELS, suppressed
from outreach.companies.models import Company, Consent, Contact, Suppression, Workplace
from outreach.errors import Invalid
from outreach.scope import Scope
from outreach.web.filters import business_number

MAX_COMPANIES = 50_000
_CHUNK = 500

HEADERS = (
    _l("기업명"), _l("사업자등록번호"), _l("대표자"), _l("산업 대분류"), _l("업종"), _l("사업장"), _l("사업장관리번호"),
    _l("주소"), _l("시·군·구"), _l("관할 센터"), _l("산업단지"), _l("상시근로자"), _l("대표전화"), _l("담당자"),
    _l("부서·직위"), _l("이메일"), _l("전화"), _l("수신동의"), _l("수신거부"),
)

Row = tuple[list[Any], int | None]


def company_ids(session: Session, scope: Scope, asked: search.CompanyFilter) -> Sequence[int]:
    """The companies of the list in order of name. Raises Invalid for more than a workbook should hold."""
    some = search.matching(scope, asked).distinct().limit(MAX_COMPANIES + 1).subquery()
    ids = session.scalars(sa.select(Company.id).join(some, some.c.id == Company.id).order_by(Company.name, Company.id))
    found = ids.all()
    if len(found) > MAX_COMPANIES:
        raise Invalid("한 번에 50,000곳까지 받을 수 있습니다. 지역이나 업종, 규모로 나누어 받아 주세요.")
    return found


def rows(session: Session, scope: Scope, ids: Sequence[int]) -> Iterator[Row]:
    """Cells and contact id (None for a workplace without one), some hundred companies at a time."""
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        people = _people(session, scope, some)
        keys = [contact.address_key for _place, contact in people if contact and contact.address_key]
        refused = suppressed(session, keys)
        consents = _consents(session, [contact.id for _place, contact in people if contact])
        place_of = {company_id: at for at, company_id in enumerate(some)}
        for place, contact in sorted(people, key=lambda pair: place_of[pair[0].company_id]):
            yield _row(place, contact, consents, refused), contact.id if contact else None


def _people(
    session: Session, scope: Scope, ids: Sequence[int]
) -> Sequence[sa.Row[tuple[Workplace, Contact | None]]]:
    query = (
        sa.select(Workplace, Contact).outerjoin(Contact, Contact.workplace_id == Workplace.id)
        .where(Workplace.company_id.in_(ids), *search.reach(scope)).order_by(Workplace.id, Contact.id)
        .options(
            joinedload(Workplace.company), joinedload(Workplace.district), joinedload(Workplace.centre),
            joinedload(Workplace.complex),
        )
    )
    return session.execute(query).all()


def _consents(session: Session, contact_ids: Sequence[int]) -> dict[int, list[Consent]]:
    query = sa.select(Consent).where(Consent.contact_id.in_(contact_ids), Consent.withdrawn_at.is_(None))
    found: dict[int, list[Consent]] = {}
    for consent in session.scalars(query):
        found.setdefault(consent.contact_id, []).append(consent)
    return found


def _row(
    place: Workplace, contact: Contact | None, consents: dict[int, list[Consent]], refused: dict[str, Suppression]
) -> list[Any]:
    company = place.company
    cells = [
        company.name, business_number(company.business_number) if company.business_number else None,
        company.representative, ksic.SECTIONS.get(place.section or company.section), company.industry, place.name,
        place.workplace_number, place.address, place.district.name_ko if place.district else None,
        place.centre.name_ko if place.centre else None, place.complex.name if place.complex else None,
        place.headcount, place.phone,
    ]
    if contact is None:
        return cells
    refusal = refused.get(contact.address_key or "")
    given = ", ".join(_(PURPOSE_LABELS[consent.purpose]) for consent in consents.get(contact.id, ()))
    return [*cells, contact.name, contact.title, contact.email, contact.phone, given,
            _(REASON_LABELS[refusal.reason]) if refusal else None]
