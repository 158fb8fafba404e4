"""Lists as CSV for download: UTF-8 with the byte order mark by which Excel knows it, lines by CRLF (RFC 4180),
written while they are read, so that any length takes the same memory.

A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any

from flask import Response, stream_with_context

from outreach.clock import to_kst
from outreach.db import reading
from outreach.web.xlsx import disposition

BOM = "\ufeff"
_FORMULA = tuple("=+-@\t\r")
#: Lines that leave at once.
AT_ONCE = 500


def stream(headers: Iterable[Any], rows: Iterable[Sequence[Any]], name: str) -> Response:
    """A download called ``name``. ``rows`` may read the database while it is sent, in a reading transaction.
    Instants are written in Korean time; None leaves the cell empty."""
    body = stream_with_context(_body([str(header) for header in headers], rows))
    return Response(body, mimetype="text/csv", headers={"Content-Disposition": disposition(name, "download.csv")})


def _body(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow(headers)
    with reading():
        for number, row in enumerate(rows, start=1):
            writer.writerow([cell(value) for value in row])
            if number % AT_ONCE == 0:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def cell(value: Any) -> Any:
    """A value as it stands in a cell."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{to_kst(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
