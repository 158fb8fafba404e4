"""Companies for the tests of this area, made through the service as a person would."""

from __future__ import annotations

import itertools
from typing import Any

import sqlalchemy as sa

from outreach.audit.service import SERVICE
from outreach.companies import service
from outreach.companies.models import Company, Contact
from outreach.db import db
from outreach.regions.models import Centre
from outreach.scope import Role, Scope
from tests.people import NOW

HEADQUARTERS = Scope(Role.HEADQUARTERS, 1)
NUMBERS = ("1208147521", "1248100998", "1018169393", "2208162517")  # check digits are right
_numbers = itertools.count(1)


def staff(centre: Centre, role: Role = Role.PROMOTION) -> Scope:
    return Scope(role, 7, centre_id=centre.id)


def make_company(
    centre: Centre | None, name: str = "한빛정밀", *, email: str | None = "kim@hanbit.example", **values: Any
) -> Company:
    """A company with its head workplace in ``centre`` and, if there is an ``email``, 김민수 as contact person."""
    number = next(_numbers)
    place = {key: values.pop(key) for key in ("address", "phone", "workplace_number") if key in values}
    place.setdefault("phone", f"02-100-{number:04}")
    company = service.create(db.session, HEADQUARTERS, SERVICE, {"name": name, **values}, place, now=NOW)
    workplace = company.workplaces[0]
    workplace.centre_id = centre.id if centre else None
    db.session.flush()
    if email is not None:
        person = {"name": "김민수", "title": "인사팀 과장", "email": email, "phone": "02-1234-5678"}
        service.add_contact(db.session, HEADQUARTERS, SERVICE, workplace.id, person, now=NOW)
    return company


def contact_of(company: Company) -> Contact:
    query = sa.select(Contact).join(Contact.workplace).filter_by(company_id=company.id).order_by(Contact.id)
    return db.session.scalars(query).first()


