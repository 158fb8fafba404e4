"""Keeps an eye on the database while a batch is in the socket: new opt-outs, and a person's pause.

Asked before every write, so it must cost next to nothing: SQLite tells by ``PRAGMA data_version``
(microseconds) whether anyone else has committed, and then for rows newer than the last seen. PostgreSQL is
asked for just the addresses that are about to be written to: there, rows do not become visible in the order
of their ids.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

_NEW_SUPPRESSIONS = sa.text("SELECT id, address_key FROM suppression WHERE id > :last ORDER BY id")
_SUPPRESSED = sa.text("SELECT address_key FROM suppression WHERE address_key = ANY(:keys)")
_LAST_SUPPRESSION = sa.text("SELECT coalesce(max(id), 0) FROM suppression")
_SENDING = sa.text("SELECT state FROM mailing WHERE id = :mailing")
_STATE_INTERVAL = 0.2  # seconds between looks at the mailing's state


class Watch:
    """One per worker, on a connection of its own that never stays in a transaction."""

    def __init__(self, engine: sa.Engine):
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._data_version = -1
        self._last = 0
        self._mailing_id = 0
        self._sending = True
        self._looked_at = 0.0
        self._holders: Mapping[str, int] = {}
        self._keys: Mapping[int, str] = {}
        self._withdrawn: set[int] = set()

    def follow(self, mailing_id: int, holders: Mapping[str, int], since: int) -> None:
        """Watch over a batch: ``holders`` maps normalised address to delivery id; ``since`` is the last
        suppression that the claim has seen (:meth:`last_suppression` before claiming)."""
        self._mailing_id, self._holders, self._last = mailing_id, holders, since
        self._keys, self._withdrawn = {number: key for key, number in holders.items()}, set()
        self._sending, self._looked_at, self._data_version = True, 0.0, -1

    def last_suppression(self) -> int:
        return self._connection.execute(_LAST_SUPPRESSION).scalar_one()

    def withdrawn(self, ids: Sequence[int]) -> Collection[int]:
        """Those of ``ids`` whose address has been suppressed meanwhile."""
        if not self._is_sqlite:
            keys = [self._keys[number] for number in ids]
            return {self._holders[key] for key in self._connection.scalars(_SUPPRESSED, {"keys": keys})}
        if self._something_new():
            for row_id, address_key in self._connection.execute(_NEW_SUPPRESSIONS, {"last": self._last}):
                self._last = row_id
                if address_key in self._holders:
                    self._withdrawn.add(self._holders[address_key])
        return self._withdrawn.intersection(ids) if self._withdrawn else ()

    def still_sending(self) -> bool:
        """False once the mailing was paused or cancelled; looked up at most every fifth of a second."""
        now = time.monotonic()
        if now - self._looked_at >= _STATE_INTERVAL:
            self._looked_at = now
            self._sending = self._connection.execute(_SENDING, {"mailing": self._mailing_id}).scalar() == "sending"
        return self._sending

    def _something_new(self) -> bool:
        """Whether anyone else has committed since the last look (SQLite)."""
        version = self._connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        changed, self._data_version = version != self._data_version, version
        return changed

    def close(self) -> None:
        self._connection.close()
