"""Delimited text as Korean offices save it: UTF-8 with or without mark, UTF-16 with mark, CP949; commas, tabs,
semicolons."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO

_BLOCK = 1 << 20
_DELIMITERS = ",\t;|"
_SAMPLE_ROWS = 50
_SAMPLE_CHARS = 1 << 17


ERRORS = (csv.Error, UnicodeDecodeError)
"""What reading may raise: a stray quotation mark that makes an endless cell, bytes of another encoding."""


def marked_encoding(start: bytes) -> str | None:
    """The encoding a byte order mark tells."""
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def sniff_encoding(file: IO[bytes]) -> tuple[str | None, int]:
    """The encoding in which the whole file makes sense (None: none does), and its number of lines. CP949 is the
    superset of EUC-KR that Windows writes."""
    file.seek(0)
    marked = marked_encoding(file.read(4))
    for encoding in (marked,) if marked else ("utf-8", "cp949"):
        lines = _lines_if_valid(file, encoding)
        if lines is not None:
            return encoding, lines
    return None, 0


def _lines_if_valid(file: IO[bytes], encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    file.seek(0)
    try:
        while block := file.read(_BLOCK):
            if b"\0" in block and encoding != "utf-16":
                return None
            decoder.decode(block)
            lines += block.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines


def first_lines(file: IO[bytes], encoding: str) -> list[str]:
    """Some lines from the beginning."""
    text = codecs.getincrementaldecoder(encoding)().decode(file.read(_SAMPLE_CHARS))
    lines = text.splitlines(keepends=True)
    return lines[: _SAMPLE_ROWS * 4] if len(lines) > 1 else lines


def sniff_delimiter(lines: Sequence[str]) -> str:
    """The mark that divides most rows into the same number of cells; a comma if none does."""
    if lines and (told := re.match(r"sep=(.)\s*$", lines[0])):  # Excel's own hint
        return told[1]
    return max(_DELIMITERS, key=lambda mark: _evenness(lines, mark))


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    try:
        widths = Counter(len(row) for row in islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_ROWS))
    except csv.Error:
        return 0.0
    widths.pop(1, None)
    if not widths:
        return 0.0
    width, rows = max(widths.items(), key=lambda item: item[0] * item[1])
    return min(width, 12) * rows / max(1, min(len(lines), _SAMPLE_ROWS))


def reader(file: IO[bytes], encoding: str, delimiter: str) -> Iterator[list[str]]:
    """All rows, as they are read. Raises one of :data:`ERRORS`."""
    return csv.reader(io.TextIOWrapper(file, encoding, newline=""), delimiter=delimiter)


_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([a-z0-9_\-]+)", re.I)
_CP949_NAMES = {"euc-kr", "euckr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "x-windows-949", "cp949", "ms949"}


def decode_markup(content: bytes) -> tuple[str, str]:
    """Encoding and text of an HTML file: by its mark, its meta element, else UTF-8 or CP949. Raises
    UnicodeDecodeError when none fits."""
    marked = marked_encoding(content)
    told = _CHARSET.search(content[:4096])
    name = told[1].decode("ascii").lower() if told else ""
    tried = [marked] if marked else ["cp949", "utf-8"] if name in _CP949_NAMES else ["utf-8", "cp949"]
    for encoding in tried[:-1]:
        try:
            return encoding, content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return tried[-1], content.decode(tried[-1])
