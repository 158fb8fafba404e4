"""Downloads as a person reads them: one line for each partner or way, with what was taken folded into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cases.materials.rules import Way
from cases.materials.service import DownloadCount

#: What the lines can be sorted by.
ORDERS = ("name", "count", "last")


@dataclass(slots=True)
class Reader:
    """What a partner downloaded; ``organisation`` None: those who came by ``way``, whom nobody knows."""

    organisation: str | None
    way: Way
    count: int = 0
    last_at: datetime | None = None
    parts: list[DownloadCount] = field(default_factory=list)


def by_reader(rows: Iterable[DownloadCount], order: str) -> list[Reader]:
    """Sorted by ``order`` (one of ORDERS): names in their order, counts and times from the highest."""
    readers: dict[tuple[str | None, Way | None], Reader] = {}
    for row in rows:
        key = (row.organisation, None if row.organisation else row.way)
        reader = readers.setdefault(key, Reader(row.organisation, row.way))
        reader.count += row.count
        reader.last_at = max(reader.last_at or row.last_at, row.last_at)
        reader.parts.append(row)
    keys = {
        "name": lambda reader: (reader.organisation is None, reader.organisation or reader.way.value),
        "count": lambda reader: (-reader.count, reader.organisation or ""),
        "last": lambda reader: -reader.last_at.timestamp(),
    }
    return sorted(readers.values(), key=keys[order])
