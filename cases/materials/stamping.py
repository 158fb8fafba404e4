"""Finished PDFs made ready for partners' stamps, kept beside the PDF itself by its content hash."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cases.materials import store
from cases.materials.rules import Format
from outreach.errors import NotFound
from outreach.pdf.base import Base, prepare, relocated
from outreach.pdf.options import RenderedPdf


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


_NAMES = {Format.PRINT: "base.stamp", Format.SCREEN: "screen.stamp", Format.PRESS: "press.stamp"}
NO_PLACES = _("협력기관 표시를 넣을 자리가 없는 홍보물입니다.")
#: What partners' marks are stamped onto.
FORMS = frozenset(_NAMES)


def keep(folder: Path, pdf: RenderedPdf, of: str = "", form: Format = Format.PRINT) -> None:
    """Make a document that has places for stamps ready. ``of``: the hash of the edition if it is another format of
    one. It must be in the store already."""
    if pdf.stamps:
        store.write(_path(folder, of or pdf.sha256, form), prepare(pdf.data, pdf.stamps).pack())


def is_stampable(folder: Path, sha256: str | None, form: Format = Format.PRINT) -> bool:
    """Whether partners' editions can be made of the PDF: it is there and has places for their marks."""
    try:
        if form is Format.SCREEN:
            return is_stampable(folder, sha256) and store.has_format(folder, sha256, form)
        return sha256 is not None and _path(folder, sha256, form).is_file()
    except NotFound:
        return False


def base(folder: Path, sha256: str, form: Format = Format.PRINT) -> Base:
    """The document made ready; the last few stay in memory. Raises NotFound if it has no places."""
    if not is_stampable(folder, sha256, form):
        raise NotFound(NO_PLACES)
    path = _path(folder, sha256, form)
    if not path.is_file():
        store.write(path, _for_screens(folder, sha256).pack())
    return _read(path)


def _for_screens(folder: Path, sha256: str) -> Base:
    """The print PDF's places in the file for screens, which is the same document written anew."""
    printed, screen = store.pdf_path(folder, sha256), store.format_path(folder, sha256, Format.SCREEN).read_bytes()
    places = [slot.place for slot in base(folder, sha256).slots]
    return prepare(screen, relocated(printed.read_bytes(), screen, places))


@lru_cache(maxsize=4)  # a collection of cases has some ten megabytes
def _read(path: Path) -> Base:
    return Base.unpack(path.read_bytes())


def _path(folder: Path, sha256: str, form: Format) -> Path:
    return store.pdf_path(folder, sha256).with_name(_NAMES[form])
