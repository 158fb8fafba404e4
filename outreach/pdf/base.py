"""A finished PDF prepared for stamping: read once, then only ever appended to (ISO 32000-1 §7.5.6).

What all editions change alike (the pages that have places, the table from marked content to tags) is made here, once,
and lies right behind the file's own bytes; an edition is these bytes, a few objects of its own and a list of where
they are. The file itself is never taken apart, so its text, tags, fonts and language are kept as they are.

WeasyPrint leaves its page transform in force at the end of a page; the page's content is therefore wrapped in
``q … Q``, or a stamp would stand on its head.
"""

from __future__ import annotations

import dataclasses
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from outreach.lazy import lazy
from outreach.pdf.errors import RenderError
from outreach.pdf.options import ACCENT, QR, StampPlace
from outreach.pdf.wire import frame, read_frame

if TYPE_CHECKING:
    import pikepdf
else:
    pikepdf = lazy("pikepdf")

_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
# Names of what an edition brings, in the resources of every page with a place.
REGULAR, BOLD, LOGO = "StampR", "StampB", "StampL"

Entry = tuple[int, int, int, int]  # object number, and its three fields of a cross-reference stream (§7.5.8.3)


@dataclass(frozen=True)
class Slot:
    """A place and the objects that stand for it: ``tag`` its element of structure, ``parent`` and ``page`` the numbers
    of what these are below. Over a code lie ``links``: annotations, each with what its dictionary says beside the
    address. ``link_tag`` is the element of our own one; 0 where the template brought the link."""

    place: StampPlace
    tag: int
    parent: int
    page: int
    links: tuple[tuple[int, str], ...] = ()
    link_tag: int = 0


@dataclass(frozen=True)
class Sheet:
    """A page with places: ``content`` is its stream of stamps, ``marks`` its list of tags by marked content, of which
    the file's own ones are ``own``."""

    page: int
    content: int
    marks: int
    own: tuple[int, ...]


@dataclass(frozen=True)
class Base:
    """See above. ``previous`` is where the file's own cross-references are, ``size`` the first free object number."""

    data: bytes
    previous: int
    size: int
    trailer: str
    identity: str
    fonts: tuple[int, int]
    logo: int
    sheets: tuple[Sheet, ...]
    slots: tuple[Slot, ...]
    entries: tuple[Entry, ...]

    @cached_property
    def crc(self) -> int:
        """The check sum of the bytes that all editions begin with (zlib.crc32)."""
        return zlib.crc32(self.data)

    def pack(self) -> bytes:
        """All of it as one file, to be kept beside the document."""
        header = {name: value for name, value in dataclasses.asdict(self).items() if name != "data"}
        return frame(header, [self.data])

    @classmethod
    def unpack(cls, packed: bytes) -> Base:
        """The base that :meth:`pack` made."""
        header, blobs = read_frame(io.BytesIO(packed).read)
        slots = tuple(Slot(**{**slot, "place": StampPlace(**slot["place"]), "links": _tuples(slot["links"])})
                      for slot in header["slots"])
        sheets = tuple(Sheet(**{**sheet, "own": tuple(sheet["own"])}) for sheet in header["sheets"])
        return cls(blobs[0], **{
            **header, "fonts": tuple(header["fonts"]), "slots": slots, "sheets": sheets,
            "entries": _tuples(header["entries"])})


def _tuples(lists: list[list[Any]]) -> tuple[Any, ...]:
    return tuple(tuple(item) for item in lists)


def prepare(data: bytes, places: Sequence[StampPlace]) -> Base:
    """Make a rendered document ready.

    :param places: those that came with the rendering.
    :raises RenderError: not a document of ours (no tags, or older than PDF 1.5), or a place is not in it.
    """
    start = _START.search(data)
    if not start or data[int(start[1]):].startswith(b"xref"):
        raise RenderError("협력기관 표시를 넣을 수 없는 PDF입니다.")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return _Preparation(pdf, data, int(start[1]), places).base()


