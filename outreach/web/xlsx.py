"""Workbooks for download, as offices use them: bold frozen headings, filters, column widths that fit Hangul.

Text is written as text and in text format, so nothing in it can become a formula, neither when the file
is opened nor when someone edits the cell (OWASP, CSV Injection); numbers and days stay numbers and days.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Response

from outreach.clock import to_kst
from outreach.lazy import lazy

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = lazy("xlsxwriter")

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FONT = "맑은 고딕"
MAX_CELL_CHARS = 32_767
NARROWEST, WIDEST = 8, 60


def workbook(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, sheet: str = "목록") -> bytes:
    """A workbook of one sheet. Instants are written in Korean time; None leaves the cell empty."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.formats[0].set_font_name(FONT)
        page = book.add_worksheet(sheet[:31])
        _Writer(book, page, len(headers)).write(headers, rows)
    return stream.getvalue()


def attachment(content: bytes, name: str) -> Response:
    """The workbook as a download called ``name``."""
    return Response(content, mimetype=MIME, headers={"Content-Disposition": disposition(name, "download.xlsx")})


def disposition(name: str, plain: str) -> str:
    """The header of a download called ``name``, for old clients ``plain`` (RFC 6266: the Korean name in UTF-8),
    without what Windows refuses in names."""
    name = " ".join("".join(" " if letter in '\\/:*?"<>|' else letter for letter in name).split())
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


class _Writer:
    def __init__(self, book: xlsxwriter.Workbook, page: Any, columns: int):
        def style(**values: Any) -> Any:
            return book.add_format({"font_name": FONT, "font_size": 10, "valign": "top", **values})

        self.page = page
        self.heading = style(bold=True, bg_color="#EEF2F7", bottom=1, text_wrap=True)
        self.text = style(num_format="@")
        self.number = style(num_format="#,##0.##")
        self.whole = style(num_format="#,##0")
        self.day = style(num_format="yyyy. m. d.")
        self.instant = style(num_format="yyyy. m. d. hh:mm")
        self.widths = [NARROWEST] * columns

    def write(self, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        for column, header in enumerate(headers):
            self.page.write_string(0, column, str(header), self.heading)
            self._widen(column, str(header))
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                self._cell(last, column, value)
        self.page.freeze_panes(1, 0)
        if headers:
            self.page.autofilter(0, 0, last, len(headers) - 1)
        for column, width in enumerate(self.widths):
            self.page.set_column(column, column, width + 2)

    def _cell(self, row: int, column: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, datetime):
            self.page.write_datetime(row, column, to_kst(value).replace(tzinfo=None), self.instant)
            self.widths[column] = max(self.widths[column], 17)
        elif isinstance(value, date):
            self.page.write_datetime(row, column, datetime(value.year, value.month, value.day), self.day)  # noqa: DTZ001
            self.widths[column] = max(self.widths[column], 12)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self.page.write_number(row, column, value, self.whole if isinstance(value, int) else self.number)
        else:
            text = _writable(str(value))
            self.page.write_string(row, column, text, self.text)
            self._widen(column, text)

    def _widen(self, column: int, text: str) -> None:
        line = text.split("\n", 1)[0][:WIDEST]
        width = sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in line)
        self.widths[column] = min(max(self.widths[column], width), WIDEST)


def _writable(text: str) -> str:
    """Without control characters, which XML 1.0 can't hold, and no longer than a cell may be."""
    return "".join(ch for ch in text if ch >= " " or ch in "\n\t")[:MAX_CELL_CHARS]
