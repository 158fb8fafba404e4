"""The migrations, as `flask db` runs them and as every role checks them.

Alembic is loaded only by whoever migrates: it takes 11 MB of each process that has loaded it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa
from flask import Flask

from outreach.db import db
from outreach.lazy import lazy

if TYPE_CHECKING:
    import flask_migrate
    from flask_migrate import cli
else:
    flask_migrate, cli = lazy("flask_migrate"), lazy("flask_migrate.cli")

FOLDER = Path(__file__).parent / "migrations"


def init_app(app: Flask) -> None:
    """`flask db`, and what flask_migrate looks for in the application."""
    app.extensions["migrate"] = _Extension(app)
    app.cli.add_command(_Commands("db", help="Perform database migrations."))


def head() -> str:
    """The newest migration. They are one line, and a file's name begins with its revision."""
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current(connection: sa.Connection) -> str | None:
    """The migration a database stands at, None before the first."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(sa.text("SELECT version_num FROM alembic_version"))


class _Extension:
    """Becomes flask_migrate's own as soon as it is asked for anything."""

    def __init__(self, app: Flask):
        self._app = app

    def __getattr__(self, name: str) -> Any:
        flask_migrate.Migrate().init_app(self._app, db, directory=str(FOLDER), render_as_batch=True)
        return getattr(self._app.extensions["migrate"], name)


class _Commands(click.Group):
    """flask_migrate's commands, loaded with the first look at them."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return cli.db.get_params(ctx)

    def invoke(self, ctx: click.Context) -> Any:
        self.callback = cli.db.callback
        return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return cli.db.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return cli.db.get_command(ctx, cmd_name)
