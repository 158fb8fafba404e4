"""What commands share: they work on the database as this version of the program knows it, or say what to do."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach import upgrades
from outreach.db import db, reading

UPGRADE = "데이터베이스를 먼저 준비해 주세요 / prepare the database first: flask --app wsgi db upgrade"


def require_current_database() -> None:
    """Raises ClickException (exit status 1) if the database can't be reached or its migrations are not ours."""
    try:
        with reading(), db.engine.connect() as connection:
            found = upgrades.current(connection)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        if reason == "unable to open database file":  # SQLite: its folder is made by the upgrade
            raise click.ClickException(UPGRADE) from error
        text = f"데이터베이스에 연결하지 못했습니다 / the database can't be reached: {reason}"
        raise click.ClickException(text) from error
    if found != upgrades.head():
        raise click.ClickException(UPGRADE)


def needs_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Below the click decorators: the command runs only on a database that is up to date."""

    @functools.wraps(command)
    def checked(*args: Any, **values: Any) -> Any:
        require_current_database()
        return command(*args, **values)

    return checked


class CommandGroup(AppGroup):
    """A group all of whose commands need the database."""

    def command(self, *args: Any, **values: Any) -> Callable[[Callable[..., Any]], click.Command]:  # type: ignore[override]
        register = super().command(*args, **values)
        return lambda function: register(needs_database(function))
