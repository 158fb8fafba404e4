"""The database: one metadata, typed columns, and transactions that are right on SQLite, too.

SQLite rules (measured; see docs/decisions/0002-sqlite-transactions.md): a unit of work that writes
begins with BEGIN IMMEDIATE, so a read-then-write can neither lose an update nor fail with "database
is locked" in the middle; reads use a deferred BEGIN and never block anyone (WAL). Which of the two a
transaction is, is decided when it begins, by :func:`writing` / :func:`reading`; the default is
writing, since a wrong "reading" is an error and a wrong "writing" only a short wait.
"""

from __future__ import annotations

import enum
import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from outreach.clock import UTC, as_utc
from outreach.errors import StaleEdit
from outreach.wording import restored, stored

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY_TIMEOUT_MS = 15_000

_begin_mode: ContextVar[str] = ContextVar("sqlite_begin_mode", default="IMMEDIATE")


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: aware datetimes in, aware UTC out; a naive one is refused. On SQLite stored as
    ISO text of fixed width in UTC, which sorts as time does."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        value = as_utc(value)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Wording(sa.types.TypeDecorator[str]):
    """A message that can still be said in the reader's language (outreach.wording.Text)."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else stored(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else restored(value)


def enum_type(kind: type[enum.Enum]) -> sa.Enum:
    """VARCHAR with a CHECK, storing the enum's values (portable; new words need a migration)."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        name=kind.__name__.lower(),
    )


#: JSON column; JSONB where the database has it. Korean is stored readable, not escaped.
Json = sa.JSON().with_variant(JSONB(), "postgresql")

#: Whole-number key: 64 bits on PostgreSQL, the rowid on SQLite.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class _Among(FunctionElement[bool]):
    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it stands: where there is no boolean type, a function is compared with 1, which no index answers."""
        return self


def among(column: Any, values: Collection[Any]) -> sa.ColumnElement[bool]:
    """That ``column`` is one of thousands of values, handed over as one: to bind each by itself costs more than to
    look it up."""
    listed = sa.ARRAY(column.type).with_variant(sa.JSON(), "sqlite")
    return _Among(column, sa.bindparam(None, list(values), listed))


@compiles(_Among)
def _among(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are compiled


class Identified:
    """A surrogate key, 64 bits wide on PostgreSQL."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)


class Stamped:
    """When the row was made and last changed; set by the services through ``now``."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Versioned:
    """An edit counter that SQLAlchemy checks on every UPDATE; see :func:`check_version`."""

    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


def check_version(row: Versioned, version: int | None) -> None:
    """Refuse an edit that was begun on an older version of ``row``. Raises StaleEdit."""
    if version is not None and row.version != version:
        raise StaleEdit(row.version)


def begin_mode(mode: str) -> None:
    """Say how the next transaction of this context begins: 'IMMEDIATE' or 'DEFERRED' (SQLite only)."""
    _begin_mode.set(mode)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside only read. End the session's transaction before and after."""
    token = _begin_mode.set("DEFERRED")
    try:
        yield
    finally:
        _begin_mode.reset(token)


@contextmanager
def unit_of_work(session: Any) -> Iterator[Any]:
    """One short writing transaction of ``session``: committed at the end, rolled back on an error.

    Anything the session read before is let go first, so that the unit begins with its own
    BEGIN IMMEDIATE and sees the present.
    """
    session.rollback()
    token = _begin_mode.set("IMMEDIATE")
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _begin_mode.reset(token)


as_json = json.JSONEncoder(ensure_ascii=False).encode
"""JSON with Korean readable. One encoder for all: json.dumps would make a new one for every value."""


def _from_json(text: str | bytes) -> Any:
    return {} if text == "{}" else json.loads(text)


def engine_options(url: str) -> dict[str, Any]:
    """Pool and driver options for ``url``."""
    options: dict[str, Any] = {"json_serializer": as_json, "json_deserializer": _from_json}
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
        options["poolclass"] = sa.pool.QueuePool
        options["pool_size"] = 16
    else:
        options |= {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 8}
    return options


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.execute("PRAGMA cache_size = -64000")
    cursor.close()


def keep_few_pages(engine: Engine) -> None:
    """For a process that reads most rows once, such as one that sends mail: keep 8 MB of an SQLite file in each
    connection instead of 64. Connections that are open now are closed."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA cache_size = -8000"))
        engine.dispose()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: sa.Connection) -> None:
    autocommit = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    if connection.dialect.name == "sqlite" and not autocommit:
        connection.exec_driver_sql(f"BEGIN {_begin_mode.get()}")
