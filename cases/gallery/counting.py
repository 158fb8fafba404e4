"""Counting readers cheaply: in memory, written down together every few seconds.

A page that is read by a thousand people must not write a thousand times. What a process has not written yet is lost if
it is killed: at most BATCH readings, and none older than EVERY seconds while people read. They are readings, no money.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cases.gallery.models import GalleryCount
from cases.library.models import Case

EVERY, BATCH = 10.0, 200
KINDS = ("views", "sheets", "asked")


class Reading(NamedTuple):
    """One countable act: ``kind`` of KINDS."""

    case_id: int
    day: date
    kind: str


class Tally:
    """What one process has counted and not written yet. Safe in threads."""

    def __init__(self, *, every: float = EVERY, batch: int = BATCH):
        self._every, self._batch = every, batch
        self._lock, self._counts, self._since = threading.Lock(), Counter[Reading](), time.monotonic()

    def add(self, reading: Reading) -> Counter[Reading] | None:
        """Count. Now and then everything so far is given out, for the caller to write down."""
        with self._lock:
            self._counts[reading] += 1
            due = time.monotonic() - self._since >= self._every or self._counts.total() >= self._batch
            return self._take() if due else None

    def take(self) -> Counter[Reading]:
        """Everything so far."""
        with self._lock:
            return self._take()

    def _take(self) -> Counter[Reading]:
        counts, self._counts, self._since = self._counts, Counter[Reading](), time.monotonic()
        return counts


def write(session: Session, counts: Mapping[Reading, int]) -> None:
    """Add to the days' counts, one statement a case and day. A case deleted meanwhile is passed over."""
    rows: dict[tuple[int, date], dict[str, int]] = {}
    for (case_id, day, kind), count in counts.items():
        rows.setdefault((case_id, day), dict.fromkeys(KINDS, 0))[kind] += count
    there = set(session.scalars(sa.select(Case.id).where(Case.id.in_({case_id for case_id, _ in rows}))))
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for (case_id, day), added in sorted(rows.items()):
        if case_id not in there:
            continue
        insert = dialect.insert(GalleryCount).values(case_id=case_id, day=day, **added)
        grown = {kind: getattr(GalleryCount, kind) + insert.excluded[kind] for kind in KINDS}
        session.execute(insert.on_conflict_do_update(index_elements=["case_id", "day"], set_=grown))


def of_case(session: Session, case_id: int, since: date | None = None) -> dict[str, int]:
    """All readings of a case, or those from ``since`` on."""
    sums = [sa.func.coalesce(sa.func.sum(getattr(GalleryCount, kind)), 0).label(kind) for kind in KINDS]
    query = sa.select(*sums).where(GalleryCount.case_id == case_id)
    if since is not None:
        query = query.where(GalleryCount.day >= since)
    return {kind: int(count) for kind, count in session.execute(query).one()._mapping.items()}
