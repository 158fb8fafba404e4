"""Settling a batch in few statements (docs/scale.md).

On PostgreSQL in one: an UPDATE for each row costs several times as much there, in messages to and fro and on the
server. On SQLite in one for each hundred rows: for every UPDATE it builds anew what the CHECKs compare with, which
costs more than the row; with several hundred rows a statement, planning it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.db import UtcDateTime

ROWS = 100  # a statement, on SQLite
_TYPES = {"int": "bigint", "str": "text", "datetime": "timestamptz"}


def settle_all(session: Session, one: str, worker: str, rows: Sequence[Any]) -> None:
    """``one``: the UPDATE of one row with the fields of the dataclass ``rows`` are of as parameters, and ``:worker``.
    Each row is settled by it."""
    if not rows:
        return
    kind, dialect = type(rows[0]), session.get_bind().dialect
    if dialect.name == "postgresql":
        columns = {name: [getattr(row, name) for row in rows] for name in _types(kind)}
        session.execute(_over_arrays(one, kind), {**columns, "worker": worker})
        return
    values_of = _values_of(kind, dialect)
    for at in range(0, len(rows), ROWS):
        chunk = rows[at : at + ROWS]
        values = [value for row in chunk for value in values_of(row)]
        session.connection().exec_driver_sql(_over_values(one, kind, len(chunk)), (*values, worker))


def _values_of(kind: type[Any], dialect: sa.Dialect) -> Callable[[Any], list[Any]]:
    """What the driver is given for a row; the same few instants come again and again."""
    types = _types(kind)
    fetch, instants = attrgetter(*types), [at for at, name in enumerate(types.values()) if name == "timestamptz"]
    stored = lru_cache(maxsize=16)(UtcDateTime().dialect_impl(dialect).bind_processor(dialect))

    def values(row: Any) -> list[Any]:
        found = list(fetch(row))
        for at in instants:
            if found[at] is not None:
                found[at] = stored(found[at])
        return found

    return values


def _types(kind: type[Any]) -> dict[str, str]:
    """Field -> its type on PostgreSQL."""
    return {field.name: _TYPES[str(field.type).partition(" ")[0]] for field in fields(kind)}


@cache
def _over_arrays(one: str, kind: type[Any]) -> sa.TextClause:
    """For PostgreSQL: over the rows that arrays make."""
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _types(kind).items())
    return sa.text(_over(one, f"unnest({arrays}) AS v({_columns(kind)})"))


@lru_cache(maxsize=2 * ROWS)
def _over_values(one: str, kind: type[Any], rows: int) -> str:
    """For SQLite: over so many rows of values, all of them nameless parameters, and the worker's behind."""
    row = f"({', '.join('?' * len(_types(kind)))})"
    return f"WITH v({_columns(kind)}) AS (VALUES {', '.join([row] * rows)}) " + _over(one, "v").replace(":worker", "?")


def _over(one: str, source: str) -> str:
    """The UPDATE over the rows of ``source``: ``:text`` becomes its column ``v_text``."""
    update, _, where = re.sub(r":(?!worker\b)(\w+)", r"v_\1", one).partition("WHERE")
    return f"{update}FROM {source} WHERE{where}"


def _columns(kind: type[Any]) -> str:
    return ", ".join(f"v_{name}" for name in _types(kind))
