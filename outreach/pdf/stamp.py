"""One partner's edition: its mark, name, contact, colour, code and address set into the places of a prepared base.

Everything is drawn here as PDF operators and appended to the base's bytes (:mod:`outreach.pdf.base`); a few
milliseconds, so editions are made when they are asked for and kept nowhere. The same base and edition give the same
bytes. Text is text (own subset of our faces, with its map back to characters), the mark is a tagged figure with words
for it, and the address is a link.
"""

from __future__ import annotations

import hashlib
import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from outreach.errors import Invalid
from outreach.pdf.base import BOLD, LOGO, REGULAR, Base, Entry, Sheet, Slot
from outreach.pdf.errors import RenderError
from outreach.pdf.faces import Face, Subset, face, printable
from outreach.pdf.layout import Line, address_lines, code_box, partner_box
from outreach.pdf.marks import Logo
from outreach.pdf.options import ACCENT, ADDRESS, FONTS, PARTNER, StampPlace
from outreach.pdf.qr import QUIET, qr_code

_STATIC = Path(__file__).resolve().parents[2] / "static"
_PACKING = 1  # of 9: for the little there is, more effort costs more time than it saves bytes


@dataclass(frozen=True)
class Edition:
    """What differs. ``accent``: ``#RRGGBB`` or None for the template's own colour; ``url`` is behind the code,
    ``address`` is what people read and type."""

    partner: str
    contact: str = ""
    logo: Logo | None = None
    accent: str | None = None
    url: str = ""
    address: str = ""


def stamp(base: Base, edition: Edition, *, static: Path = _STATIC) -> bytes:
    """The edition as a PDF; see :func:`appended`."""
    return base.data + appended(base, edition, static=static)


def appended(base: Base, edition: Edition, *, static: Path = _STATIC) -> bytes:
    """What follows the base's bytes in the edition. The base is shared by all of them, also while they are sent.

    :param static: the folder of our faces.
    :raises RenderError: the name or address does not fit its place, our faces lack one of its characters, or the base
        has a place for a code and there is no address; names the place.
    """
    return _Stamp(base, edition, face(static / FONTS[0]), face(static / FONTS[1])).made()


@lru_cache(maxsize=256)
def _code(url: str) -> tuple[int, bytes]:
    """Its side in modules and its path, once for all the places of an edition."""
    code = qr_code(url)
    return code.side, code.path


