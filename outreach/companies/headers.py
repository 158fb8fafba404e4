"""Where the table of a sheet begins: past title and unit lines, with a heading of one to three rows.

The heading rows are the block whose columns are best recognised (columns.py). Merged cells, and the blank cells that
a merge leaves in a CSV, carry their text to every column they span.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from outreach.companies.columns import LEVELS, looks_like_data, recognise
from outreach.companies.rules import Cell, clean_text
from outreach.companies.tables import Merge, Sheet

SEARCHED_ROWS = 60
TALLEST = 3
_SEEN_CHARS = 200


class Header(NamedTuple):
    """The heading of a table: its rows ``first`` to ``last`` (1-based as a spreadsheet counts; both 0 when the table
    has none and data begins after row ``last``), one name per column, and how well it was recognised."""

    first: int
    last: int
    names: tuple[str, ...]
    score: float = 0.0


class Candidate(NamedTuple):
    """A sheet with its likeliest heading; the higher ``score`` the likelier it is the company list."""

    sheet: Sheet
    header: Header
    score: float


def rank_sheets(sheets: Iterable[Sheet]) -> list[Candidate]:
    """The sheets that hold anything, best first: by recognised columns, then by length. Cover sheets come last."""
    candidates = []
    for sheet in sheets:
        head = sheet.head(SEARCHED_ROWS)
        if not any(any(clean_text(cell) for cell in row) for row in head):
            continue
        header = find_header(head, sheet.merged)
        candidates.append(
            Candidate(sheet, header, header.score + math.log10(1 + max(0, sheet.height - header.last)) / 4)
        )
    return sorted(candidates, key=lambda candidate: -candidate.score)


def find_header(head: Sequence[Sequence[Cell]], merged: Sequence[Merge] = ()) -> Header:
    """The best heading within the first rows of a sheet. Where nothing is recognised, the last row of words above
    the first row of data; where there is none, no heading at all."""
    texts = _texts(head)
    best = Header(0, 0, ())
    for first in range(len(texts)):
        if _filled(texts[first]) < 2 or _data_cells(texts[first]):
            continue
        for last in range(first, min(first + TALLEST, len(texts))):
            if last > first and (_data_cells(texts[last]) or not _filled(texts[last])):
                break
            names = _names(texts, merged, first, last)
            score = _score(names) - 0.4 * (last - first) - _cut_merges(merged, first, last)
            if score > best.score:
                best = Header(first + 1, last + 1, names, score)
    return best if best.score >= 1.5 else _unknown_header(texts, merged)


def header_at(head: Sequence[Sequence[Cell]], merged: Sequence[Merge], first: int, last: int) -> Header:
    """The heading in rows a person has chosen (1-based; 0, 0: the list has none)."""
    texts = _texts(head)
    if last == 0:
        return Header(0, 0, ("",) * max(map(len, texts), default=0))
    names = _names(texts, merged, first - 1, last - 1)
    return Header(first, last, names, _score(names))


def _texts(head: Sequence[Sequence[Cell]]) -> list[list[str]]:
    return [[clean_text(cell)[:_SEEN_CHARS] for cell in row] for row in head]


def _unknown_header(texts: Sequence[Sequence[str]], merged: Sequence[Merge]) -> Header:
    data = next((index for index, row in enumerate(texts) if _data_cells(row)), None)
    if data is None:
        return Header(0, 0, ("",) * max(map(len, texts), default=0))
    above = [index for index in range(data) if _filled(texts[index]) >= 2]
    if above and above[-1] == data - 1:
        return Header(data, data, _names(texts, merged, data - 1, data - 1))
    return Header(0, data, ("",) * max(map(len, texts)))


def _filled(row: Sequence[str]) -> int:
    return sum(1 for text in row if text)


def _data_cells(row: Sequence[str]) -> int:
    return sum(1 for text in row if text and looks_like_data(text))


def _score(names: Sequence[str]) -> float:
    """Recognised columns; those known but of no use (연번) count half. One target counts once more at most."""
    seen: dict[str, int] = {}
    total = 0.0
    for name in names:
        found = recognise(name) if name else None
        if found:
            seen[found.target] = seen.get(found.target, 0) + 1
            if seen[found.target] <= 3:
                total += found.confidence if found.target else found.confidence / 2
    return total


def _cut_merges(merged: Sequence[Merge], first: int, last: int) -> int:
    """Merged cells that tell that the block is too short: cut by its upper or lower edge, or spanning several columns
    in its lowest row (a group whose own columns are named below)."""
    return sum(
        1
        for m in merged
        if (m.top < first <= m.bottom or m.top <= last < m.bottom < first + TALLEST)
        or (m.right > m.left and m.top <= last <= m.bottom)
    )


def _names(texts: Sequence[Sequence[str]], merged: Sequence[Merge], first: int, last: int) -> tuple[str, ...]:
    """One name per column: the texts of its rows from top to bottom, each once."""
    width = max((len(texts[row]) for row in range(first, last + 1)), default=0)
    width = max([width, *(m.right + 1 for m in merged if first <= m.top <= last)])
    grid = [[*texts[row], *[""] * (width - len(texts[row]))] for row in range(first, last + 1)]
    for m in merged:
        if first <= m.top <= last:
            anchor = grid[m.top - first][m.left]
            for row in range(m.top, min(m.bottom, last) + 1):
                for column in range(m.left, m.right + 1):
                    grid[row - first][column] = anchor
    for upper, lower in pairwise(grid):
        _carry_right(upper, lower)
    columns = zip(*grid, strict=True)
    return tuple(LEVELS.join(dict.fromkeys(filter(None, column))) for column in columns)


def _carry_right(upper: list[str], lower: Sequence[str]) -> None:
    """A group heading whose merge was lost covers the blank cells to its right that have a heading of their own."""
    group = ""
    for column, text in enumerate(upper):
        if text:
            group = text if lower[column] and lower[column] != text else ""
        elif lower[column]:
            upper[column] = group
        else:
            group = ""
