"""The companies of a sheet, each once: all that the file says of one business comes in one bundle.

A bundle is a list of rows (companies.parsed_row), one for each workplace of the business; a rejected row comes
alone. The order depends on nothing but the file and its mapping, so the place of a bundle in it is where a
killed import goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from outreach.companies.fold import Folder
from outreach.companies.headers import Header
from outreach.companies.parsed_row import ParsedRow
from outreach.companies.row_kinds import RowKinds
from outreach.companies.rows import Tally, parse_rows
from outreach.companies.rules import Cell
from outreach.companies.tables import Sheet

Bundle = list[ParsedRow]

_NUMBER = re.compile(r"\d{3}-?\d{2}-?\d{5}", re.ASCII)
_PLACE_NUMBER = re.compile(r"\d{3}-?\d{2}-?\d{5}-?\d", re.ASCII)


def bundles(
    sheet: Sheet, mapping: Mapping[int, str], header: Header, *, today: date, tally: Tally
) -> Iterator[Bundle]:
    """Every company of the sheet. ``tally`` is complete when the last has come."""
    rows = parse_rows(sheet, mapping, header, tally=tally, today=today)
    several = _several_if_plain(sheet, mapping, header)
    if several is None:
        folder, places = Folder(), _Places()
        for row in parse_rows(sheet, mapping, header, today=today):
            folder.note(row)
            places.note(row)
        rows, several = folder.fold(rows), places.several()
    return _grouped(rows, several)


def _grouped(rows: Iterable[ParsedRow], several: Mapping[str, int]) -> Iterator[Bundle]:
    """Rows of one business together, as soon as as many have come as ``several`` tells (1 where it says nothing)."""
    waiting: dict[str, Bundle] = {}
    for row in rows:
        business = row.company.get("business_number")
        if row.rejected or business not in several:
            yield [row]
            continue
        bundle = waiting.setdefault(business, [])
        bundle.append(row)
        if len(bundle) == several[business]:
            yield waiting.pop(business)
    yield from waiting.values()


class _Places:
    """Counts the workplaces that the file tells of each business; remembers only those that have a number."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._more: dict[str, set[str]] = {}

    def note(self, row: ParsedRow) -> None:
        business = row.company.get("business_number")
        if not row.rejected and business:
            self.add(business, row.workplace.get("workplace_number", ""))

    def add(self, business: str, place: str) -> None:
        first = self._first.setdefault(business, place)
        if place != first:
            self._more.setdefault(business, {first}).add(place)

    def several(self) -> dict[str, int]:
        return {business: len(places) for business, places in self._more.items()}


def _several_if_plain(sheet: Sheet, mapping: Mapping[int, str], header: Header) -> dict[str, int] | None:
    """A glance at the raw cells that spares most large lists the first of two full readings: if each row of data
    has its own numbers, nothing in the file folds. Then the businesses with several workplaces, else None."""
    by_target = {target: index for index, target in mapping.items()}
    number_column = by_target.get("company.business_number")
    if number_column is None or "company.name" not in by_target or sheet.merged:
        return None
    place_column = by_target.get("workplace.number")
    kinds = RowKinds(mapping, header)
    width = max(mapping) + 1
    seen: set[int] = set()
    places = _Places()
    for at, cells in enumerate(sheet.rows(), 1):
        if at <= header.last:
            continue
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        number = cells[number_column]
        if type(number) is not str or not _NUMBER.fullmatch(number):
            if kinds.kind(cells):
                continue
            return None
        digits = number.replace("-", "")
        place = _place_digits(cells[place_column]) if place_column is not None else ""
        if place is None:
            return None
        key = int(digits + place)
        if key in seen:
            return None
        seen.add(key)
        if place_column is not None:
            places.add(digits, place)
    return places.several()


def _place_digits(cell: Cell) -> str | None:
    """The eleven digits of a workplace number, '' for a blank cell, None for anything else."""
    if cell in ("", None):
        return ""
    return cell.replace("-", "") if isinstance(cell, str) and _PLACE_NUMBER.fullmatch(cell) else None
