"""Keeps an eye on the database while a batch is in the socket: new opt-outs, and a person's pause.

Asked before every write, so it must cost next to nothing. SQLite tells by ``PRAGMA data_version``
(microseconds) whether anyone else has committed since the batch was looked through; only from then on, and on
PostgreSQL always, are the addresses that are about to be written to looked up. Row ids would not do as a mark
of what is new: SQLite gives that of a deleted row away again, PostgreSQL shows rows in another order.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

_ON_SQLITE = sa.text(  # altogether, or the mailing's topic
    "SELECT address_key FROM suppression WHERE address_key IN (SELECT value FROM json_each(:keys)) "
    "UNION SELECT address_key FROM topic_suppression WHERE topic = (SELECT topic FROM mailing WHERE id = :mailing) "
    "AND address_key IN (SELECT value FROM json_each(:keys))"
)
_ON_POSTGRESQL = (
    "SELECT address_key FROM suppression WHERE address_key = ANY(string_to_array(%(keys)s, E'\\n')) "
    "UNION SELECT address_key FROM topic_suppression WHERE topic = (SELECT topic FROM mailing WHERE id = %(mailing)s) "
    "AND address_key = ANY(string_to_array(%(keys)s, E'\\n'))"
)
_SENDING = sa.text("SELECT state FROM mailing WHERE id = :mailing")
_STATE_INTERVAL = 0.2  # seconds between looks at the mailing's state


class Watch:
    """One per worker, on a connection of its own that never stays in a transaction."""

    def __init__(self, engine: sa.Engine):
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._mailing_id = 0
        self._sending = True
        self._looked_at = 0.0
        self._keys: Mapping[int, str] = {}
        self._withdrawn: Collection[int] = ()
        self._data_version = -1

    def follow(self, mailing_id: int, keys: Mapping[int, str]) -> None:
        """Watch over a batch that has just been claimed: ``keys`` maps delivery id to normalised address."""
        self._mailing_id, self._keys = mailing_id, keys
        self._sending, self._looked_at = True, 0.0
        if self._is_sqlite:
            self._data_version = self._version()  # first: a commit between the two is then seen as news
            self._withdrawn = self._look_up(keys)

    def withdrawn(self, ids: Sequence[int]) -> Collection[int]:
        """Those of ``ids`` whose address has been suppressed meanwhile."""
        if self._is_sqlite and self._version() == self._data_version:
            return self._withdrawn and set(self._withdrawn).intersection(ids)
        return self._look_up(ids)

    def _look_up(self, ids: Collection[int]) -> set[int]:
        numbers = {self._keys[number]: number for number in ids}
        return {numbers[key] for key in self._suppressed(list(numbers))}

    def _suppressed(self, keys: list[str]) -> Iterable[str]:
        if self._is_sqlite:
            return self._connection.scalars(_ON_SQLITE, {"keys": json.dumps(keys), "mailing": self._mailing_id})
        # No address holds a line end. (The driver takes longer to write a list than the server to answer.)
        asked = {"keys": "\n".join(keys), "mailing": self._mailing_id}
        return [key for (key,) in self._driver.execute(_ON_POSTGRESQL, asked, prepare=True)]

    def _version(self) -> int:
        """Changes whenever anyone else has committed (SQLite)."""
        return self._driver.execute("PRAGMA data_version").fetchone()[0]

    @property
    def _driver(self) -> Any:
        """The connection of the driver itself: what is asked for every few messages takes a third of the time there."""
        return self._connection.connection.driver_connection

    def still_sending(self) -> bool:
        """False once the mailing was paused or cancelled; looked up at most every fifth of a second."""
        now = time.monotonic()
        if now - self._looked_at >= _STATE_INTERVAL:
            self._looked_at = now
            self._sending = self._connection.execute(_SENDING, {"mailing": self._mailing_id}).scalar() == "sending"
        return self._sending

    def close(self) -> None:
        self._connection.close()
