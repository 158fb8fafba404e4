"""From the rows of a sheet to companies: what each row says of company, workplace and people, and what is wrong.

Rows that are no data (blank, totals, notes, repeated headings) are counted and passed over. People below each other
under one company's merged cells become contacts of that company.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from outreach.companies.columns import CONTACT_GROUPS, LEVELS, check_mapping
from outreach.companies.contact_cells import ContactCells, few_values
from outreach.companies.headers import Header
from outreach.companies.ksic import Industry, read_industry_code
from outreach.companies.parsed_row import ParsedRow, merge
from outreach.companies.phones import read_phones
from outreach.companies.problems import REJECTING, Problem, cell_problem, column_letter, shortened
from outreach.companies.row_kinds import RowKinds
from outreach.companies.rules import (
    Cell,
    Flaw,
    WorkplaceNumber,
    clean_text,
    format_business_number,
    looks_like_resident_number,
    read_business_number,
    read_corporate_number,
    read_headcount,
    read_postcode,
    read_workplace_number,
)
from outreach.companies.tables import Merge, Sheet

Tally = Counter[str]
"""Rows by kind: ``read`` (data, people's rows included) and those passed over (row_kinds.KINDS)."""


def parse_rows(
    sheet: Sheet, mapping: Mapping[int, str], header: Header, *, tally: Tally | None = None, today: date | None = None
) -> Iterator[ParsedRow]:
    """The companies of a sheet in its order, good and rejected. ``today`` (KST) makes consent dates in the future
    known as wrong. Raises Invalid for a mapping that can't be used and for text that stops making sense."""
    check_mapping(mapping)
    tally = Tally() if tally is None else tally
    reader = _RowReader(mapping, header, today)
    kinds = RowKinds(mapping, header)
    filler = _Filler(sheet.merged, mapping, header.last) if sheet.merged else None
    pending: ParsedRow | None = None
    above: Sequence[Cell] = ()
    for number, cells in enumerate(sheet.rows(), 1):
        if number <= header.last:
            continue
        if len(cells) < reader.width:
            cells = [*cells, *[""] * (reader.width - len(cells))]
        if filler:
            cells, covered = filler.fill(number - 1, cells)
        else:
            covered = frozenset()
        if not _DITTO.isdisjoint(cells):
            cells, covered = _repeated(cells, above, covered)
        is_plain = not covered and kinds.is_numbered(cells)  # most rows of most lists: no need to wonder
        if not is_plain and (kind := kinds.kind(cells)):
            tally[kind] += 1
            continue
        tally["read"] += 1
        above = cells
        if not is_plain and reader.continues(cells, covered):
            if rejected := reader.add_to(pending, number, cells, is_merged=bool(covered)):
                yield rejected
            continue
        if pending:
            yield pending
        pending = reader.read(number, cells)
    if pending:
        yield pending


# -- merged cells ------------------------------------------------------------------------------------


class _Filler:
    """Carries the text of vertically merged cells down to the rows they span."""

    def __init__(self, merged: Sequence[Merge], mapping: Mapping[int, str], header_last: int) -> None:
        self.starts: dict[int, list[tuple[int, int]]] = {}
        self.active: dict[int, tuple[int, Cell]] = {}
        for area in merged:
            if area.bottom > area.top >= header_last and mapping.get(area.left):
                self.starts.setdefault(area.top, []).append((area.left, area.bottom))

    def fill(self, row: int, cells: Sequence[Cell]) -> tuple[Sequence[Cell], frozenset[int]]:
        """The cells of a 0-based row with the text from above, and the columns it was put in."""
        covered: Sequence[int] = ()
        if self.active:
            self.active = {column: span for column, span in self.active.items() if span[0] >= row}
            covered = [column for column in self.active if cells[column] in ("", None)]
            if covered:
                cells = list(cells)
                for column in covered:
                    cells[column] = self.active[column][1]
        for column, bottom in self.starts.get(row, ()):
            self.active[column] = (bottom, cells[column])
        return cells, frozenset(covered)


_DITTO = frozenset({"〃", "″", "상동", "위와 같음", "위와같음"})


def _repeated(
    cells: Sequence[Cell], above: Sequence[Cell], covered: frozenset[int]
) -> tuple[list[Cell], frozenset[int]]:
    """A cell that says 'as above' is read as if it were merged with the one above."""
    marks = {column for column, cell in enumerate(cells) if cell in _DITTO and column < len(above)}
    return [above[at] if at in marks else cell for at, cell in enumerate(cells)], covered | marks


# -- one row -----------------------------------------------------------------------------------------

_LONGEST_CELL = 2000
_TEXT_LIMITS = {
    "company.name": 200,
    "company.representative": 60,
    "company.homepage": 300,
    "company.memo": 2000,
    "workplace.name": 200,
    "workplace.industry": 120,
    "workplace.address": 300,
    "workplace.region": 100,
    "workplace.complex": 100,
}
_READERS: dict[str, Callable[[Cell], Any]] = {
    "company.business_number": read_business_number,
    "company.corporate_number": read_corporate_number,
    "workplace.number": read_workplace_number,
    "workplace.industry_code": few_values(read_industry_code),
    "workplace.headcount": read_headcount,
    "workplace.postcode": read_postcode,
}
_FIELD_NAMES = {"workplace.number": "workplace_number"}


def _reader(target: str) -> Callable[[Cell], Any]:
    if target == "company.memo":
        return _read_memo
    return _READERS.get(target) or _text_reader(_TEXT_LIMITS[target])


def _text_reader(limit: int) -> Callable[[Cell], str | Flaw | None]:
    def read(raw: Cell) -> str | Flaw | None:
        text = clean_text(raw)
        if len(text) <= limit:
            return text or None
        return Flaw("too_long", None, f"{limit:,}")

    return read


def _read_memo(raw: Cell) -> str | Flaw | None:
    text = clean_text(raw, lines=True)
    limit = _TEXT_LIMITS["company.memo"]
    if len(text) > limit:
        return Flaw("too_long", None, f"{limit:,}")
    return Flaw("resident_number") if looks_like_resident_number(text) else text or None


class _RowReader:
    """Reads rows by one mapping, prepared once so that a clean row costs little."""

    def __init__(self, mapping: Mapping[int, str], header: Header, today: date | None) -> None:
        self.headers = {index: _heading(header, index) for index in mapping}
        self.width = max(mapping, default=-1) + 1
        self.single: list[tuple[int, bool, str, Callable[[Cell], Any]]] = []
        by_target = {target: index for index, target in mapping.items()}
        self.name_column = by_target["company.name"]
        self.number_column = by_target.get("company.business_number")
        self.phone_column = by_target.get("workplace.phone")
        self.own_place = [by_target[t] for t in ("workplace.number", "workplace.address") if t in by_target]
        people: dict[int, dict[str, list[int]]] = {}
        for index, target in sorted(mapping.items()):
            record, _, name = target.partition(".")
            if record.startswith("contact"):
                people.setdefault(int(record[7:] or 1), {}).setdefault(name, []).append(index)
            elif target and target != "workplace.phone":
                self.single.append((index, record == "company", _FIELD_NAMES.get(target, name), _reader(target)))
        self.people = [ContactCells(people[group], today) for group in range(1, CONTACT_GROUPS + 1) if group in people]

    def read(self, number: int, cells: Sequence[Cell]) -> ParsedRow:
        """A row that names its company."""
        row = self._read_cells(number, cells)
        self._check(row)
        if row.errors:
            row.cells = _as_handed_back(cells)
        return row

    def _read_cells(self, number: int, cells: Sequence[Cell]) -> ParsedRow:
        company: dict[str, Any] = {}
        workplace: dict[str, Any] = {}
        row = ParsedRow(number, company, workplace, [], [], [], [])  # spelt out: default factories cost a microsecond
        for index, of_company, name, read in self.single:
            raw = cells[index]
            if not raw and (raw is None or raw == ""):
                continue
            value = read(raw)
            if type(value) is Flaw:
                value = self.note(row, value, index, raw)
            if value is None:
                continue
            record = company if of_company else workplace
            if type(value) is str:
                record[name] = _joined(record[name], value) if name in record else value
            elif type(value) is int:
                record[name] = value
            else:
                _store(record, name, value)
        if self.phone_column is not None and cells[self.phone_column]:
            self._read_company_phone(row, cells[self.phone_column])
        for people in self.people:
            row.contacts += people.read(row, cells, self.note)
        return row

    def _read_company_phone(self, row: ParsedRow, raw: Cell) -> None:
        phones = read_phones(raw)
        if phones.flaw:
            self.note(row, phones.flaw, self.phone_column, raw)
        if phones.numbers:
            row.workplace["phone"] = phones.numbers[0]
        if len(phones.numbers) > 1:
            self.note(row, Flaw("phone_more", None, ", ".join(phones.numbers[1:])), self.phone_column, raw)

    def _check(self, row: ParsedRow) -> None:
        """What concerns the row as a whole: the two numbers agree, there is a name and some identity."""
        in_place = row.workplace.pop("_business_number", None)
        own = row.company.get("business_number")
        if in_place and own and in_place != own:
            row.warnings.append(
                self._row_problem("business_number_differs", row.number, format_business_number(in_place))
            )
        elif in_place and not own and not row.errors:
            row.company["business_number"] = in_place
            row.warnings.append(
                self._row_problem("business_number_derived", row.number, "", format_business_number(in_place))
            )
        if "name" not in row.company:
            if not any(error.code == "too_long" for error in row.errors):
                row.errors.append(self._name_problem("name_missing", row.number))
        elif not row.errors and "business_number" not in row.company and not row.identity().loose:
            row.errors.append(self._row_problem("no_identity", row.number))

    # -- rows of further people

    def continues(self, cells: Sequence[Cell], covered: frozenset[int]) -> bool:
        """Whether a row tells of another person of the company above: its company's name is merged from above and it
        has no place of its own, or it has neither name nor business number."""
        if self.name_column in covered:
            return all(column in covered or cells[column] in ("", None) for column in self.own_place)
        if cells[self.name_column] not in ("", None) and clean_text(cells[self.name_column]):
            return False
        return self.number_column is None or not clean_text(cells[self.number_column])

    def add_to(
        self, above: ParsedRow | None, number: int, cells: Sequence[Cell], *, is_merged: bool
    ) -> ParsedRow | None:
        """Adds what a row tells of further people to the company above. Returns the row when it must be handed back
        instead."""
        row = self._read_cells(number, cells)
        row.workplace.pop("_business_number", None)
        if above is None or not row.contacts:
            row.errors = row.errors or [self._name_problem("name_missing", number)]
        elif above.rejected:
            row.errors.append(self._row_problem("parent_rejected", number, "", str(above.number)))
        if row.errors or above is None:
            row.cells = _as_handed_back(cells)
            return row
        if not is_merged:
            row.warnings.append(self._row_problem("continuation", number, "", str(above.number)))
        merge(above, row)
        return None

    # -- findings

    def note(self, row: ParsedRow, flaw: Flaw, column: int | None, raw: Cell) -> Any:
        """Writes a flaw down with its place; what may be kept of the value all the same."""
        index = column if column is not None else self.name_column
        found = cell_problem(flaw, row.number, index, self.headers[index], raw)
        (row.errors if flaw.code in REJECTING else row.warnings).append(found)
        return flaw.kept

    def _row_problem(self, code: str, number: int, value: str = "", hint: str = "") -> Problem:
        return Problem(code, number, "", "", shortened(value), hint)

    def _name_problem(self, code: str, number: int) -> Problem:
        return Problem(code, number, column_letter(self.name_column), self.headers[self.name_column])


def _as_handed_back(cells: Sequence[Cell]) -> list[Cell]:
    """The cells as the file of rejects shows them; nobody needs megabytes of one back."""
    return [cell[:_LONGEST_CELL] if isinstance(cell, str) else cell for cell in cells]


def _heading(header: Header, index: int) -> str:
    return header.names[index].rpartition(LEVELS)[2] if index < len(header.names) else ""


def _joined(first: str, second: str) -> str:
    return first if second in first else f"{first} {second}"


def _store(record: dict[str, Any], name: str, value: Any) -> None:
    """Stores a value that is more than a text."""
    if type(value) is Industry:
        record["ksic"], record["section"] = value
    elif type(value) is WorkplaceNumber:
        record[name], record["_business_number"] = value
    else:
        record[name] = value
