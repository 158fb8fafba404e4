"""Companies and leads for the tests of leads and responses."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from outreach.companies.models import Company, Contact, Workplace
from outreach.db import db
from outreach.leads import service
from outreach.leads.models import Lead
from outreach.leads.rules import Respondent
from outreach.regions.models import Centre
from tests.people import NOW

BASE_URL = "http://localhost"
_numbers = itertools.count(1)


def make_company(centre: Centre | None, name: str | None = None, *, number: str | None = None) -> Company:
    """A company with one workplace of ``centre`` and one contact person, 김민수."""
    place = next(_numbers)
    name = name or f"시험정밀{place}"
    times: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}
    company = Company(name=name, name_key=name, business_number=number, fictional=True, **times)
    centre_id = centre.id if centre else None
    workplace = Workplace(company=company, centre_id=centre_id, address="서울 구로구 시험로 1", **times)
    email = f"minsu{place}@company.example"
    workplace.contacts.append(Contact(name="김민수", email=email, address_key=email, phone="02-0000-0001", **times))
    db.session.add(company)
    db.session.flush()
    return company


def answer(
    company: Company, *, source: str | None = None, wants: tuple[str, ...] = ("flexible",),
    respondent: Respondent = Respondent("이하나"), now: datetime = NOW, note: str = "",
) -> Lead:
    """The company answers: its open lead."""
    return service.open_or_update(
        db.session, company=company, workplace=company.workplaces[0], wants=wants, respondent=respondent, note=note,
        source=source or f"test:{next(_numbers)}", source_label="메일 링크", at=now, now=now, base_url=BASE_URL,
    )
