"""Where things stand in a place that is kept for a partner: mark, name and contact; code and address."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from outreach.pdf.errors import RenderError
from outreach.pdf.faces import Face
from outreach.pdf.marks import Logo
from outreach.pdf.options import StampPlace
from outreach.pdf.qr import QUIET
from outreach.wording import Text

_MM = 72 / 25.4
SMALLEST_CODE = 20 * _MM  # without its quiet zone
_USUAL_MODULES = 29  # of an address of ours; a sparser code (a telephone) is read as well with modules as large
_FLOOR = 6.5  # pt; smaller Korean is not read
_STEP = 0.94
_LEADING = 1.32
_CONTACT = 0.8  # of the name's size
_GAP = 9.0  # pt between mark and words
_MARK_SHARES = (1.0, 0.75, 0.55)  # of its size, where the words need the room
_LINE_WORTH = 0.2  # of the size, that is given up rather than a line of a name is added
_AREA = 1500.0  # pt² that marks take alike, whatever their shape


class Line(NamedTuple):
    """A line of text with the left end of its baseline."""

    text: str
    size: float
    x: float
    y: float


class PartnerBox(NamedTuple):
    """``logo``: x, y, width, height, or None."""

    logo: tuple[float, float, float, float] | None
    name: tuple[Line, ...]
    contact: tuple[Line, ...]


class CodeBox(NamedTuple):
    """``side`` includes the quiet zone."""

    x: float
    y: float
    side: float
    address: tuple[Line, ...]


def partner_box(place: StampPlace, name: str, contact: str, logo: Logo | None, *, bold: Face,
                regular: Face) -> PartnerBox:
    """Mark at the left and words beside it, or above them where the place is not twice as wide as high.

    The name stands on one line, on two where it would get small, smaller, on three; then the mark gives way, then the
    contact, which a reader can do without. A name is never cut: at last it stands alone, in the smallest size on as
    many lines as there is room for, broken between syllables if need be.

    :raises RenderError: not even so; names the place, its measure and what to do.
    """
    for words in dict.fromkeys((contact, "")):
        for share in _MARK_SHARES if logo is not None else (1.0,):
            box = _partner_box(place, name, words, logo, share, bold=bold, regular=regular)
            if box is not None:
                return box
    return _bare_name(place, name, bold)


def _bare_name(place: StampPlace, name: str, bold: Face) -> PartnerBox:
    lines = _filled(name, lambda text: bold.width(text, _FLOOR, place.name) <= place.width)
    height = _LEADING * _FLOOR * len(lines)
    if height > place.height + 0.3 * _FLOOR:
        raise RenderError(Text(
            "‘%(name)s’이(가) %(width)s×%(height)smm 자리에 가장 작은 글자(%(size)spt)로도 들어가지 않습니다. 기관 "
            "정보에서 이름을 짧게 고치거나, 담당 고용센터에 자리가 더 넓은 자료를 부탁해 주세요.", name=name,
            width=round(place.width / _MM), height=round(place.height / _MM), size=_FLOOR), place=place.name)
    top = place.y + place.height - max(0.0, place.height - height) / 2
    return PartnerBox(None, _stacked(place.x, top, [(text, _FLOOR) for text in _spaced(name, lines)]), ())


def _partner_box(place: StampPlace, name: str, contact: str, logo: Logo | None, share: float, *, bold: Face,
                 regular: Face) -> PartnerBox | None:
    beside = logo is not None and place.width >= 2 * place.height
    mark = _mark(place, logo, beside, share) if logo is not None else None
    left = place.x + (mark[2] + _GAP if mark and beside else 0)
    width = place.x + place.width - left
    room = place.height - (mark[3] + _GAP / 2 if mark and not beside else 0)
    for rows, size in _sizes(place.size, _FLOOR / _CONTACT if contact else _FLOOR):
        small = size * _CONTACT
        names = _broken(name, rows, lambda text, size=size: bold.width(text, size, place.name) <= width)
        contacts = _broken(contact, rows, lambda text, small=small: regular.width(text, small, place.name) <= width)
        if names is None or contacts is None:
            continue
        height = _LEADING * (size * len(names) + small * len(contacts))
        if height <= room + 0.3 * size:
            top = place.y + room - max(0.0, room - height) / 2 if beside or logo is None else place.y + room
            lines = _stacked(left, top, [*((text, size) for text in _spaced(name, names)),
                                         *((text, small) for text in _spaced(contact, contacts))])
            return PartnerBox(mark, lines[:len(names)], lines[len(names):])
    return None


def _sizes(size: float, floor: float) -> list[tuple[int, float]]:
    """Numbers of lines and sizes to try for a name, the best first."""
    return sorted(_tries(size, floor), key=lambda tried: tried[0] * _LINE_WORTH - tried[1] / size)


def _filled(text: str, fits: Callable[[str], bool]) -> list[str]:
    """``text`` on full lines, broken between words, a word longer than a line between syllables."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and not fits(f"{line} {word}"):
            lines, line = [*lines, line], ""
        line = f"{line} {word}" if line else word
        while not fits(line):
            cut = max((at for at in range(1, len(line)) if fits(line[:at])), default=len(line))
            lines, line = [*lines, line[:cut]], line[cut:]
    return [*lines, line]