def relocated(data: bytes, rewritten: bytes, places: Sequence[StampPlace]) -> tuple[StampPlace, ...]:
    """The places of a document in the same document written anew, whose objects bear other numbers.

    :raises RenderError: it is another document.
    """
    with pikepdf.open(io.BytesIO(data)) as old, pikepdf.open(io.BytesIO(rewritten)) as new:
        numbers = dict(zip(_elements(old.Root.StructTreeRoot), _elements(new.Root.StructTreeRoot), strict=False))
    if any(place.tag not in numbers for place in places if place.tag):
        raise RenderError("협력기관 표시를 넣을 수 없는 PDF입니다.")
    return tuple(dataclasses.replace(place, tag=numbers.get(place.tag, 0)) for place in places)


def _elements(tree: Any) -> list[int]:
    """The numbers of the elements of a structure tree, in order."""
    found, waiting = [], [tree]
    while waiting:
        element = waiting.pop()
        if "/S" in element:
            found.append(element.objgen[0])
        kids = element.get("/K", [])
        for kid in reversed(list(kids) if isinstance(kids, pikepdf.Array) else [kids]):
            if isinstance(kid, pikepdf.Dictionary) and "/Type" in kid and kid.Type == "/StructElem":
                waiting.append(kid)
    return found


class _Preparation:
    def __init__(self, pdf: pikepdf.Pdf, data: bytes, previous: int, places: Sequence[StampPlace]):
        self._pdf = pdf
        self._data = data
        self._previous = previous
        self._places = places
        self._next = int(pdf.trailer.Size)
        self._compact: dict[int, bytes] = {}  # objects that go into one compressed stream
        self._bodies: list[tuple[int, bytes]] = []  # streams

    def base(self) -> Base:
        """The prepared document."""
        pdf = self._pdf
        fonts, logo = (self._number(), self._number()), self._number()
        tree = pdf.Root.StructTreeRoot.ParentTree
        numbers = {int(key): value for key, value in _pairs(tree.Nums)}
        sheets, slots, nums = [], [], {key: _plain(value) for key, value in numbers.items()}
        next_key = max(nums) + 1
        for number in sorted({place.page for place in self._places}):
            page = pdf.pages[number - 1].obj
            here = [place for place in self._places if place.page == number]
            sheet, own_slots, hidden = self._page(page, here, next_key, numbers)
            links = [slot for slot in own_slots if slot.link_tag]
            for slot in links:
                nums[next_key] = _ref(slot.link_tag)
                next_key += 1
            nums[int(page.StructParents)] = _ref(sheet.marks)
            self._rewritten(page, sheet, links, hidden, fonts, logo)
            sheets.append(sheet)
            slots += own_slots
        pairs = b" ".join(b"%d %s" % (key, value) for key, value in sorted(nums.items()))
        self._compact[tree.objgen[0]] = b"<</Nums[" + pairs + b"]>>"
        body, entries = self._appended()
        trailer = f"/Root {_text_ref(pdf.trailer.Root)}/Info {_text_ref(pdf.trailer.Info)}"
        return Base(body, self._previous, self._next, trailer, bytes(pdf.trailer.ID[0]).hex(), fonts, logo,
                    tuple(sheets), tuple(slots), entries)

    def _page(self, page: Any, places: list[StampPlace], next_key: int,
              numbers: dict[int, Any]) -> tuple[Sheet, list[Slot], set[int]]:
        """The page's sheet and slots, and the marked contents of its empty places, which are to be hidden."""
        sheet = Sheet(page.objgen[0], self._number(), self._number(),
                      tuple(item.objgen[0] for item in numbers[int(page.StructParents)]))
        slots, own, hidden = [], list(sheet.own), set()
        for place in places:
            if place.kind == ACCENT:
                slots.append(Slot(place, 0, 0, page.objgen[0]))
                continue
            tag = self._tag(place)
            for mark in self._emptied(tag):
                hidden.add(mark)
                own[mark] = 0
            slots.append(self._slot(place, tag, page, next_key + sum(bool(slot.link_tag) for slot in slots)))
        return dataclasses.replace(sheet, own=tuple(own)), slots, hidden

    def _slot(self, place: StampPlace, tag: Any, page: Any, key: int) -> Slot:
        slot = Slot(place, tag.objgen[0], tag.P.objgen[0], page.objgen[0])
        if place.kind != QR:
            return slot
        if links := _links(page, place):
            return dataclasses.replace(slot, links=links)
        link = f"/Type/Annot/Subtype/Link/F 4/BS<</W 0>>{_rectangle(place)}/StructParent {key}"
        return dataclasses.replace(slot, links=((self._number(), link),), link_tag=self._number())

    def _tag(self, place: StampPlace) -> Any:
        tag = self._pdf.get_object(place.tag, 0) if place.tag else None
        if not isinstance(tag, pikepdf.Dictionary) or tag.get("/Type") != "/StructElem":
            raise RenderError("문서에 없는 자리입니다.", place=place.name)
        return tag

    def _emptied(self, tag: Any) -> list[int]:
        """The marked contents of a place: its own empty drawing, and all that the template shows there otherwise,
        whose tags are cut off."""
        holder = tag.P
        while holder.S == "/NonStruct" and len(holder.K) == 1:
            holder = holder.P
        if len(holder.K) > 1:
            own = next(kid for kid in holder.K if _is_above(kid, tag))
            entries = {name: _plain(value) for name, value in holder.items()} | {"/K": b"[%s]" % _ref(own.objgen[0])}
            self._compact[holder.objgen[0]] = _dictionary(entries)
        return list(_marks(holder))

    def _rewritten(self, page: Any, sheet: Sheet, links: list[Slot], hidden: set[int], fonts: tuple[int, int],
                   logo: int) -> None:
        """The page anew: its content wrapped and the empty drawings no longer tagged, then the stamps' content."""
        content = page.Contents.read_bytes()
        for mark in hidden:
            content = _blanked(content, mark)
        own = page.Contents.objgen[0]
        self._bodies.append((own, _stream(b"q\n" + content + b"\nQ\n")))
        resources = {name: _plain(value) for name, value in page.Resources.items() if name not in ("/Font", "/XObject")}
        new = {"/Font": dict(zip((REGULAR, BOLD), fonts, strict=True)), "/XObject": {LOGO: logo}}
        for name, added in new.items():
            kept = page.Resources.get(name, {})
            resources[name] = _dictionary({**{key: _plain(value) for key, value in kept.items()},
                                           **{f"/{key}": _ref(number) for key, number in added.items()}})
        entries = {name: _plain(value) for name, value in page.items()}
        entries["/Contents"] = b"[%s %s]" % (_ref(own), _ref(sheet.content))
        entries["/Resources"] = _dictionary(resources)
        if links:
            existing = [_ref(link.objgen[0]) for link in page.get("/Annots", [])]
            entries["/Annots"] = b"[" + b" ".join(existing + [_ref(slot.links[0][0]) for slot in links]) + b"]"
        self._compact[page.objgen[0]] = _dictionary(entries)

    def _appended(self) -> tuple[bytes, tuple[Entry, ...]]:
        """The file's bytes with what was made here behind them, and where each object of it is."""
        holder = self._number()
        index, bodies, entries = [], [], []
        for position, (number, body) in enumerate(sorted(self._compact.items())):
            index.append(b"%d %d" % (number, sum(len(earlier) + 1 for earlier in bodies)))
            bodies.append(body)
            entries.append((number, 2, holder, position))
        first = b" ".join(index) + b"\n"
        extra = b"/Type/ObjStm/N %d/First %d" % (len(bodies), len(first))
        self._bodies.append((holder, _stream(first + b"\n".join(bodies), extra)))
        parts, at = [self._data, b"\n"], len(self._data) + 1
        for number, body in self._bodies:
            whole = b"%d 0 obj\n%s\nendobj\n" % (number, body)
            entries.append((number, 1, at, 0))
            parts.append(whole)
            at += len(whole)
        return b"".join(parts), tuple(entries)

    def _number(self) -> int:
        self._next += 1
        return self._next - 1


