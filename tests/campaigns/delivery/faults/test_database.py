"""The database goes away in the midst of a sending, and comes back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from campaigns.delivery import watch
from outreach import db as database
from outreach.db import db
from tests.smtp_server import Event, SmtpServer

CONNECTIONS = 3
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def postgres(app):
    """A connection of the server's keeper: it stays when the others are thrown out."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("about PostgreSQL")
    keeper = sa.create_engine(db.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with keeper.connect() as connection:
        yield connection
    keeper.dispose()


def throw_out(keeper: sa.Connection, name: str | None) -> None:
    """End every connection to the database ``name``, whatever it is doing."""
    query = sa.text("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE datname = :name")
    keeper.execute(query, {"name": name})


@contextmanager
def before_statement(number: int, act) -> Iterator[list[str]]:
    """Act right before the ``number``-th statement to the database; the list then holds that statement."""
    hit: list[str] = []
    seen = 0

    def note(statement: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            hit.append(statement)
            act()

    def listen(connection, cursor, statement, parameters, context, executemany) -> None:
        note(statement)

    def ask(lookup: watch._OnPostgresql, keys: list[str]) -> None:  # past SQLAlchemy
        note("opted out?")
        asked(lookup, keys)

    asked = watch._OnPostgresql.ask
    sa.event.listen(db.engine, "before_cursor_execute", listen)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(watch._OnPostgresql, "ask", ask)
            yield hit
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", listen)


def test_connections_ended_before_each_statement(sending, closing, postgres):
    """Of claiming, watching, settling, noting, finishing: wherever it happens, nobody is repeated or lost, and what
    may have left without an answer is at most one message a connection."""
    under_way = sending(24)
    name, number, statements = db.engine.url.database, 1, []
    with SmtpServer() as server:
        while True:
            under_way.begin_anew()
            server.messages.clear()
            engine = closing(under_way.engine(server, connections=CONNECTIONS))
            with before_statement(number, lambda: throw_out(postgres, name)) as hit:
                raised = under_way.work(engine, through=OperationalError)
            under_way.work(engine)
            engine.close()
            under_way.balances(server)
            assert under_way.states().keys() <= {"accepted", "in_doubt"}, hit
            assert under_way.states().get("in_doubt", 0) <= CONNECTIONS, hit
            if not hit:
                break
            statements += hit
            assert raised == 1, hit
            number += 1
    seen = " ".join(statements)
    for verb in ("SELECT DISTINCT worker", "UPDATE delivery SET\n", "opted out?", "SELECT state FROM mailing"):
        assert verb in seen, verb


def test_a_database_that_lets_nobody_in_for_a_while(sending, closing, postgres):
    under_way = sending(150)
    name = db.engine.url.database

    def script(event: Event) -> None:
        if event.stage == "rcpt" and len(server.messages) == 40 and not gone:
            gone.append(event)
            postgres.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
            throw_out(postgres, name)

    gone: list[Event] = []
    with SmtpServer(script=script) as server:
        engine = closing(under_way.engine(server, connections=1))
        try:
            assert under_way.work(engine, steps=5, through=OperationalError) == 5
            sent = len(server.messages)
            assert 40 <= sent <= 43, "nothing more leaves once it is gone"
        finally:
            postgres.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
        under_way.finish(engine)
        under_way.balances(server)
    states = under_way.states()
    assert states["accepted"] >= 149 and states.get("in_doubt", 0) <= 1
    assert under_way.mailing.state.value == "finished"


@pytest.mark.sqlite
def test_a_file_locked_by_another_process_for_longer_than_we_wait(sending, closing, monkeypatch):
    """The batch has been sent; its results wait in the journal until they can be written."""
    under_way = sending(60)
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 200)
    db.session.rollback()
    db.engine.dispose()  # the time-out is a connection's own
    holders: list[subprocess.Popen[str]] = []

    def script(event: Event) -> None:
        if event.stage == "dot" and len(server.messages) == 20 and not holders:
            command = [sys.executable, "-c", HOLD, str(db_path)]
            holders.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            assert holders[0].stdout is not None and holders[0].stdout.readline() == "locked\n"

    db_path = db.engine.url.database
    with SmtpServer(script=script) as server:
        engine = closing(under_way.engine(server, connections=1))
        try:
            assert under_way.work(engine, steps=3, through=OperationalError) == 3
            assert len(server.messages) == 60, "the batch goes out: whoever reads is not locked out"
        finally:
            for holder in holders:
                holder.communicate()
        under_way.finish(engine)
        under_way.balances(server)
    assert under_way.states() == {"accepted": 60}
    assert under_way.mailing.state.value == "finished"
