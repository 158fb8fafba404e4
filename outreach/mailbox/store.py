"""Received mails in a SQLite file of their own, apart from the product's database."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path

from outreach.clock import UTC

#: The oldest mails beyond this many are dropped.
KEEP = 50_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL,
    sender TEXT NOT NULL,       -- as shown: the From field
    envelope_from TEXT NOT NULL,
    recipient TEXT NOT NULL,    -- the envelope's; one row per recipient
    subject TEXT NOT NULL,
    size INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_mail_recipient ON mail (recipient);
"""
_COLUMNS = "id, received_at, sender, envelope_from, recipient, subject, size, seen"


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as it came in over SMTP."""

    at: datetime
    envelope_from: str
    recipient: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A kept mail, without its content."""

    id: int
    received_at: datetime
    sender: str
    envelope_from: str
    recipient: str
    subject: str
    size: int
    seen: bool


#: Seconds to wait for another writer.
PATIENCE = 15.0


class Store:
    """Several processes may use one file; each thread has a connection of its own."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._local = threading.local()
        self._connection().executescript(_SCHEMA)

    def add(self, batch: Sequence[Received]) -> None:
        """Keep all of ``batch``, in one transaction. Survives the killing of the process, not a power cut."""
        with self._writing() as connection:
            connection.executemany(
                "INSERT INTO mail (received_at, sender, envelope_from, recipient, subject, size, raw) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [_row(received) for received in batch],
            )
            connection.execute("DELETE FROM mail WHERE id <= (SELECT max(id) FROM mail) - ?", (KEEP,))

    def page(self, search: str, number: int, size: int) -> tuple[list[Mail], int]:
        """The mails of page ``number`` (from 1), newest first, and how many there are in all. ``search``
        looks into recipient, sender and subject."""
        where, values = "", ()
        if search:
            where = " WHERE recipient LIKE ? ESCAPE '!' OR sender LIKE ? ESCAPE '!' OR subject LIKE ? ESCAPE '!'"
            values = (_pattern(search),) * 3
        connection = self._connection()
        total = connection.execute(f"SELECT count(*) FROM mail{where}", values).fetchone()[0]  # noqa: S608 - fixed text
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM mail{where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608 - fixed text
            (*values, size, (number - 1) * size),
        )
        return [_mail(row) for row in rows], total

    def get(self, mail_id: int) -> tuple[Mail, bytes] | None:
        """A mail with its content as received."""
        row = self._connection().execute(
            f"SELECT {_COLUMNS}, raw FROM mail WHERE id = ?", (mail_id,)  # noqa: S608 - fixed text
        ).fetchone()
        return (_mail(row[:-1]), row[-1]) if row else None

    def mark_seen(self, mail_id: int) -> None:
        with self._writing() as connection:
            connection.execute("UPDATE mail SET seen = 1 WHERE id = ?", (mail_id,))

    def clear(self) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM mail")

    def close(self) -> None:
        """Close this thread's connection."""
        connection = self._local.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = OFF")
            self._local.connection = connection
        return self._local.connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _row(received: Received) -> tuple[object, ...]:
    sender, subject = _shown_headers(received.raw)
    return (
        received.at.isoformat(), sender, received.envelope_from, received.recipient, subject, len(received.raw),
        received.raw,
    )


def _shown_headers(raw: bytes) -> tuple[str, str]:
    head = BytesHeaderParser().parsebytes(raw.partition(b"\r\n\r\n")[0])
    return _decoded(head.get("From", "")), _decoded(head.get("Subject", ""))


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError):  # unknown or lying charset
        return value


def _mail(row: tuple) -> Mail:
    mail_id, at, sender, envelope_from, recipient, subject, size, seen = row
    received_at = datetime.fromisoformat(at).astimezone(UTC)
    return Mail(mail_id, received_at, sender, envelope_from, recipient, subject, size, bool(seen))


def _pattern(search: str) -> str:
    return "%" + "".join("!" + char if char in "!%_" else char for char in search) + "%"


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging. Of two that switch a new file at once one is told "locked", without any
    waiting on SQLite's side (sqlite.org/wal.html), so the waiting is done here."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
