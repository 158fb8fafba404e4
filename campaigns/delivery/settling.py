"""Settling a batch in one statement on PostgreSQL: an UPDATE for each row costs several times as much there, in
messages to and fro and on the server (docs/scale.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

_TYPES = {"int": "bigint", "str": "text", "datetime": "timestamptz"}


def settle_at_once(session: Session, one: str, worker: str, rows: Sequence[Any]) -> None:
    """``one``: the UPDATE of one row with the fields of the dataclass ``rows`` are of as parameters, and ``:worker``.
    Each row is settled by it, all in one statement."""
    kind = type(rows[0])
    columns = {field.name: [getattr(row, field.name) for row in rows] for field in fields(kind)}
    session.execute(_statement(one, kind), {**columns, "worker": worker})


@cache
def _statement(one: str, kind: type[Any]) -> sa.TextClause:
    """The same UPDATE over arrays: ``:text`` becomes the column ``v_text`` of what the arrays make."""
    types = {field.name: _TYPES[str(field.type).partition(" ")[0]] for field in fields(kind)}
    update, _, where = re.sub(r":(?!worker\b)(\w+)", r"v_\1", one).partition("WHERE")
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in types.items())
    names = ", ".join(f"v_{name}" for name in types)
    return sa.text(f"{update}FROM unnest({arrays}) AS v({names}) WHERE{where}")
