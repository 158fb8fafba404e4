"""Recorded changes as people read them: names instead of addresses, words instead of numbers of rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _

from outreach.accounts import service as accounts
from outreach.accounts.models import User
from outreach.audit import labels
from outreach.audit.models import ChangeRecord
from outreach.audit.service import SERVICE
from outreach.db import db
from outreach.regions.models import Centre, IndustrialComplex, Region
from outreach.web.filters import kst_date

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
#: Fields that hold the id of a row, and the column that names it.
NAMES: dict[str, Any] = {
    "province_id": Region.name_ko, "district_id": Region.name_ko, "centre_id": Centre.name_ko,
    "complex_id": IndustrialComplex.name, "owner_id": User.name,
}


def people(history: Iterable[ChangeRecord]) -> dict[int, str]:
    """By record, who made the change: a name; the address of an account that is gone."""
    rows = list(history)
    names = accounts.names(db.session, {row.user_id for row in rows})
    return {
        row.id: names.get(row.user_id) or (_("자동") if row.user_email == SERVICE.email else row.user_email)
        for row in rows
    }


def shown(field: str, value: Any) -> str:
    """A recorded value of ``field``."""
    column = NAMES.get(field)
    if column is not None and isinstance(value, int):
        return db.session.query(column).filter(column.class_.id == value).scalar() or str(value)
    if isinstance(value, str) and _DAY.fullmatch(value):
        return kst_date(date.fromisoformat(value))
    return labels.shown(value)
