"""Finished PDFs and the pictures of their pages, kept by content hash below the data folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cases.materials.rules import Format, suffix
from outreach.errors import NotFound
from outreach.pdf.inspect import thumbnails

#: Width of a page picture in pixels: sharp at the size the pages show it, on a dense screen.
PAGE_WIDTH = 640


def keep(folder: Path, data: bytes, sha256: str, *, width: int = PAGE_WIDTH) -> None:
    """Store a PDF and draw its pages. The pictures come first: where the PDF is, they are."""
    place = _place(folder, sha256)
    if (place / "document.pdf").exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(thumbnails(data, width=width), 1):
        write(place / f"page-{number}.png", picture)
    write(place / "document.pdf", data)


def pdf_path(folder: Path, sha256: str | None) -> Path:
    """Raises NotFound if the file is gone from the disk."""
    return _existing(_place(folder, sha256 or "-" * 64) / "document.pdf")


def page_path(folder: Path, sha256: str | None, number: int) -> Path:
    """The picture of page ``number`` (from 1). Raises NotFound."""
    return _existing(_place(folder, sha256 or "-" * 64) / f"page-{int(number)}.png")


def keep_format(folder: Path, sha256: str, form: Format, data: bytes) -> None:
    """Store another format of the PDF beside it."""
    write(_place(folder, sha256) / _name(form), data)


def format_path(folder: Path, sha256: str | None, form: Format) -> Path:
    """The file of any format. Raises NotFound."""
    return _existing(_place(folder, sha256 or "-" * 64) / _name(form))


def has_format(folder: Path, sha256: str | None, form: Format) -> bool:
    """Whether there is a file of that format."""
    return (_place(folder, sha256 or "-" * 64) / _name(form)).is_file()


def _name(form: Format) -> str:
    return "document.pdf" if form is Format.PRINT else f"{form.value}{suffix(form)}"


def _place(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NotFound("저장된 파일을 찾을 수 없습니다. 새 판을 만들어 주세요.")
    return path


def write(path: Path, data: bytes) -> None:
    """Whole or not at all, also when the power fails."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), 0o640)  # a web server in front reads it as one of our group
    Path(file.name).replace(path)
