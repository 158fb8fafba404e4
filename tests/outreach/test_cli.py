"""Commands on a database that is not ready say what to do, and touch nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from outreach.db import db
from tests.conftest import make_app

COMMANDS = [
    ["jobs", "list"], ["jobs", "run", "jobs.purge"], ["accounts", "token", "a@b.example"], ["mailings", "run-due"],
    ["accounts", "create", "a@b.example", "--role", "auditor"], ["reference", "load"],
    ["serve"], ["web"], ["clock"], ["worker"], ["companies", "import", __file__],
]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    """A site whose database was never made."""
    app = make_app(f"sqlite:///{tmp_path / 'empty.sqlite3'}", tmp_path, demo=True)
    with app.app_context():
        yield app


@pytest.mark.sqlite
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_empty_database_is_exit_status_1_with_the_way_out(empty: Flask, command: list[str]) -> None:
    result = empty.test_cli_runner().invoke(args=command)
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].endswith("flask --app wsgi db upgrade")


@pytest.mark.sqlite
def test_a_folder_that_does_not_exist_yet_is_said_the_same_way(tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'no' / 'such.sqlite3'}", tmp_path)
    result = app.test_cli_runner().invoke(args=["jobs", "list"])
    assert result.exit_code == 1 and "db upgrade" in result.output


def test_an_older_database_is_not_worked_on(app: Flask) -> None:
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["jobs", "list"])
    assert result.exit_code == 1 and "db upgrade" in result.output


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    app = make_app("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path)
    result = app.test_cli_runner().invoke(args=["jobs", "list"])
    assert result.exit_code == 1 and "can't be reached" in result.output and "Traceback" not in result.output


def test_help_needs_no_database(empty: Flask) -> None:
    result = empty.test_cli_runner().invoke(args=["jobs", "list", "--help"])
    assert result.exit_code == 0 and "Schedules" in result.output
