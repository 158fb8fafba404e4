"""Makes one record of all rows of a file that are the same company by the rule of identity, before anything is compared
with the database.

Two passes, so that a file of a million rows need not lie in memory: :meth:`Folder.note` every row, then
:meth:`Folder.fold` the same rows again. Which rows belong together does not depend on their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from outreach.companies.parsed_row import ParsedRow, merge
from outreach.companies.problems import Problem


def fold(rows: Iterable[ParsedRow]) -> list[ParsedRow]:
    """All rows at once, for lists that fit in memory. Rejected rows pass through."""
    kept = list(rows)
    folder = Folder()
    for row in kept:
        folder.note(row)
    return list(folder.fold(kept))


class Folder:
    """Knows after the first pass which rows of the second have company."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._clusters = _Clusters()

    def note(self, row: ParsedRow) -> None:
        """First pass: counts the row. Rejected rows are ignored."""
        if row.rejected:
            return
        if number := row.number_key():
            self._numbers[number] += 1
        else:
            self._clusters.add(row.identity().loose)

    def fold(self, rows: Iterable[ParsedRow]) -> Iterator[ParsedRow]:
        """Second pass over the same rows: yields each company once, as soon as all its rows have come; those that may
        belong to a row without business number come at the end, in the order of the file."""
        groups: dict[str, ParsedRow] = {}
        remaining = self._numbers.copy()
        held: dict[str, ParsedRow] = {}
        loose: dict[str, list[ParsedRow]] = {}
        matches: dict[str, set[str]] = {}
        for row in rows:
            if row.rejected:
                yield row
                continue
            number = row.number_key()
            if number is None:
                loose.setdefault(self._clusters.of(row.identity().loose[0]), []).append(row)
                continue
            if self._clusters:
                for key in row.identity().loose:
                    if cluster := self._clusters.find(key):
                        matches.setdefault(cluster, set()).add(number)
                        held.setdefault(number, row)
            whole = groups.pop(number, None)
            if whole is None:
                whole = row
            else:
                merge(whole, row)
            remaining[number] -= 1
            if number in held:
                held[number] = whole
            if remaining[number]:
                groups[number] = whole
            elif number not in held:
                yield whole
        yield from sorted(_settle(loose, matches, held), key=lambda row: row.number)


def _settle(
    loose: dict[str, list[ParsedRow]], matches: dict[str, set[str]], held: dict[str, ParsedRow]
) -> list[ParsedRow]:
    """Joins the rows without business number to the one company with number that shares a key; between several such
    companies nobody but a person can choose."""
    settled = []
    for cluster, rows in loose.items():
        numbers = sorted(matches.get(cluster, ()), key=lambda number: held[number].number)
        businesses = {number.partition("/")[0] for number in numbers}
        if len(businesses) == 1:  # of several workplaces of one business, the first
            whole = held[numbers[0]]
        else:
            whole, *rows = rows
            settled.append(whole)
            if numbers:
                others = ", ".join(str(held[number].number) for number in numbers)
                whole.warnings.append(Problem("ambiguous", whole.number, hint=others))
        for row in rows:
            merge(whole, row)
    return [*settled, *held.values()]


class _Clusters:
    """Sets of loose keys that belong together because some row has both (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._parent)

    def add(self, keys: Iterable[str]) -> None:
        roots = [self.of(key) for key in keys]
        for root in roots[1:]:
            self._parent[self.of(root)] = self.of(roots[0])

    def find(self, key: str) -> str | None:
        return self.of(key) if key in self._parent else None

    def of(self, key: str) -> str:
        parent = self._parent.setdefault(key, key)
        while parent != key:
            self._parent[key] = self._parent[parent]
            key, parent = parent, self._parent[parent]
        return key
