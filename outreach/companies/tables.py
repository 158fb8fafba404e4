"""A file of any format offices send, as sheets of plain cells. The format is told by the content, never by the name.

xlsx and BIFF xls are read in a child process (workbook_reader.py), HTML tables (often named .xls) and delimited text
in this one. Everything that can go wrong with a file ends in ``Invalid`` with what to do about it.
"""

from __future__ import annotations

import io
import json
import marshal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import IO, Any

from flask_babel import gettext as _

from outreach.companies import html_tables, text_tables
from outreach.companies.html_tables import Merge
from outreach.companies.rules import Cell
from outreach.errors import Invalid

__all__ = ["LIMITS", "Limits", "Merge", "Sheet", "TableFile", "read_tables"]

_READER = Path(__file__).with_name("workbook_reader.py")
_TIMEOUT = 300  # seconds a workbook may take
_BIG_PART = 100_000_000  # bytes of one member of a zip file, unpacked


@dataclass(frozen=True, slots=True)
class Limits:
    """How big a file may be. Text may be larger than a workbook, since it never lies in memory as a whole.
    ``packed_ratio``: how many times smaller than its content a big part of a workbook may be; the rows of a list pack
    to a tenth or a thirtieth, only what was made to be huge packs to less."""

    workbook_bytes: int = 50_000_000
    text_bytes: int = 500_000_000
    unpacked_bytes: int = 2_000_000_000
    packed_ratio: int = 150
    rows: int = 1_100_000
    columns: int = 200


LIMITS = Limits()


@dataclass(slots=True)
class Sheet:
    """One table. ``height`` counts its rows (for text: its lines). ``merged`` are its merged cells, whose text
    stands in the top left cell only."""

    name: str
    height: int
    open_rows: Callable[[], Iterator[Sequence[Cell]]]
    merged: Sequence[Merge] = ()

    def rows(self) -> Iterator[Sequence[Cell]]:
        """All rows from the first of the sheet, in order; can be called again. Blank cells are '' or left out at the
        end of a row. Raises Invalid where the text stops making sense."""
        return self.open_rows()

    def head(self, count: int) -> list[Sequence[Cell]]:
        """The first rows."""
        return list(islice(self.open_rows(), count))


@dataclass(slots=True)
class TableFile:
    """A read file: ``kind`` is xlsx, xls, html or csv, ``encoding`` that of its text. Close it after use."""

    kind: str
    sheets: list[Sheet]
    encoding: str = ""
    spool: IO[bytes] | None = field(default=None, repr=False)

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name. Raises Invalid."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise Invalid(_("파일에 ‘%(name)s’ 시트가 없습니다.", name=name))

    def close(self) -> None:
        if self.spool is not None:
            self.spool.close()

    def __enter__(self) -> TableFile:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def read_tables(source: bytes | str | PathLike[str], limits: Limits = LIMITS) -> TableFile:
    """The sheets of a file given as its content or its path. Raises Invalid when it is none of the formats, broken,
    encrypted or too large."""
    with _opened(source) as file:
        size = file.seek(0, io.SEEK_END)
        start = _read_at(file, 0, 8192)
        if size == 0 or not start.strip(b"\0 \r\n\t\xef\xbb\xbf"):
            raise Invalid(_("빈 파일입니다. 내용이 있는 파일을 골라 주세요."))
        kind = _kind(start)
        limit = limits.text_bytes if kind == "csv" else limits.workbook_bytes
        if size > limit:
            raise _too_large(kind, limit)
        if kind == "zip":
            _check_zip(file, limits)
            return _read_workbook("xlsx", file, limits)
        if kind == "ole":
            _check_ole(_read_at(file, 0, size))
            return _read_workbook("xls", file, limits)
        if kind == "html":
            return _read_html(_read_at(file, 0, size), limits)
    return _read_text(source, size, limits)


def _opened(source: bytes | str | PathLike[str]) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


def _read_at(file: IO[bytes], offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


_OTHER_FORMATS = (
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"HWP Document File", "HWP"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"\x1f\x8b", "gzip"),
)


