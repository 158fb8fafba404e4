"""The order in which the rows of a batch are begun: past domains that have had enough, and with no more of one domain
under way at once than it may have."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from campaigns.delivery.queue import Claimed


class Lane(NamedTuple):
    """Domains of one ``key`` share it; ``abreast``: how many of their messages may be under way at once."""

    key: str
    abreast: int


class Supply:
    """Yields the rows one by one, and None where nothing may be begun until :meth:`done` says that one has ended.
    Rows of domains in ``held`` (which may grow) are left out: nothing of them leaves, so no try is counted."""

    def __init__(self, rows: Sequence[Claimed], lanes: Mapping[str, Lane], held: Container[str]):
        self._rows, self._lanes, self._held = rows, lanes, held
        self._under_way: Counter[str] = Counter()
        self._lane_of: dict[int, str] = {}

    def __iter__(self) -> Iterator[Claimed | None]:
        if not self._lanes:
            yield from (row for row in self._rows if row.domain not in self._held)
            return
        rest, aside = deque(self._rows), {lane.key: deque[Claimed]() for lane in self._lanes.values()}
        while True:
            row = self._next(rest, aside)
            if row is None and not any(aside.values()):
                return
            yield row

    def _next(self, rest: deque[Claimed], aside: Mapping[str, deque[Claimed]]) -> Claimed | None:
        """One that waited for its lane, else the next; None if all that is left waits."""
        for waiting in aside.values():
            while waiting and waiting[0].domain in self._held:
                waiting.popleft()
            if waiting and self._enters(waiting[0]):
                return waiting.popleft()
        while rest:
            row = rest.popleft()
            if row.domain in self._held:
                continue
            if self._enters(row):
                return row
            aside[self._lanes[row.domain].key].append(row)
        return None

    def _enters(self, row: Claimed) -> bool:
        lane = self._lanes.get(row.domain)
        if lane is None:
            return True
        if self._under_way[lane.key] >= lane.abreast:
            return False
        self._under_way[lane.key] += 1
        self._lane_of[row.id] = lane.key
        return True

    def done(self, delivery_id: int) -> None:
        """A row has its outcome: its lane has room for the next."""
        if self._lane_of and (key := self._lane_of.pop(delivery_id, None)) is not None:
            self._under_way[key] -= 1