class _Stamp:
    def __init__(self, base: Base, edition: Edition, regular: Face, bold: Face):
        self._base = base
        self._edition = edition
        self._faces = {REGULAR: Subset(regular), BOLD: Subset(bold)}
        self._next = base.size
        self._parts: list[bytes] = []
        self._at = len(base.data)
        self._entries: list[Entry] = list(base.entries)
        self._digest = hashlib.sha256()
        self._logo_used = False

    def made(self) -> bytes:
        for sheet in self._base.sheets:
            self._page(sheet)
        self._fonts()
        self._logo()
        return self._closed()

    # --- what is drawn

    def _page(self, sheet: Sheet) -> None:
        marks, content = list(sheet.own), []
        for slot in self._base.slots:
            if slot.page != sheet.page:
                continue
            if slot.place.kind == ACCENT:
                drawn = _field(slot, self._edition.accent)
            elif slot.place.kind == PARTNER:
                drawn = self._partner(slot, marks)
            elif slot.place.kind == ADDRESS:
                drawn = self._address(slot, marks)
            else:
                drawn = self._qr(slot, marks)
            content.append(_turned(slot.place, drawn) if slot.place.turned else drawn)
        self._stream(sheet.content, b"", b"".join(content))
        self._object(sheet.marks, b"[" + b" ".join(b"%d 0 R" % mark if mark else b"null" for mark in marks) + b"]")

    def _partner(self, slot: Slot, marks: list[int]) -> bytes:
        edition = self._edition
        box = partner_box(
            slot.place, _composed(edition.partner), _composed(edition.contact), edition.logo,
            bold=self._faces[BOLD].face, regular=self._faces[REGULAR].face)
        drawn, kids = [], []
        if edition.logo is not None and box.logo is not None:
            x, y, width, height = box.logo
            self._logo_used = True
            alt = _string(f"{_composed(edition.partner)} 로고")
            tag = self._tag(slot, b"/Figure", marks, b"/Alt %s/A<</O/Layout/BBox[%s]>>" % (
                alt, _edges(slot.place, x, y, width, height)))
            kids.append(tag)
            drawn.append(b"/Figure <</MCID %d>> BDC q %s cm /%s Do Q EMC\n" % (
                len(marks) - 1, _numbers(width, 0, 0, height, x, y), LOGO.encode()))
        for lines, name in ((box.name, BOLD), (box.contact, REGULAR)):
            if lines:
                kids.append(self._tag(slot, b"/P", marks))
                drawn.append(self._text(lines, name, len(marks) - 1, slot))
        self._holder(slot, kids)
        return b"".join(drawn)

    def _qr(self, slot: Slot, marks: list[int]) -> bytes:
        edition, name = self._edition, slot.place.name
        if not edition.url:
            raise RenderError("QR 코드에 넣을 주소가 없습니다.", place=name)
        try:
            modules, path = _code(edition.url)
        except Invalid as error:
            raise RenderError(error.message, place=name) from error
        address = edition.address or edition.url
        alone = any(other.page == slot.page and other.place.kind == ADDRESS for other in self._base.slots)
        box = code_box(slot.place, modules, "" if alone else address, regular=self._faces[REGULAR].face)
        module = box.side / (modules + 2 * QUIET)
        figure = self._tag(slot, b"/Figure", marks, b"/Alt %s/A<</O/Layout/BBox[%s]>>" % (
            _string(f"QR 코드: {address}"), _edges(slot.place, box.x, box.y, box.side, box.side)))
        drawn = b"/Figure <</MCID %d>> BDC q 1 g %s re f 0 g %s cm\n%sf Q EMC\n" % (
            len(marks) - 1, _numbers(box.x, box.y, box.side, box.side),
            _numbers(module, 0, 0, -module, box.x + QUIET * module, box.y + box.side - QUIET * module), path)
        kids = [figure]
        if slot.link_tag:
            if box.address:
                marks.append(slot.link_tag)
            own = b"%d " % (len(marks) - 1) if box.address else b""
            self._object(slot.link_tag, b"<</Type/StructElem/S/Link/P %d 0 R/Pg %d 0 R/K[%s<</Type/OBJR/Obj %d 0 R"
                         b"/Pg %d 0 R>>]>>" % (slot.tag, slot.page, own, slot.links[0][0], slot.page))
            kids.append(slot.link_tag)
        elif box.address:
            kids.append(self._tag(slot, b"/P", marks))
        for number, entries in slot.links:
            self._object(number, b"<<%s/Contents %s/A<</Type/Action/S/URI/URI %s>>>>" % (
                entries.encode(), _string(address), _literal(edition.url)))
        self._holder(slot, kids)
        return drawn + (self._text(box.address, REGULAR, len(marks) - 1, slot) if box.address else b"")

    def _address(self, slot: Slot, marks: list[int]) -> bytes:
        edition = self._edition
        weight = BOLD if slot.place.bold else REGULAR
        lines = address_lines(slot.place, edition.address or edition.url, self._faces[weight].face)
        marks.append(slot.tag)
        self._object(slot.tag, b"<</Type/StructElem/S/Span/P %d 0 R/Pg %d 0 R/K[%d]>>" % (
            slot.parent, slot.page, len(marks) - 1))
        return self._text(lines, weight, len(marks) - 1, slot)

    def _text(self, lines: tuple[Line, ...], name: str, mark: int, slot: Slot) -> bytes:
        subset, place = self._faces[name], slot.place.name
        kind = slot.place.kind
        tag = b"/Link" if slot.link_tag else b"/Span" if kind == ADDRESS else b"/P"
        return b"%s <</MCID %d>> BDC q %s rg BT\n%sET Q EMC\n" % (tag, mark, _colour(slot.place.ink), b"".join(
            b"/%s %s Tf 1 0 0 1 %s Tm %s Tj\n" % (
                name.encode(), _numbers(line.size), _numbers(line.x, line.y),
                subset.encode(line.text, place))
            for line in lines))

    # --- tags

    def _tag(self, slot: Slot, kind: bytes, marks: list[int], extra: bytes = b"") -> int:
        """A new element below the place's own, holding the next marked content of the page."""
        number = self._number()
        marks.append(number)
        self._object(number, b"<</Type/StructElem/S%s/P %d 0 R/Pg %d 0 R/K[%d]%s>>" % (
            kind, slot.tag, slot.page, len(marks) - 1, extra))
        return number

    def _holder(self, slot: Slot, kids: list[int]) -> None:
        self._object(slot.tag, b"<</Type/StructElem/S/Div/P %d 0 R/Pg %d 0 R/K[%s]>>" % (
            slot.parent, slot.page, b" ".join(b"%d 0 R" % kid for kid in kids)))

    # --- objects of the file

    def _fonts(self) -> None:
        """Pages name both faces and a mark, whatever is set in them. A face that isn't is the other's, a mark an empty
        form: readers complain of a name without its object."""
        made = [self._font(subset) if subset else b"" for subset in self._faces.values()]
        for number, entries in zip(self._base.fonts, made, strict=True):
            self._object(number, entries or next(filter(None, made), b"null"))

    def _font(self, subset: Subset) -> bytes:
        descendant, descriptor, file, unicode_map = (self._number() for _ in range(4))
        used = subset.face
        scale = 1000 / used.units
        name = f"/{subset.tag}+{used.name}".encode()
        font_file = subset.font_file()  # first: composed letters bring their parts
        self._ready(file, b"/Length1 %d" % len(font_file), font_file)  # packed, outlines are hardly smaller
        self._stream(unicode_map, b"", subset.to_unicode())
        self._object(descendant, b"<</Type/Font/Subtype/CIDFontType2/BaseFont%s/CIDToGIDMap/Identity/FontDescriptor "
                     b"%d 0 R/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000/W[0[%s]]>>"
                     % (name, descriptor, subset.widths()))
        box = b" ".join(b"%d" % round(edge * scale) for edge in used.box)
        self._object(descriptor, b"<</Type/FontDescriptor/FontName%s/Flags 4/FontBBox[%s]/ItalicAngle 0/Ascent %d"
                     b"/Descent %d/CapHeight %d/StemV 80/FontFile2 %d 0 R>>" % (
                         name, box, round(used.ascent * scale), round(used.descent * scale),
                         round(used.capital * scale), file))
        return b"<</Type/Font/Subtype/Type0/BaseFont%s/Encoding/Identity-H/DescendantFonts[%d 0 R]" % (
            name, descendant) + b"/ToUnicode %d 0 R>>" % unicode_map

    def _logo(self) -> None:
        mark = self._edition.logo
        if mark is None or not self._logo_used:
            self._ready(self._base.logo, b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]", b"")
            return
        entries, content = mark.picture
        if mark.mask is not None:
            number = self._number()
            self._ready(number, *mark.mask)
            entries += b"/SMask %d 0 R" % number
        self._ready(self._base.logo, entries, content)

    def _closed(self) -> bytes:
        """All that was made, with the list of where it is (§7.5.8)."""
        number = self._number()
        self._entries.append((number, 1, self._at, 0))
        entries = sorted(self._entries)
        index: list[list[int]] = []
        for entry in entries:
            if index and entry[0] == index[-1][0] + index[-1][1]:
                index[-1][1] += 1
            else:
                index.append([entry[0], 1])
        rows = b"".join(b"%c%s%s" % (kind, first.to_bytes(4, "big"), second.to_bytes(2, "big"))
                        for _, kind, first, second in entries)
        identity = self._digest.hexdigest()[:32]
        trailer = b"<</Type/XRef/W[1 4 2]/Index[%s]/Size %d%s/ID[<%s><%s>]/Prev %d/Length %d>>" % (
            b" ".join(b"%d %d" % (start, count) for start, count in index), number + 1, self._base.trailer.encode(),
            self._base.identity.encode(), identity.encode(), self._base.previous, len(rows))
        self._parts.append(b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
            number, trailer, rows, self._at))
        return b"".join(self._parts)

    def _stream(self, number: int, extra: bytes, content: bytes) -> None:
        self._ready(number, extra + b"/Filter/FlateDecode", zlib.compress(content, _PACKING))

    def _ready(self, number: int, entries: bytes, content: bytes) -> None:
        """A stream that is already packed."""
        self._object(number, b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content))

    def _object(self, number: int, body: bytes) -> None:
        whole = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        self._entries.append((number, 1, self._at, 0))
        self._parts.append(whole)
        self._digest.update(whole)
        self._at += len(whole)

    def _number(self) -> int:
        self._next += 1
        return self._next - 1


