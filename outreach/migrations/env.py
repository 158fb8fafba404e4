"""Alembic environment: the application's own metadata and engine; batch mode, since SQLite cannot
alter columns in place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context
from flask import current_app

from outreach.db import UtcDateTime, db


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # a rebuilt table must not cascade into the others
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        context.configure(
            connection=connection, target_metadata=db.metadata, render_as_batch=True, compare_type=True,
            transaction_per_migration=True, include_object=_ours, render_item=_render,
        )
        with context.begin_transaction():
            context.run_migrations()
        if engine.dialect.name == "sqlite":
            connection.rollback()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")


def _ours(item: sa.schema.SchemaItem, name: str | None, kind: str, *_: object) -> bool:
    return kind != "table" or name in db.metadata.tables


def _render(kind: str, item: object, _autogen: object) -> str | bool:
    """Write our own types as the plain ones they are stored as: a migration must not change with code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


run()