def _links(page: Any, place: StampPlace) -> tuple[tuple[int, str], ...]:
    """The template's own link over a place, of which there is a piece for every line and block, and all that their
    dictionaries say beside the address. The first is made as large as the place."""
    links = [link for link in page.get("/Annots", []) if link.get("/Subtype") == "/Link" and "/A" in link]
    targets = {str(link.A.get("/URI")) for link in links if _touches(place, [float(edge) for edge in link.Rect])}
    pieces = [link for link in links if str(link.A.get("/URI")) in targets]
    return tuple(
        (link.objgen[0], "".join(f"{name} {_plain(value).decode()}" for name, value in link.items()
                                 if name not in ("/A", "/Dest", "/Contents") and (number or name != "/Rect"))
         + ("" if number else _rectangle(place)))
        for number, link in enumerate(pieces))


def _touches(place: StampPlace, edges: list[float]) -> bool:
    """Whether the middle of a rectangle lies in the place, or on its edge (WeasyPrint gives a link around a block one
    without area above it and below)."""
    x, y = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
    return (place.x - 1 <= x <= place.x + place.width + 1
            and place.y - 1 - place.size * 2 <= y <= place.y + place.height + 1 + place.size * 2)


def _rectangle(place: StampPlace) -> str:
    edges = (place.x, place.y, place.x + place.width, place.y + place.height)
    return "/Rect[" + " ".join(f"{edge:.2f}" for edge in edges) + "]"


