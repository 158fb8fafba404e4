"""Keeps an eye on the database while a batch is in the socket: new opt-outs, and a pause, by a person or because what
the mail shows was taken down.

Asked before every write, so it must cost next to nothing. SQLite tells by ``PRAGMA data_version``
(microseconds) whether anyone else has committed since the batch was looked through; only from then on are the
addresses that are about to be written to looked up. On PostgreSQL they always are, and the question is on its way while
the next messages are made ready. Row ids would not do as a mark of what is new: SQLite gives that of a deleted row away
again, PostgreSQL shows rows in another order.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from outreach.lazy import lazy

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = lazy("psycopg")

_SENDING = sa.text("SELECT state FROM mailing WHERE id = :mailing")
_STATE_INTERVAL = 0.2  # seconds between looks at the mailing's state while nothing is being written
_HALTED = ""  # stands among the suppressed addresses for a mailing that is not being sent any more


class Watch:
    """One per worker, on a connection of its own that never stays in a transaction."""

    def __init__(self, engine: sa.Engine):
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._lookup: _Lookup = (_OnSqlite if engine.dialect.name == "sqlite" else _OnPostgresql)(self._connection)
        self._mailing_id = 0
        self._sending = True
        self._looked_at = 0.0
        self._keys: Mapping[int, str] = {}
        self._asked: Sequence[int] | None = None

    def follow(self, mailing_id: int, keys: Mapping[int, str]) -> None:
        """Watch over a batch that has just been claimed: ``keys`` maps delivery id to normalised address."""
        self._mailing_id, self._keys, self._asked = mailing_id, keys, None
        self._sending, self._looked_at = True, 0.0
        self._lookup.follow(mailing_id, list(keys.values()))

    def ask(self, ids: Sequence[int]) -> None:
        """:meth:`withdrawn` is asked about ``ids`` in a moment."""
        self._asked = ids
        self._lookup.ask([self._keys[number] for number in ids])

    def withdrawn(self, ids: Sequence[int]) -> Collection[int]:
        """Those of ``ids`` whose address has been suppressed meanwhile. Whether the mailing itself still is to be
        sent is known afterwards (:attr:`halted`)."""
        if self._asked is not ids:
            self.ask(ids)
        self._asked = None
        suppressed = self._lookup.answer()
        if _HALTED in suppressed:
            self._sending = False
        return {number for number in ids if self._keys[number] in suppressed} if suppressed else ()

    @property
    def halted(self) -> bool:
        """The mailing was paused or cancelled, as of the last look."""
        return not self._sending

    def still_sending(self) -> bool:
        """False once the mailing was paused or cancelled; looked up at most every fifth of a second."""
        now = time.monotonic()
        if now - self._looked_at >= _STATE_INTERVAL:
            self._looked_at = now
            self._sending = self._connection.execute(_SENDING, {"mailing": self._mailing_id}).scalar() == "sending"
        return self._sending

    def close(self) -> None:
        """Give the connection up: nobody else must find a question or a prepared statement on it."""
        self._connection.invalidate()
        self._connection.close()


class _Lookup(Protocol):
    """Which of some addresses are suppressed, altogether or for the mailing's topic; and _HALTED, if the mailing is not
    being sent."""

    def follow(self, mailing_id: int, keys: Sequence[str]) -> None:
        """Of this batch from now on."""
        ...

    def ask(self, keys: Sequence[str]) -> None:
        """Begin to find out; nothing else is asked of the connection until :meth:`answer`."""
        ...

    def answer(self) -> Collection[str]:
        """As it is now, at the earliest as it was when asked."""
        ...


class _OnSqlite:
    _SUPPRESSED = sa.text(
        "SELECT address_key FROM suppression WHERE address_key IN (SELECT value FROM json_each(:keys)) "
        "UNION SELECT address_key FROM topic_suppression WHERE topic = (SELECT topic FROM mailing WHERE id = :mailing) "
        "AND address_key IN (SELECT value FROM json_each(:keys)) "
        "UNION SELECT '' WHERE NOT EXISTS (SELECT 1 FROM mailing WHERE id = :mailing AND state = 'sending')"
    )

    def __init__(self, connection: sa.Connection):
        self._connection, self._driver = connection, _driver(connection)

    def follow(self, mailing_id: int, keys: Sequence[str]) -> None:
        self._mailing_id = mailing_id
        self._version = self._data_version()  # first: a commit between the two is then seen as news
        self._suppressed = self._look_up(keys)

    def ask(self, keys: Sequence[str]) -> None:
        self._keys = keys

    def answer(self) -> Collection[str]:
        return self._suppressed if self._data_version() == self._version else self._look_up(self._keys)

    def _look_up(self, keys: Sequence[str]) -> set[str]:
        asked = {"keys": json.dumps(keys), "mailing": self._mailing_id}
        return set(self._connection.scalars(self._SUPPRESSED, asked))

    def _data_version(self) -> int:
        """Changes whenever anyone else has committed."""
        return self._driver.execute("PRAGMA data_version").fetchone()[0]


class _OnPostgresql:
    """Through libpq itself: what the driver does around a question takes longer than the answer."""

    _NAME = b"watch"
    _SUPPRESSED = b"""
        WITH asked AS (SELECT unnest(string_to_array($1, E'\\n')) AS address_key)
        SELECT address_key FROM asked JOIN suppression USING (address_key)
        UNION SELECT address_key FROM asked JOIN topic_suppression USING (address_key)
        WHERE topic = (SELECT topic FROM mailing WHERE id = $2::bigint)
        UNION SELECT '' WHERE NOT EXISTS (SELECT 1 FROM mailing WHERE id = $2::bigint AND state = 'sending')
    """

    def __init__(self, connection: sa.Connection):
        self._libpq = _driver(connection).pgconn
        with self._errors_as_usual():
            self._checked(self._libpq.prepare(self._NAME, self._SUPPRESSED))

    def follow(self, mailing_id: int, keys: Sequence[str]) -> None:
        self._mailing_id = str(mailing_id).encode()

    def ask(self, keys: Sequence[str]) -> None:
        asked = "\n".join(keys).encode()  # no address holds a line end
        with self._errors_as_usual():
            self._libpq.send_query_prepared(self._NAME, [asked, self._mailing_id])
            self._libpq.flush()

    def answer(self) -> Collection[str]:
        found: list[str] = []
        with self._errors_as_usual():
            while (result := self._libpq.get_result()) is not None:
                self._checked(result)
                found += [result.get_value(row, 0).decode() for row in range(result.ntuples)]
        return found

    @contextmanager
    def _errors_as_usual(self) -> Iterator[None]:
        """As from any other statement."""
        try:
            yield
        except psycopg.OperationalError as error:
            raise sa.exc.OperationalError("watch", None, error) from error

    def _checked(self, result: psycopg.pq.abc.PGresult) -> None:
        if result.status not in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK):
            raise psycopg.OperationalError(self._libpq.get_error_message())


def _driver(connection: sa.Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.driver_connection
