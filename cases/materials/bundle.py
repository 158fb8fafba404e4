"""Several files as one zip archive, written while it is sent: nothing is held in memory or on the disk, and its length
is known beforehand, so that a browser can show how far it is.

PDFs and pictures are compressed already: they are stored as they are. Names are UTF-8 with the flag that says so
(APPNOTE.TXT 4.4.4, bit 11), which Windows and macOS read; composed, since Windows shows decomposed Hangul apart.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from outreach.errors import Invalid

BLOCK = 64 * 1024
#: Beyond it the format needs ZIP64, which some offices' programs do not read.
MOST_BYTES = 2**32 - 2**20
_UTF8 = 0x0800
_VERSION = 20
_UNIX = 3 << 8 | _VERSION
_PLAIN_FILE = 0o100644 << 16


class Made(Protocol):
    """Content that is made while it is sent, of which length and check sum are known before."""

    @property
    def size(self) -> int: ...
    @property
    def crc(self) -> int: ...
    def blocks(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive: its name, what it holds (a path, the bytes themselves, or how they are made), and the
    time it bears."""

    name: str
    content: Path | bytes | Made
    at: datetime

    @property
    def raw_name(self) -> bytes:
        return unicodedata.normalize("NFC", self.name).encode()

    @property
    def size(self) -> int:
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    @property
    def crc(self) -> int:
        if isinstance(self.content, Path):
            return _crc_of(self.content)
        return zlib.crc32(self.content) if isinstance(self.content, bytes) else self.content.crc

    def blocks(self) -> Iterator[bytes]:
        if isinstance(self.content, bytes):
            yield self.content
        elif isinstance(self.content, Path):
            with self.content.open("rb") as file:
                while block := file.read(BLOCK):
                    yield block
        else:
            yield from self.content.blocks()


@lru_cache(maxsize=4096)  # a stored file never changes under its name, which is its hash
def _crc_of(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            crc = zlib.crc32(block, crc)
    return crc


def length(entries: Sequence[Entry]) -> int:
    """Bytes of the archive. Raises Invalid: more than the format holds."""
    total = 22 + sum(30 + 46 + 2 * len(entry.raw_name) + entry.size for entry in entries)
    if total > MOST_BYTES or len(entries) > 0xFFFE:
        raise Invalid("묶음이 4GB를 넘습니다. 나누어 받아 주세요.")
    return total


def archive(entries: Sequence[Entry]) -> Iterator[bytes]:
    """The archive's bytes, in order."""
    directory, offset = bytearray(), 0
    for entry in entries:
        facts = struct.pack("<HHHIII", 0, *_dos_time(entry.at), entry.crc, entry.size, entry.size)
        names = struct.pack("<HH", len(entry.raw_name), 0)
        head = struct.pack("<IHH", 0x04034B50, _VERSION, _UTF8) + facts + names + entry.raw_name
        directory += (
            struct.pack("<IHHH", 0x02014B50, _UNIX, _VERSION, _UTF8) + facts + names
            + struct.pack("<HHHII", 0, 0, 0, _PLAIN_FILE, offset) + entry.raw_name
        )
        yield head
        yield from entry.blocks()
        offset += len(head) + entry.size
    yield bytes(directory) + struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, len(entries), len(entries), len(directory), offset, 0
    )


def _dos_time(at: datetime) -> tuple[int, int]:
    """Time and date as MS-DOS writes them, to two seconds, from 1980 on."""
    return at.hour << 11 | at.minute << 5 | at.second // 2, max(at.year - 1980, 0) << 9 | at.month << 5 | at.day


def unlike(names: Sequence[str]) -> list[str]:
    """The same names with a number before the suffix where two would be one, also where case is not told apart."""
    seen: set[str] = set()
    told = []
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        candidate, number = name, 2
        while candidate.casefold() in seen:
            candidate = f"{stem} ({number}){dot}{suffix}"
            number += 1
        seen.add(candidate.casefold())
        told.append(candidate)
    return told