def _is_above(element: Any, tag: Any) -> bool:
    return bool(element.objgen == tag.objgen) or any(
        isinstance(kid, pikepdf.Dictionary) and "/S" in kid and _is_above(kid, tag) for kid in element.get("/K", []))


def _marks(element: Any) -> Iterator[int]:
    """The numbers of all marked content below an element."""
    for kid in element.get("/K", []):
        if isinstance(kid, int):
            yield kid
        elif isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield from _marks(kid)


def _blanked(content: bytes, mark: int) -> bytes:
    """A page's content without what is drawn under a mark. Text leaves its settings behind: later text relies on
    them. Every operator of WeasyPrint's stands on a line of its own.

    :raises RenderError: there is no such mark.
    """
    start = content.find(b"\n<</MCID %d>>\nBDC\n" % mark)
    if start < 0:
        raise RenderError("협력기관 표시를 넣을 수 없는 PDF입니다.")
    head, drawn = content[:start].rpartition(b"\n")[0], content[content.index(b"BDC\n", start) + 4:]
    lines, depth, end = drawn.split(b"\n"), 1, -1
    while depth:
        end += 1
        depth += (lines[end] in (b"BDC", b"BMC")) - (lines[end] == b"EMC")
    inside = lines[:end]
    if inside[:1] == [b"q"] and inside[-1:] == [b"Q"]:
        inside = []
    kept = [line for line in inside if not line.endswith((b"TJ", b"Tj"))]
    return b"\n".join([head, b"/Artifact", b"BMC", *kept, *lines[end:]])


def _pairs(items: Any) -> Iterator[tuple[Any, Any]]:
    values = list(items)
    return zip(values[::2], values[1::2], strict=True)


def _ref(number: int) -> bytes:
    return b"%d 0 R" % number


def _text_ref(item: Any) -> str:
    return _ref(item.objgen[0]).decode()


def _plain(value: Any) -> bytes:
    """A value as it stands in a file; indirect ones stay references."""
    if isinstance(value, pikepdf.Object):
        return _ref(value.objgen[0]) if value.is_indirect else value.unparse()
    return pikepdf.Array([value]).unparse()[1:-1].strip()


def _dictionary(entries: dict[str, bytes]) -> bytes:
    return b"<<" + b"".join(name.encode() + b" " + value for name, value in entries.items()) + b">>"


def _stream(content: bytes, extra: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    return b"<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (extra, len(packed), packed)
