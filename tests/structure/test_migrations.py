"""The migrations make what the models say, in one line, and there is a way back. On both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask

from outreach import upgrades
from outreach.db import db

WORDS = re.compile(r"'([^']*)'")


@pytest.fixture
def script(app: Flask) -> ScriptDirectory:
    return ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())


def enums() -> Iterator[tuple[str, sa.Column, set[str]]]:
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, sa.Enum):
                yield table.name, column, set(column.type.enums)


def test_there_is_one_line_of_migrations(script: ScriptDirectory) -> None:
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    assert [step.revision for step in script.walk_revisions() if step.is_merge_point or step.is_branch_point] == []
    assert script.get_heads() == [upgrades.head()], "a file's name begins with its revision"


def test_the_migrations_make_what_the_models_say(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        flask_migrate.check()
    except SystemExit:
        pytest.fail("a migration is missing: " + capfd.readouterr().err)


def test_the_database_knows_the_words_of_every_enum(app: Flask) -> None:
    """Alembic compares no CHECK constraints: a new word needs a migration all the same."""
    inspector = sa.inspect(db.engine)
    wrong = []
    for table, column, words in enums():
        checks = [check["sqltext"] for check in inspector.get_check_constraints(table)]
        if words not in [set(WORDS.findall(check)) for check in checks if re.search(rf"\b{column.name}\b", check)]:
            wrong.append(f"{table}.{column.name}: {sorted(words)}")
    assert wrong == []


def test_the_last_migration_can_be_taken_back(app: Flask, script: ScriptDirectory) -> None:
    flask_migrate.downgrade(revision="-1")
    db.engine.dispose()
    flask_migrate.upgrade()
    flask_migrate.check()
