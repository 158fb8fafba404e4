"""Rows in bulk: new ones, changed ones, in as few statements as there are tables and kinds of change.

Not through the ORM, which costs ten times as much a row (see docs/decisions/0006-import-identity.md). Values go in
as the drivers take them; every identifier in the SQL below comes from the models.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.audit.models import ChangeRecord
from outreach.companies.models import Company, Consent, Contact, ImportReject, MergeSuggestion, Workplace

#: PostgreSQL: imports write one after the other, since two that meet the same new company without a business
#: number would both add it. SQLite has one writer at a time anyway.
_IMPORT_LOCK = 0x0D0A_1417

_BLOCK = 500  # ids fetched at a time

COLUMNS: dict[type[Any], tuple[str, ...]] = {
    Company: (
        "id", "name", "name_key", "business_number", "corporate_number", "representative", "ksic", "ksic_version",
        "section", "industry", "headcount", "homepage", "memo", "fictional", "edited", "created_at", "updated_at",
        "version",
    ),
    Workplace: (
        "id", "company_id", "workplace_number", "name", "is_head", "address", "address_key", "postcode", "phone",
        "phone_key", "province_id", "district_id", "centre_id", "complex_id", "section", "ksic", "headcount",
        "edited", "created_at", "updated_at", "version",
    ),
    Contact: (
        "id", "workplace_id", "name", "title", "email", "address_key", "phone", "edited", "created_at", "updated_at",
        "version",
    ),
    Consent: ("contact_id", "purpose", "given_at", "how", "withdrawn_at", "withdrawn_how"),
    ChangeRecord: ("at", "user_id", "user_email", "subject", "subject_id", "action", "changes"),
    ImportReject: ("import_id", "row", "column", "reason", "cells"),
    MergeSuggestion: ("company_id", "other_id", "reason", "created_at"),
}
"""Columns of a new row in the order of its tuple."""


def lock(session: Session) -> None:
    """Let no other import write until this unit of work ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _IMPORT_LOCK})


def instant(session: Session, value: datetime) -> Any:
    """``value`` as the driver takes it in a statement of ours."""
    dialect = session.get_bind().dialect
    process = Company.__table__.c.created_at.type.dialect_impl(dialect).bind_processor(dialect)
    return process(value) if process else value


class Ids:
    """Keys for new rows, known before they are written so that children can name their parents. To be used
    within the unit of work that writes them."""

    def __init__(self, session: Session):
        self._session = session
        self._is_postgres = session.get_bind().dialect.name == "postgresql"
        self._next: dict[type[Any], Iterator[int]] = {}

    def take(self, model: type[Any]) -> int:
        if model not in self._next:
            self._next[model] = self._blocks(model)
        return next(self._next[model])

    def _blocks(self, model: type[Any]) -> Iterator[int]:
        table = model.__tablename__
        if not self._is_postgres:  # the write lock is ours: nobody else takes the next key
            last = self._session.scalar(sa.select(sa.func.max(model.id))) or 0
            yield from itertools.count(last + 1)
        query = sa.text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
        while True:
            yield from self._session.scalars(query, {"table": table, "count": _BLOCK}).all()


class NoIds(Ids):
    """Keys for a dry run, which writes nothing: negative, so that no row has them."""

    def __init__(self) -> None:
        self._numbers = itertools.count(-1, -1)

    def take(self, model: type[Any]) -> int:
        return next(self._numbers)


class Batch:
    """What a chunk writes, gathered first and written at once."""

    def __init__(self) -> None:
        self.new: dict[type[Any], list[tuple[Any, ...]]] = {model: [] for model in COLUMNS}
        self._updates: dict[tuple[type[Any], tuple[str, ...]], list[tuple[Any, ...]]] = defaultdict(list)

    def update(self, model: type[Any], key: int, values: dict[str, Any]) -> None:
        """Change columns of one row; ``values`` as the driver takes them."""
        fields = tuple(sorted(values))
        self._updates[model, fields].append((*(values[field] for field in fields), key))

    def write(self, session: Session) -> None:
        """Parents before children; new companies before updates is right, too: numbers are unique either way."""
        connection = session.connection()
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        for model, rows in self.new.items():
            if rows:
                connection.exec_driver_sql(_insert(model, mark), rows)
        for (model, fields), changes in self._updates.items():
            connection.exec_driver_sql(_update(model, fields, mark), changes)


def _insert(model: type[Any], mark: str) -> str:
    names = COLUMNS[model]
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join([mark] * len(names))
    tail = " ON CONFLICT DO NOTHING" if model in (Consent, MergeSuggestion) else ""
    return f'INSERT INTO "{model.__tablename__}" ({quoted}) VALUES ({values}){tail}'  # noqa: S608 - names are ours


def _update(model: type[Any], fields: Sequence[str], mark: str) -> str:
    counted = ", version = version + 1" if hasattr(model, "version") else ""
    values = ", ".join(f'"{field}" = {mark}' for field in fields) + counted
    return f'UPDATE "{model.__tablename__}" SET {values} WHERE id = {mark}'  # noqa: S608 - names are ours
