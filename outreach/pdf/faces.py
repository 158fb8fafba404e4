"""Type for stamps: widths of our faces, and a font file of just the letters that one edition uses.

A whole face is 5.5 MB, and a subset made by a font library takes longer than all the rest of an edition. Static
TrueType faces without hinting (ours) need no more than their outlines copied: half a millisecond.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.lazy import lazy
from outreach.pdf.errors import RenderError
from outreach.wording import Text

if TYPE_CHECKING:
    from fontTools import ttLib
else:
    ttLib = lazy("fontTools.ttLib")  # noqa: N816 - its own name

_ARGS_ARE_WORDS, _SCALE, _MORE, _XY_SCALE, _TWO_BY_TWO = 0x1, 0x8, 0x20, 0x40, 0x80  # flags of OpenType's glyf table
_DRAWS_NOTHING = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


class Face:
    """One TTF file, mapped, not read."""

    def __init__(self, path: Path):
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # Of what was met so far: an edition's letters are mostly those of the one before.
        self._advances: dict[str, int] = {}
        self._metrics: dict[int, bytes] = {}
        self._outlines: dict[int, bytes] = {}
        with ttLib.TTFont(path, lazy=True) as font:
            self.name = str(font["name"].getDebugName(6))
            self._glyphs = {code: font.getGlyphID(glyph) for code, glyph in font.getBestCmap().items()}
            entries = font.reader.tables
            self._tables = {str(tag): (entry.offset, entry.length) for tag, entry in entries.items()}
            self.units = font["head"].unitsPerEm
            self.box = tuple(getattr(font["head"], side) for side in ("xMin", "yMin", "xMax", "yMax"))
            self.ascent, self.descent = font["hhea"].ascent, font["hhea"].descent
            self.capital = font["OS/2"].sCapHeight
            if font["head"].indexToLocFormat != 1 or font["hhea"].numberOfHMetrics != font["maxp"].numGlyphs:
                raise ValueError(f"{path.name}: short offsets or shared widths")  # no face of ours

    def table(self, tag: str) -> bytes:
        """A table of the file as it is."""
        offset, length = self._tables[tag]
        return self._data[offset:offset + length]

    def glyph(self, character: str, place: str) -> int:
        """The glyph of a character. Raises RenderError naming ``place`` when there is none."""
        try:
            return self._glyphs[ord(character)]
        except KeyError:
            raise RenderError(Text(
                "글꼴에 없는 글자 ‘%(character)s’(U+%(code)s)가 있습니다. 다른 글자로 바꾸어 주세요.",
                character=character, code=f"{ord(character):04X}",
            ), place=place) from None

    def metric(self, glyph: int) -> bytes:
        """The four bytes of the width table: advance width in units, then the space before the outline."""
        if (found := self._metrics.get(glyph)) is None:
            at = self._tables["hmtx"][0] + 4 * glyph
            found = self._metrics[glyph] = self._data[at:at + 4]
        return found

    def width(self, text: str, size: float, place: str) -> float:
        """How wide ``text`` is set, in the unit of ``size``."""
        total = 0
        for character in text:
            if (advance := self._advances.get(character)) is None:
                advance = int.from_bytes(self.metric(self.glyph(character, place))[:2], "big")
                self._advances[character] = advance
            total += advance
        return total * size / self.units

    def outline(self, glyph: int) -> bytes:
        """What the outline table holds of a glyph, padded to four bytes."""
        if (found := self._outlines.get(glyph)) is None:
            at = self._tables["loca"][0] + 4 * glyph
            start, end = struct.unpack(">II", self._data[at:at + 8])
            base = self._tables["glyf"][0]
            outline = self._data[base + start:base + end]
            found = self._outlines[glyph] = outline + bytes(-len(outline) % 4)
        return found


@lru_cache(maxsize=4)
def face(path: Path) -> Face:
    """A face, opened once in a process."""
    return Face(path)


def printable(text: str) -> str:
    """``text`` without the characters that draw nothing, white space as single blanks."""
    return " ".join("".join(c for c in text if c not in _DRAWS_NOTHING).split())


class Subset:
    """The letters of one face that an edition has used so far; numbered anew from 1 (0 stays the empty box)."""

    def __init__(self, face: Face):
        self.face = face
        self._numbers: dict[int, int] = {0: 0}
        self._codes: dict[str, bytes] = {}

    def encode(self, text: str, place: str) -> bytes:
        """``text`` as a hexadecimal PDF string of two-byte glyph numbers."""
        codes = self._codes
        for character in text:
            if character not in codes:
                number = self._numbers.setdefault(self.face.glyph(character, place), len(self._numbers))
                codes[character] = b"%04x" % number
        return b"<" + b"".join([codes[character] for character in text]) + b">"

    def __bool__(self) -> bool:
        return bool(self._codes)

    @property
    def tag(self) -> str:
        """Six capitals that name the subset (ISO 32000-1 §9.6.4), the same for the same letters."""
        value = int.from_bytes(hashlib.sha256(repr(sorted(self._codes)).encode()).digest()[:8], "big")
        return "".join(chr(65 + value // 26 ** place % 26) for place in range(6))

    def widths(self) -> bytes:
        """The advance widths in thousandths of an em, in the order of the glyphs."""
        return b" ".join(
            b"%d" % round(int.from_bytes(self.face.metric(glyph)[:2], "big") * 1000 / self.face.units)
            for glyph in self._numbers)

    def to_unicode(self) -> bytes:
        """The map from glyph numbers back to characters, for searching and copying (ISO 32000-1 §9.10.3)."""
        characters = {code: character for character, code in reversed(self._codes.items())}  # one a glyph
        lines = [b"<%s> <%s>" % (code, character.encode("utf-16-be").hex().encode())
                 for code, character in sorted(characters.items())]
        parts = [lines[at:at + 100] for at in range(0, len(lines), 100)]
        return (b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo\n"
                b"<< /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n"
                b"/CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
                + b"".join(b"%d beginbfchar\n%s\nendbfchar\n" % (len(part), b"\n".join(part)) for part in parts)
                + b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")

    def font_file(self) -> bytes:
        """A TrueType file with the outlines and widths alone; which letter is which, :meth:`to_unicode` says."""
        outlines, offsets, at = [], [0], 0
        for outline in self._outlines():
            outlines.append(outline)
            at += len(outline)
            offsets.append(at)
        count = len(self._numbers)
        face = self.face
        return _sfnt({
            b"glyf": b"".join(outlines),
            b"head": face.table("head"),
            b"hhea": face.table("hhea")[:34] + struct.pack(">H", count),
            b"hmtx": b"".join(face.metric(glyph) for glyph in self._numbers),
            b"loca": struct.pack(f">{count + 1}I", *offsets),
            b"maxp": face.table("maxp")[:4] + struct.pack(">H", count) + face.table("maxp")[6:],
        })

    def _outlines(self) -> Iterator[bytes]:
        """Parts of composed letters are appended as they are met."""
        done = 0
        while done < len(self._numbers):
            for glyph in list(self._numbers)[done:]:
                outline = self.face.outline(glyph)
                if outline[:2] >= b"\x80":  # a negative number of contours: composed of other glyphs
                    outline = self._renumbered(bytearray(outline))
                yield outline
                done += 1

    def _renumbered(self, outline: bytearray) -> bytes:
        at, flags = 10, _MORE
        while flags & _MORE:
            flags, glyph = struct.unpack_from(">HH", outline, at)
            struct.pack_into(">H", outline, at + 2, self._numbers.setdefault(glyph, len(self._numbers)))
            at += 8 if flags & _ARGS_ARE_WORDS else 6
            at += 2 if flags & _SCALE else 4 if flags & _XY_SCALE else 8 if flags & _TWO_BY_TWO else 0
        return bytes(outline)


def _sfnt(tables: dict[bytes, bytes]) -> bytes:
    """A font file of the given tables (OpenType, "Table Directory"); their names must be in order."""
    power = 1 << (len(tables).bit_length() - 1)
    head = struct.pack(">IHHHH", 0x10000, len(tables), power * 16, power.bit_length() - 1, (len(tables) - power) * 16)
    at = 12 + 16 * len(tables)
    directory, bodies = [head], []
    for tag, body in tables.items():
        padded = body + bytes(-len(body) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory.append(struct.pack(">4sIII", tag, checksum, at, len(body)))
        bodies.append(padded)
        at += len(padded)
    return b"".join(directory + bodies)