def address_lines(place: StampPlace, address: str, regular: Face) -> tuple[Line, ...]:
    """An address in a place of its own. Raises RenderError naming the place if it does not fit."""
    for rows, size in _tries(place.size, _FLOOR):
        lines = _broken(address, rows, lambda text, size=size: regular.width(text, size, place.name) <= place.width,
                        _address_parts)
        if lines is not None and len(lines) * size <= place.height + 0.5:
            height = _LEADING * size * len(lines)
            return _stacked(place.x, place.y + (place.height + height) / 2, [(text, size) for text in lines])
    raise RenderError("주소가 자리에 들어가지 않습니다. 자리를 넓혀 주세요.", place=place.name)


def code_box(place: StampPlace, modules: int, address: str, *, regular: Face) -> CodeBox:
    """The code at the left with the address beside it, or above the address in a place that is not wide; alone
    without an ``address``.

    :raises RenderError: the code would be under 20 mm, or the address does not fit; names the place.
    """
    beside = place.width >= 1.6 * place.height or not address
    smallest = SMALLEST_CODE * (modules + 2 * QUIET) / max(modules, _USUAL_MODULES)
    foot = 0.0 if beside else 2 * _LEADING * _FLOOR
    side = min(place.height - foot, place.width)
    if side < smallest - 0.01:
        raise RenderError("QR 코드가 20mm보다 작아집니다. 자리를 넓혀 주세요.", place=place.name)
    quiet = side * QUIET / (modules + 2 * QUIET)
    left = place.x + (side + _GAP / 2 if beside else quiet)  # above its address, the code's own edge leads
    width = place.x + place.width - left
    for rows, size in _tries(place.size, _FLOOR):
        lines = _broken(address, rows, lambda text, size=size: regular.width(text, size, place.name) <= width,
                        _address_parts)
        if lines is None or (not beside and len(lines) * size * _LEADING > foot + 0.5):
            continue
        height = _LEADING * size * len(lines)
        top = place.y + (place.height + height) / 2 if beside else place.y + foot
        return CodeBox(place.x, place.y + place.height - side, side, _stacked(left, top, [(t, size) for t in lines]))
    raise RenderError("주소가 자리에 들어가지 않습니다. 자리를 넓혀 주세요.", place=place.name)


def _mark(place: StampPlace, logo: Logo, beside: bool, share: float) -> tuple[float, float, float, float]:
    """As large as other marks by area, within its part of the place; ``share`` of that."""
    ratio = logo.width / logo.height
    widest, highest = (place.width * 0.42, place.height) if beside else (place.width, place.height * 0.5)
    width = share * min(math.sqrt(_AREA * ratio), widest, highest * ratio)
    height = width / ratio
    bottom = place.y + (place.height - height) / 2 if beside else place.y + place.height - height
    return place.x, bottom, width, height


def _tries(size: float, floor: float) -> list[tuple[int, float]]:
    """Numbers of lines and sizes to try, one line at all sizes first."""
    sizes = [max(floor, size)]
    while sizes[-1] > floor:
        sizes.append(max(floor, sizes[-1] * _STEP))
    return [(rows, tried) for rows in (1, 2, 3) for tried in sizes]


def _words(text: str) -> list[str]:
    return [word + " " for word in text.split(" ")]


def _address_parts(text: str) -> list[str]:
    """An address may be broken behind a slash; a long part of it anywhere."""
    return [piece for part in re.findall(r"[^/]+/*|/+", text) for piece in re.findall(r".{1,6}", part)]


def _broken(text: str, rows: int, fits: Callable[[str], bool],
            parts_of: Callable[[str], list[str]] = _words) -> list[str] | None:
    """``text`` on at most ``rows`` lines, broken between its parts, as even as possible; None: it won't."""
    if not text:
        return []
    if fits(text):
        return [text]
    if rows == 1:
        return None
    parts = parts_of(text)
    cuts = [("".join(parts[:at]).rstrip(), "".join(parts[at:]).rstrip()) for at in range(1, len(parts))]
    for first, rest in sorted(cuts, key=lambda cut: max(len(cut[0]), len(cut[1]) / (rows - 1))):
        if fits(first) and (following := _broken(rest, rows - 1, fits, parts_of)):
            return [first, *following]
    return None


def _spaced(text: str, lines: Sequence[str]) -> list[str]:
    """Lines with the blanks of ``text`` at which it was broken, so that it is copied as it was."""
    made, at = [], 0
    for line in lines:
        at += len(line)
        blank = text[at:at + 1] if text[at:at + 1] == " " else ""
        made.append(line + blank)
        at += len(blank)
    return made


def _stacked(left: float, top: float, lines: Sequence[tuple[str, float]]) -> tuple[Line, ...]:
    """Lines one below the other, from ``top`` down."""
    made, y = [], top
    for text, size in lines:
        y -= size * _LEADING
        made.append(Line(text, size, left, y + size * (_LEADING - 1) / 2 + size * 0.2))
    return tuple(made)
