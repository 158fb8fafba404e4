"""How one file is to be read and what its importer said about it: everything a run needs besides the database.

A plan holds no "now": the day it judges by is the day of the upload, so that a killed run that goes on
tomorrow reads the same companies in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from outreach.clock import kst_midnight
from outreach.companies import columns
from outreach.companies.headers import SEARCHED_ROWS, Header, header_at, rank_sheets
from outreach.companies.imports.bundles import Bundle, bundles
from outreach.companies.models import ConsentPurpose
from outreach.companies.rows import Tally
from outreach.companies.tables import Sheet, read_tables
from outreach.errors import Invalid


@dataclass(frozen=True, slots=True)
class Plan:
    """``mapping``: column index (0-based) to target (companies.columns). ``as_of``: the day the list describes.
    ``day``: the day of the upload in Korea. ``purpose``, ``evidence``: what a yes in the consent column agreed
    to, and how it was asked where no column says it. ``centre_id``: whose import it is."""

    import_id: int
    sheet: str
    header_first: int
    header_last: int
    mapping: Mapping[int, str]
    day: date
    as_of: date | None = None
    purpose: ConsentPurpose = ConsentPurpose.ADVERTISING
    evidence: str = ""
    centre_id: int | None = None

    def yields_to(self, edit: str | None) -> bool:
        """Whether a value of this list gives way to a hand edit made at ``edit`` (ISO instant)."""
        if edit is None:
            return False
        return self.as_of is None or kst_midnight(self.as_of) <= datetime.fromisoformat(edit)


@dataclass(slots=True)
class Source:
    """An opened list: its heading, its companies, and the tally of its rows, which grows as they are read."""

    sheet: Sheet
    header: Header
    plan: Plan
    tally: Tally = field(default_factory=Tally)

    def bundles(self) -> Iterator[Bundle]:
        self.tally.clear()
        return bundles(self.sheet, self.plan.mapping, self.header, today=self.plan.day, tally=self.tally)

    @property
    def height(self) -> int:
        """Rows below the heading, at most."""
        return max(0, self.sheet.height - self.header.last)


@contextmanager
def opened(path: Path, plan: Plan) -> Iterator[Source]:
    """The list at ``path`` by its plan. Raises Invalid when file, sheet or mapping can't be used."""
    columns.check_mapping(plan.mapping)
    with read_tables(path) as tables:
        sheet = tables.sheet(plan.sheet)
        header = header_at(sheet.head(SEARCHED_ROWS), sheet.merged, plan.header_first, plan.header_last)
        yield Source(sheet, header, plan)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a file probably says: its likeliest sheet and heading, a suggestion per column, the first rows."""

    sheets: tuple[tuple[str, int], ...]
    sheet: str
    header: Header
    signature: str
    suggestions: tuple[columns.Suggestion, ...]
    preview: tuple[tuple[Any, ...], ...]
    data_rows: int

    @property
    def mapping(self) -> dict[int, str]:
        return columns.to_mapping(self.suggestions, at_least=0.4)


PREVIEW = 8


def guess(
    source: bytes | Path, sheet: str | None = None, header_rows: tuple[int, int] | None = None
) -> Guess:
    """Read a file for its mapping page; a person may have chosen the sheet and the rows of its heading. Raises
    Invalid for a file that is no list."""
    with read_tables(source) as tables:
        ranked = rank_sheets(tables.sheets)
        if not ranked:
            raise Invalid(_("파일에 읽을 표가 없습니다. 기업 명단이 있는 시트를 확인해 주세요."))
        names = [candidate.sheet.name for candidate in ranked]
        chosen = ranked[names.index(sheet)] if sheet in names else ranked[0]
        head = chosen.sheet.head(SEARCHED_ROWS)
        header = chosen.header
        if header_rows is not None:
            first, last = header_rows
            last = min(last, len(head))
            header = header_at(head, chosen.sheet.merged, min(first, last), last)
        below = head[header.last :]
        return Guess(
            tuple((candidate.sheet.name, candidate.sheet.height) for candidate in ranked), chosen.sheet.name,
            header, columns.signature(header.names), tuple(columns.suggest(header.names, below)),
            tuple(tuple(row) for row in below[:PREVIEW]), max(0, chosen.sheet.height - header.last),
        )
