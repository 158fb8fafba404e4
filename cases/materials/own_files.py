"""A partner's own file of an edition, in each format that bears its mark: made when it is asked for, kept nowhere.

A PDF is the base that all partners share with a few kilobytes behind it (outreach.pdf.stamp): the two are sent one
after the other, so that a thousand slow readers of a large collection hold it in memory once.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cases.materials import marked, stamping, store
from cases.materials.partner_editions import Words
from cases.materials.rules import PICTURES, Format
from outreach.pdf import stamp as press
from outreach.pdf.impose import booklet
from outreach.pdf.marks import Logo, logo

#: Bytes written to an archive at once.
BLOCK = 64 * 1024


class Joined:
    """Two byte strings as one file to read, without putting them together."""

    def __init__(self, first: bytes, second: bytes):
        self._first, self._second, self._at = first, second, 0

    def read(self, most: int) -> bytes:
        """At most so many bytes; fewer at the seam."""
        beyond = self._at - len(self._first)
        block = self._first[self._at:self._at + most] if beyond < 0 else self._second[beyond:beyond + most]
        self._at += len(block)
        return block

    def seekable(self) -> bool:
        return True

    def seek(self, at: int, _whence: int = 0) -> int:
        """From the beginning only."""
        self._at = at
        return at

    def tell(self) -> int:
        return self._at


@dataclass(frozen=True, slots=True)
class OwnFile:
    """The file: what is shared, fetched while it is sent, and what is the partner's. ``etag``: the same for the same
    bytes."""

    own: bytes
    etag: str
    crc: int
    shared_size: int = 0
    shared: Callable[[], bytes] = bytes

    @property
    def size(self) -> int:
        return self.shared_size + len(self.own)

    def blocks(self) -> Iterator[bytes]:
        """The bytes in order."""
        file = self.open()
        while block := file.read(BLOCK):
            yield block

    def open(self) -> Joined:
        """The bytes as a file."""
        return Joined(self.shared(), self.own)

    def whole(self) -> bytes:
        return self.shared() + self.own


def bears_mark(folder: Path, sha256: str | None, form: Format) -> bool:
    """Whether the edition's file has room for a partner's mark: PDFs with places, pictures, documents to work on."""
    if form in PICTURES or form is Format.HWPX:
        return store.has_format(folder, sha256, form)
    return form in stamping.FORMS and stamping.is_stampable(folder, sha256, form)


def own_file(folder: Path, static: Path, sha256: str, form: Format, words: Words) -> OwnFile:
    """The partner's file.

    :param folder: where editions are kept.
    :raises NotFound: the edition has no such file, or it has no places for a partner's mark.
    :raises RenderError: the partner's words do not fit a place, or our faces lack a letter; names the place.
    """
    if form in stamping.FORMS:
        base = stamping.base(folder, sha256, form)
        own = press.appended(base, _edition(words), static=static)
        return OwnFile(
            own, hashlib.sha256(f"{sha256}-{form.value}".encode() + own).hexdigest(), zlib.crc32(own, base.crc),
            len(base.data), lambda: stamping.base(folder, sha256, form).data,
        )
    data = store.format_path(folder, sha256, form).read_bytes()
    made = marked.document(data, words) if form is Format.HWPX else marked.picture(data, words, static, form)
    return _plain(made)


def folded(file: OwnFile) -> OwnFile:
    """A PDF as a booklet to print and fold (outreach.pdf.impose)."""
    return _plain(booklet(file.whole()))


def _plain(data: bytes) -> OwnFile:
    return OwnFile(data, hashlib.sha256(data).hexdigest(), zlib.crc32(data))


def _edition(words: Words) -> press.Edition:
    return press.Edition(
        partner=words.name, contact=words.contact, logo=_ready(words.logo) if words.logo else None,
        accent=words.accent or None, url=words.url, address=words.address,
    )


@lru_cache(maxsize=64)
def _ready(path: Path) -> Logo:
    """A logo as PDF objects; files are named by content, so the path is enough."""
    return logo(path.read_bytes())
