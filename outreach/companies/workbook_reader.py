"""Reads a workbook (standard input) into rows (standard output). Run as a program of its own by tables.py.

A child process, because on some damaged files the workbook library asks for hundreds of gigabytes and aborts the
process it runs in; here that costs nothing but a message. Memory and time are bounded below.

Output: for each sheet, chunks of rows, each a length of four bytes (little endian) and that many bytes in Python's
marshal format; a length of 0 ends the sheet. The last line on standard error is the
table of contents as JSON; with exit status 1, the name of the error. Dates become ISO text, error values ''.
"""

from __future__ import annotations

import contextlib
import io
import json
import marshal
import resource
import sys
from datetime import date, datetime, time
from typing import Any

import python_calamine

MAX_MEMORY = 4 << 30
MAX_OUTPUT = 2 << 30
MAX_CPU_SECONDS = 240
CHUNK = 500
_PLAIN = (str, float, int, bool)


def main() -> int:
    limits = {resource.RLIMIT_AS: MAX_MEMORY, resource.RLIMIT_FSIZE: MAX_OUTPUT, resource.RLIMIT_CPU: MAX_CPU_SECONDS}
    for limit, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
            resource.setrlimit(limit, (value, value))
    try:
        index = _convert(io.BytesIO(sys.stdin.buffer.read()), sys.stdout.buffer)
    except BaseException as error:
        print(type(error).__name__, file=sys.stderr)
        return 1
    print(json.dumps(index), file=sys.stderr)
    return 0


def _convert(source: io.BytesIO, out: Any) -> list[dict[str, Any]]:
    index = []
    with python_calamine.load_workbook(source) as book:
        for place, metadata in enumerate(book.sheets_metadata):
            if metadata.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(place)
            last_row, last_column = sheet.end or (-1, -1)
            entry = {
                "name": metadata.name,
                "offset": out.tell(),
                "height": last_row + 1,
                "width": last_column + 1,
                "merged": [(*start, *end) for start, end in sheet.merged_cell_ranges or ()],
            }
            _write_rows(sheet, out)
            index.append(entry)
    return index


def _write_rows(sheet: Any, out: Any) -> None:
    padding = [""] * (sheet.start[1] if sheet.start else 0)  # rows come without the blank columns before the first used
    chunk = []
    for cells in sheet.iter_rows() if sheet.start else ():
        chunk.append([] if cells.count("") == len(cells) else padding + [_plain(cell) for cell in cells])
        if len(chunk) == CHUNK:
            _write_chunk(chunk, out)
            chunk = []
    if chunk:
        _write_chunk(chunk, out)
    out.write(bytes(4))


def _write_chunk(chunk: list[list[Any]], out: Any) -> None:
    packed = marshal.dumps(chunk)
    out.write(len(packed).to_bytes(4, "little") + packed)


def _plain(cell: Any) -> str | float | int | bool:
    if type(cell) in _PLAIN:
        return cell
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


if __name__ == "__main__":
    sys.exit(main())
