"""Lists as CSV for download: UTF-8 with the byte order mark by which Excel knows it, lines by CRLF (RFC 4180).

A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask import Response, send_file

from outreach.clock import to_kst
from outreach.web.xlsx import disposition

BOM = "\ufeff"
_FORMULA = tuple("=+-@\t\r")


def download(headers: Iterable[Any], rows: Iterable[Sequence[Any]], name: str) -> Response:
    """A download called ``name``. Instants are written in Korean time; None leaves the cell empty.

    Written to a nameless file first: any length takes the same memory, and a slow reader keeps no transaction
    of the database open."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    try:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        text.write(BOM)
        writer = csv.writer(text)
        writer.writerow([str(header) for header in headers])
        for row in rows:
            writer.writerow([cell(value) for value in row])
        text.detach()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    response = send_file(file, mimetype="text/csv")
    response.headers["Content-Disposition"] = disposition(name, "download.csv")
    return response


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
