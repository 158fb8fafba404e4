"""Finished PDFs made ready for partners' stamps, kept beside the PDF itself by its content hash."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cases.materials import store
from outreach.errors import NotFound
from outreach.pdf.base import Base, prepare
from outreach.pdf.options import RenderedPdf

_NAME = "base.stamp"


def keep(folder: Path, pdf: RenderedPdf) -> None:
    """Make a document that has places for stamps ready. It must be in the store already."""
    if pdf.stamps:
        store.write(_path(folder, pdf.sha256), prepare(pdf.data, pdf.stamps).pack())


def is_stampable(folder: Path, sha256: str | None) -> bool:
    """Whether partners' editions can be made of the PDF: it is there and has places for their marks."""
    try:
        return sha256 is not None and _path(folder, sha256).is_file()
    except NotFound:
        return False


def base(folder: Path, sha256: str) -> Base:
    """The document made ready; the last few stay in memory. Raises NotFound if it has no places."""
    if not is_stampable(folder, sha256):
        raise NotFound("협력기관 표시를 넣을 자리가 없는 홍보물입니다.")
    return _read(_path(folder, sha256))


@lru_cache(maxsize=4)  # a collection of cases has some ten megabytes
def _read(path: Path) -> Base:
    return Base.unpack(path.read_bytes())


def _path(folder: Path, sha256: str) -> Path:
    return store.pdf_path(folder, sha256).with_name(_NAME)
