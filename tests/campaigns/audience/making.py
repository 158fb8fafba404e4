"""Companies with one contact each, and a history that says what the test wants."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from outreach.companies.models import Company, Consent, ConsentPurpose, Contact, Workplace
from outreach.db import db
from tests.people import NOW

_numbers = itertools.count(1)


def make_contact(centre_id: int | None, *, email: str | None = None, consents: bool = False, **place: Any) -> Contact:
    """A person at a workplace of its own; ``email=''`` for one without an address."""
    number = next(_numbers)
    email = f"person{number}@company{number}.example" if email is None else email
    company = Company(name=f"가상기업{number}", name_key=f"가상기업{number}", created_at=NOW, updated_at=NOW)
    values = {"section": "C", "ksic": "25110", "headcount": 20, **place}
    workplace = Workplace(company=company, centre_id=centre_id, created_at=NOW, updated_at=NOW, **values)
    contact = Contact(
        workplace=workplace, name=f"김담당{number}", email=email, address_key=email or None, created_at=NOW,
        updated_at=NOW,
    )
    if consents:
        contact.consents = [Consent(purpose=ConsentPurpose.ADVERTISING, given_at=NOW, how="시험")]
    db.session.add(company)
    db.session.flush()
    return contact


class ToldHistory:
    """``mailed``: address -> (mailing id, when); ``responded``: company id -> campaign id; ``often``: addresses that
    had as much mail as they may."""

    def __init__(
        self, mailed: dict[str, tuple[int, datetime]] | None = None, responded: dict[int, int] | None = None,
        often: Collection[str] = (),
    ):
        self._mailed, self._responded, self._often = mailed or {}, responded or {}, often

    def mailed(self, address_key: sa.ColumnElement[str], mailing_ids: Collection[int]) -> sa.ColumnElement[bool]:
        return address_key.in_([key for key, (mailing, _at) in self._mailed.items() if mailing in mailing_ids])

    def mailed_since(self, address_key: sa.ColumnElement[str], since: datetime) -> sa.ColumnElement[bool]:
        return address_key.in_([key for key, (_mailing, at) in self._mailed.items() if at >= since])

    def responded(self, company_id: sa.ColumnElement[int], campaign_ids: Collection[int]) -> sa.ColumnElement[bool]:
        return company_id.in_([key for key, campaign in self._responded.items() if campaign in campaign_ids])

    def too_often(self, address_key: Any, company_id: Any, now: datetime) -> sa.ColumnElement[bool] | None:
        return address_key.in_(self._often) if self._often else None

    def mailing_choices(self, session: Any, campaign: Any) -> list[tuple[int, str]]:
        return []


DAY = timedelta(days=1)