def _field(slot: Slot, accent: str | None) -> bytes:
    place = slot.place
    return b"/Artifact BMC q %s rg %s re f Q EMC\n" % (
        _colour(accent or place.ink), _numbers(place.x, place.y, place.width, place.height))


def _turned(place: StampPlace, drawn: bytes) -> bytes:
    """Around the middle of the place."""
    return b"q -1 0 0 -1 %s cm\n%sQ\n" % (_numbers(2 * place.x + place.width, 2 * place.y + place.height), drawn)


def _edges(place: StampPlace, x: float, y: float, width: float, height: float) -> bytes:
    """Where something of the place is on the page, as the corners of a rectangle."""
    if place.turned:
        x, y = 2 * place.x + place.width - x - width, 2 * place.y + place.height - y - height
    return _numbers(x, y, x + width, y + height)


def _composed(text: str) -> str:
    return printable(unicodedata.normalize("NFC", text))


def _colour(value: str) -> bytes:
    """``#RRGGBB`` as operands."""
    return b" ".join(b"%.4g" % (int(value[at:at + 2], 16) / 255) for at in (1, 3, 5))


def _numbers(*values: Any) -> bytes:
    return b" ".join(b"%.7g" % round(value, 4) for value in values)


def _string(text: str) -> bytes:
    """A text string of a PDF (§7.9.2.2): UTF-16 with its mark, in hexadecimal."""
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"


def _literal(address: str) -> bytes:
    escaped = address.encode().replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    return b"(" + escaped + b")"
