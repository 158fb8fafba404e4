"""The worker's side: looks after the sequences under way."""

from __future__ import annotations

import time

from flask import Flask

from campaigns.audience.history import KEY as HISTORY
from campaigns.sequences import rounds
from outreach.db import db, reading, unit_of_work

#: Seconds between looks while there is nothing to do; a step is due by the day, not by the second.
LOOK_EVERY = 10.0


class Rounds:
    """A source of work: each step is one short round of each sequence that has something to do."""

    def __init__(self, app: Flask):
        self.app = app
        self._looks_at = 0.0

    def step(self) -> bool:
        """One round each. True if the caller should ask again at once."""
        if time.monotonic() < self._looks_at:
            return False
        with self.app.app_context():
            moved = sum([self._round(sequence_id) for sequence_id in self._waiting()])
        if not moved:
            self._looks_at = time.monotonic() + LOOK_EVERY
        return moved > 0

    def _waiting(self) -> list[int]:
        """The sequences a round would change; looking needs no write lock."""
        now = self.app.extensions["outreach"].clock.now()
        db.session.rollback()
        with reading():
            found = [rounds.course(db.session, number, now) for number in rounds.under_way(db.session)]
            waiting = [each.sequence.id for each in found if each is not None and rounds.anything(db.session, each)]
            db.session.rollback()
        return waiting

    def _round(self, sequence_id: int) -> int:
        """By one worker at a time: the sequence's row is locked (SQLite has but one writer)."""
        now = self.app.extensions["outreach"].clock.now()
        with unit_of_work(db.session) as session:
            found = rounds.course(session, sequence_id, now, lock=True)
            return rounds.advance(session, found, self.app.extensions[HISTORY]) if found else 0

    def close(self) -> None:
        """Nothing is held."""
