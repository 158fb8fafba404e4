"""Tables of an HTML page, as Korean web systems offer for download under the name .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from outreach.lazy import lazy

if TYPE_CHECKING:
    from lxml import etree, html
else:
    etree, html = lazy("lxml.etree"), lazy("lxml.html")


_MARKUP = re.compile(rb"<\s*(?:!doctype\s+html|html|table|head|body|meta|tr|div|style)\b", re.I)
_MAX_TABLES = 50
_PARSER_OPTIONS = {
    "encoding": "utf-8",
    "remove_comments": True,
    "remove_pis": True,
    "no_network": True,
    "huge_tree": False,
}


class Merge(NamedTuple):
    """A merged area, 0-based and inclusive."""

    top: int
    left: int
    bottom: int
    right: int


Table = tuple[list[list[str]], list[Merge]]


def is_html(start: bytes) -> bool:
    """Whether a file that begins like this is HTML: its first visible character opens a tag, and HTML tags follow."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.replace(b"\0", b"")[2:]
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"<") and _MARKUP.search(text) is not None


def parse(text: str, *, max_rows: int, max_columns: int) -> list[Table]:
    """The tables in the order of the page, each as rows and merged areas. Text stands in the first cell of an area, the
    others are ''. A table inside a cell is a table of its own, not part of the cell's text. Spans and widths
    beyond the limits are cut off."""
    parser = html.HTMLParser(**_PARSER_OPTIONS)
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return []
    tables = []
    for element in page.iter("table"):
        table = _grid(element, max_rows, max_columns)
        if table[0]:
            tables.append(table)
        if len(tables) == _MAX_TABLES:
            break
    return tables


def _grid(table: html.HtmlElement, max_rows: int, max_columns: int) -> Table:
    """The cells of a table at their places; rowspan and colspan keep the places they cover."""
    rows: list[list[str]] = []
    merged: list[Merge] = []
    covered: dict[int, int] = {}  # column -> last row that a rowspan above covers
    for top, row in enumerate(_own(table, "tr")):
        if top >= max_rows:
            break
        cells: list[str] = []
        for cell in _cells(row):
            while covered.get(len(cells), -1) >= top:
                cells.append("")
            left = len(cells)
            width = min(_span(cell, "colspan"), max_columns - left)
            if width <= 0:
                break
            bottom = min(top + _span(cell, "rowspan") - 1, max_rows - 1)
            cells += [_text(cell), *[""] * (width - 1)]
            if bottom > top:
                covered.update(dict.fromkeys(range(left, left + width), bottom))
            if bottom > top or width > 1:
                merged.append(Merge(top, left, bottom, left + width - 1))
        rows.append(cells)
    height = len(rows)
    return rows, [m._replace(bottom=min(m.bottom, height - 1)) for m in merged]


def _own(table: html.HtmlElement, tag: str) -> Iterator[html.HtmlElement]:
    """The rows of this table and of no table inside it."""
    for child in table:
        if child.tag == tag:
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child if row.tag == tag)


def _cells(row: html.HtmlElement) -> Iterator[html.HtmlElement]:
    return (cell for cell in row if cell.tag in ("td", "th"))


def _span(cell: html.HtmlElement, name: str) -> int:
    digits = re.match(r"\s*\d{1,9}", cell.get(name) or "")
    return max(1, int(digits[0])) if digits else 1


def _text(cell: html.HtmlElement) -> str:
    """The visible text: line breaks for <br> and paragraphs, nothing from scripts or inner tables."""
    parts: list[str] = []
    events = etree.iterwalk(cell, events=("start", "end"))
    for event, element in events:
        if event == "start":
            if element is not cell and element.tag in ("table", "script", "style"):
                events.skip_subtree()
                continue
            if element.tag in ("br", "p", "div") and parts:
                parts.append("\n")
            if element.text:
                parts.append(" ".join(element.text.split()) if element.text.isspace() else _collapsed(element.text))
        if event == "end" and element is not cell and element.tail:
            parts.append(_collapsed(element.tail))
    return re.sub(r" *\n\s*", "\n", "".join(parts)).strip()


def _collapsed(text: str) -> str:
    return re.sub(r"\s+", " ", text)
