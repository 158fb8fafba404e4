"""The invented companies of the demo, written in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.clock import kst_today
from outreach.companies.emails import address_key
from outreach.companies.identity import normalise_company_name, phone_key, place_key
from outreach.companies.models import Company, Consent, ConsentPurpose, Contact, Workplace
from outreach.demo.companies import (
    FictionalCompany,
    FictionalWorkplace,
    featured_companies,
    fictional_companies,
    invented_postcode,
)
from outreach.regions.models import IndustrialComplex
from outreach.regions.reference import load_regions
from outreach.regions.service import RegionIndex

BATCH = 500
CONSENT_EVIDENCE = "가상 데이터: 산업단지 설명회 신청서에서 수신 동의"


class Firms:
    """Writes companies with workplaces, contacts and consents; remembers the featured ones' ids by key."""

    def __init__(self, session: Session, now: datetime):
        self._session, self._now = session, now
        self._tables = load_regions()
        self._index = RegionIndex(session, kst_today(now))
        names = {row.code: row.name_ko for row in self._tables.complexes}
        ids = dict(session.execute(sa.select(IndustrialComplex.name, IndustrialComplex.id)).all())
        self._complexes = {code: ids.get(name) for code, name in names.items()}
        self.featured: dict[str, int] = {}

    def write(self, count: int) -> Iterator[int]:
        """Write the featured companies and ``count`` others; yields after each batch how many are written.
        The caller commits between, so that no transaction is long."""
        written = 0
        firms = chain(featured_companies().values(), fictional_companies(count))
        while batch := tuple(islice(firms, BATCH)):
            self._write(batch)
            written += len(batch)
            yield written

    def _write(self, batch: tuple[FictionalCompany, ...]) -> None:
        session = self._session
        company_ids = self._insert(Company, [self._company(firm) for firm in batch])
        places = [(key, firm, place) for key, firm in zip(company_ids, batch, strict=True) for place in firm.workplaces]
        place_ids = self._insert(Workplace, [self._workplace(*row) for row in places])
        people = [
            (key, person) for key, (_, _, place) in zip(place_ids, places, strict=True) for person in place.contacts
        ]
        contact_ids = self._insert(Contact, [self._contact(key, person) for key, person in people])
        consents = [
            {"contact_id": key, "purpose": ConsentPurpose.ADVERTISING, "given_at": self._given_at(key),
             "how": CONSENT_EVIDENCE, "withdrawn_how": ""}
            for key, (_, person) in zip(contact_ids, people, strict=True) if person.consent and person.email
        ]
        if consents:
            session.execute(sa.insert(Consent), consents)
        self.featured |= {firm.key: key for key, firm in zip(company_ids, batch, strict=True) if firm.key}

    def _given_at(self, contact_id: int) -> datetime:
        """Most lately; some so long ago that their confirmation is near (정보통신망법 제50조제8항)."""
        return self._now - timedelta(days=680 if contact_id % 50 == 0 else 200)

    def _insert(self, model: type[Any], rows: list[dict[str, Any]]) -> list[int]:
        if not rows:
            return []
        stamped = [{**row, "created_at": self._now, "updated_at": self._now, "edited": {}} for row in rows]
        return list(self._session.scalars(sa.insert(model).returning(model.id, sort_by_parameter_order=True), stamped))

    def _company(self, firm: FictionalCompany) -> dict[str, Any]:
        return {
            "name": firm.name, "name_key": normalise_company_name(firm.name), "business_number": firm.business_number,
            "representative": firm.representative, "ksic": firm.ksic, "industry": firm.industry,
            "section": self._tables.section_of(firm.ksic) or "", "headcount": firm.headcount, "fictional": True,
            "version": 1,
        }

    def _workplace(self, company_id: int, firm: FictionalCompany, place: FictionalWorkplace) -> dict[str, Any]:
        found = self._index.match(place.address)
        return {
            "company_id": company_id, "workplace_number": place.number, "name": place.name, "is_head": place.is_head,
            "address": place.address, "address_key": place_key(place.address),
            "postcode": invented_postcode(place.address), "phone": place.phone,
            "phone_key": phone_key(place.phone), "province_id": found.province_id if found else None,
            "district_id": found.district_id if found else None, "centre_id": found.centre_id if found else None,
            "complex_id": self._complexes.get(place.complex), "ksic": firm.ksic,
            "section": self._tables.section_of(firm.ksic) or "", "headcount": place.headcount, "version": 1,
        }

    def _contact(self, workplace_id: int, person: Any) -> dict[str, Any]:
        return {
            "workplace_id": workplace_id, "name": person.name, "title": person.title, "email": person.email,
            "address_key": address_key(person.email) if person.email else None, "phone": person.phone, "version": 1,
        }