def _kind(start: bytes) -> str:
    """zip, ole, html or csv, by the first bytes. Raises Invalid for formats that hold no table we can read."""
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    for mark, name in _OTHER_FORMATS:
        if start.startswith(mark):
            raise _wrong_format(name)
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        raise _wrong_format("XML Spreadsheet 2003")
    if start[:64].lstrip().lower().startswith(b"mime-version") and b"multipart/related" in start.lower():
        raise _wrong_format("MHTML")
    return "html" if html_tables.is_html(start) else "csv"


def _wrong_format(name: str) -> Invalid:
    return Invalid(
        _(
            "%(name)s 형식은 읽을 수 없습니다. 엑셀에서 ‘Excel 통합 문서(.xlsx)’로 다시 저장해 올려 주세요.",
            name=name,
        )
    )


def _too_large(kind: str, limit: int) -> Invalid:
    if kind == "csv":
        return Invalid(_("파일이 너무 큽니다(최대 %(size)s MB). 나누어 올려 주세요.", size=limit // 1_000_000))
    return Invalid(
        _("파일이 너무 큽니다(최대 %(size)s MB). 나누어 올리거나 CSV로 저장해 올려 주세요.", size=limit // 1_000_000)
    )


def _broken() -> Invalid:
    return Invalid(
        _("파일이 손상되어 읽을 수 없습니다. 엑셀에서 열어 ‘Excel 통합 문서(.xlsx)’로 다시 저장한 뒤 올려 주세요.")
    )


def _encrypted() -> Invalid:
    return Invalid(_("암호가 걸린 파일입니다. 엑셀에서 암호를 풀고 저장한 뒤 올려 주세요."))


def _without_sheets() -> Invalid:
    return Invalid(_("파일에 읽을 표가 없습니다. 기업 명단이 있는 시트를 확인해 주세요."))


# -- workbooks -----------------------------------------------------------------------------------------


def _check_zip(file: IO[bytes], limits: Limits) -> None:
    """That a zip file is a spreadsheet and unpacks to a sensible size. Nothing is unpacked here."""
    try:
        members = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise _broken() from error
    names = {member.filename.lower() for member in members}
    if "xl/workbook.xml" not in names:
        if "xl/workbook.bin" in names:
            raise _wrong_format("XLSB")
        if any(name.startswith(("word/", "ppt/", "contents/", "content.xml")) for name in names):
            raise _wrong_format(_("이 문서"))
        raise Invalid(_("압축 파일은 읽을 수 없습니다. 압축을 풀고 안에 있는 엑셀이나 CSV 파일을 올려 주세요."))
    if any(member.flag_bits & 1 for member in members):
        raise _encrypted()
    if sum(member.file_size for member in members) > limits.unpacked_bytes or any(
        member.file_size > _BIG_PART and member.file_size > member.compress_size * limits.packed_ratio
        for member in members
    ):
        raise Invalid(_("파일을 풀면 지나치게 커집니다. 필요한 시트만 남겨 다시 저장하거나 CSV로 저장해 올려 주세요."))


def _check_ole(content: bytes) -> None:
    """That a compound file is a workbook, told by the names of its streams (UTF-16LE in the directory)."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        raise _encrypted()
    for stream, name in (("HwpSummaryInformation", "HWP"), ("WordDocument", "DOC"), ("PowerPoint Document", "PPT")):
        if has(stream) and not has("Workbook"):
            raise _wrong_format(name)


def _read_workbook(kind: str, file: IO[bytes], limits: Limits) -> TableFile:
    """Has a child process turn the workbook into rows in a temporary file, and reads its table of contents."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - TableFile closes it
    try:
        index = _run_reader(file, spool)
        fitting = [sheet for sheet in index if 0 < sheet["width"] <= limits.columns and sheet["height"] <= limits.rows]
        if not fitting and any(sheet["width"] > limits.columns for sheet in index):
            raise Invalid(
                _("열이 %(limit)s개를 넘습니다. 쓰지 않는 열을 지우고 저장한 뒤 올려 주세요.", limit=limits.columns)
            )
        if not fitting:
            raise _without_sheets()
    except BaseException:
        spool.close()
        raise
    sheets = [_spooled_sheet(spool, sheet) for sheet in fitting]
    return TableFile(kind, sheets, spool=spool)


def _run_reader(file: IO[bytes], spool: IO[bytes]) -> list[dict[str, Any]]:
    with _with_descriptor(file) as stdin:
        stdin.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own program, no argument from outside
                [sys.executable, "-I", str(_READER)],
                stdin=stdin, stdout=spool, stderr=subprocess.PIPE, timeout=_TIMEOUT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Invalid(_("파일을 읽는 데 너무 오래 걸립니다. CSV로 저장해 올려 주세요.")) from error
    answer = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    if done.returncode == 0:
        return json.loads(answer)
    raise _encrypted() if answer == "PasswordError" else _broken()


def _with_descriptor(file: IO[bytes]) -> IO[bytes]:
    """The file as one that a child process can be given."""
    if not isinstance(file, io.BytesIO):
        return Path(file.name).open("rb")
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's with
    copy.write(file.getbuffer())
    copy.flush()
    return copy


def _spooled_sheet(spool: IO[bytes], entry: dict[str, Any]) -> Sheet:
    def rows() -> Iterator[Sequence[Cell]]:
        at = entry["offset"]
        while True:
            spool.seek(at)  # several readers may be under way on the one file
            size = int.from_bytes(spool.read(4), "little")
            if not size:
                return
            at += 4 + size
            yield from marshal.loads(spool.read(size))  # noqa: S302 - written by our own child process

    return Sheet(entry["name"], entry["height"], rows, [Merge(*merge) for merge in entry["merged"]])


# -- HTML and text ------------------------------------------------------------------------------------


def _read_html(content: bytes, limits: Limits) -> TableFile:
    try:
        encoding, text = text_tables.decode_markup(content)
    except UnicodeDecodeError as error:
        raise _unknown_encoding() from error
    tables = html_tables.parse(text, max_rows=limits.rows, max_columns=limits.columns)
    if not tables:
        raise _without_sheets()
    sheets = [
        Sheet(f"표 {number}", len(rows), rows.__iter__, merged) for number, (rows, merged) in enumerate(tables, 1)
    ]
    return TableFile("html", sheets, encoding)


def _unknown_encoding() -> Invalid:
    return Invalid(_("글자 부호를 알 수 없습니다. 엑셀에서 ‘CSV UTF-8(쉼표로 분리)’ 형식으로 저장해 올려 주세요."))


def _read_text(source: bytes | str | PathLike[str], size: int, limits: Limits) -> TableFile:
    with _opened(source) as file:
        encoding, lines = text_tables.sniff_encoding(file)
        if encoding is None:
            raise _unknown_encoding()
        file.seek(0)
        delimiter = text_tables.sniff_delimiter(text_tables.first_lines(file, encoding))

    return TableFile("csv", [Sheet("CSV", lines, lambda: _text_rows(source, encoding, delimiter, limits))], encoding)


def _text_rows(
    source: bytes | str | PathLike[str], encoding: str, delimiter: str, limits: Limits
) -> Iterator[list[str]]:
    """The rows as they are read: one generator, since each more would cost every row of a million."""
    count, columns = 0, limits.columns
    with _opened(source) as file:
        reader = text_tables.reader(file, encoding, delimiter)
        try:
            for count, row in enumerate(reader, 1):
                if len(row) > columns or count > limits.rows:
                    raise _too_wide_or_long(count, limits)
                yield row
        except text_tables.ERRORS as error:
            message = _(
                "%(row)s행 다음에서 읽을 수 없는 내용이 나왔습니다. 따옴표가 짝이 맞는지 확인해 주세요.", row=count
            )
            raise Invalid(message) from error


def _too_wide_or_long(row: int, limits: Limits) -> Invalid:
    if row > limits.rows:
        return Invalid(_("행이 너무 많습니다(최대 %(limit)s행). 나누어 올려 주세요.", limit=f"{limits.rows:,}"))
    return Invalid(
        _("%(row)s행의 열이 %(limit)s개를 넘습니다. 구분 기호와 따옴표를 확인해 주세요.", row=row, limit=limits.columns)
    )
