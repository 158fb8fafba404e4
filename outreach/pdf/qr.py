"""QR codes as PDF operators: one filled path, sharp at every size and printed in one ink.

A code library takes a millisecond for each, most of an edition; segno draws the empty code of a version once (its
patterns, ISO/IEC 18004), and what differs is filled in here: bytes at error correction level M, always under one mask.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from outreach.errors import Invalid
from outreach.lazy import lazy

if TYPE_CHECKING:
    import segno
else:
    segno = lazy("segno")

QUIET = 4  # modules of white around a code (ISO/IEC 18004 §6.3.8)
# Of versions 1 to 10 at level M (ISO/IEC 18004, table 9): bytes of correction in a block; blocks, with their bytes of
# data: of a version that has two kinds of them, those of the second have one byte more.
_BLOCKS = ((10, (16,)), (16, (28,)), (26, (44,)), (18, (32,) * 2), (24, (43,) * 2), (16, (27,) * 4), (18, (31,) * 4),
           (22, (38,) * 2 + (39,) * 2), (22, (36,) * 3 + (37,) * 2), (26, (43,) * 4 + (44,)))
_LONG = 10  # the version from which on the length is told in two bytes
_CAPACITY = tuple(sum(sizes) - 2 - (version >= _LONG) for version, (_, sizes) in enumerate(_BLOCKS, start=1))
# Any mask can be read. Trying all eight for the evenest picture is most of the time that making a code takes.
_MASK = 2
_DARK = re.compile(b"1+")


class QrCode(NamedTuple):
    """``side`` in modules, without quiet zone; ``path`` in modules from the upper left corner, y down, unfilled."""

    side: int
    path: bytes

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """The dark modules as runs in a row: x, y, length."""
        for run in self.path.splitlines():
            x, y, length, *_ = run.split()
            yield int(x), int(y), int(length)


def qr_code(address: str) -> QrCode:
    """The code of an address, error correction level M.

    :raises Invalid: longer than 213 bytes; such a code is too fine for a leaflet.
    """
    content = address.encode()
    version = bisect_left(_CAPACITY, len(content)) + 1
    if version > len(_CAPACITY):
        raise Invalid("QR 코드에 담기에는 주소가 너무 깁니다.")
    correction, sizes = _BLOCKS[version - 1]
    frame = _frame(version)
    data = _data(content, sum(sizes), 16 if version >= _LONG else 8)
    words, at = [data], 0
    for size in sizes:
        words.append(_correction(data[at:at + size], correction))
        at += size
    return QrCode(frame.side, frame.path(b"".join(words)))


@lru_cache(maxsize=256)
def qr_picture(address: str, title: str) -> Markup:
    """The same for a page that may be printed: SVG with its quiet zone, ``title`` its alternative text.

    :raises Invalid: as ``qr_code``.
    """
    code = qr_code(address)
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in code.runs())
    return Markup('<svg class="qr" role="img" viewBox="{0} {0} {1} {1}" shape-rendering="crispEdges"><title>{2}</title>'
                  '<path d="{3}"/></svg>').format(-QUIET, code.side + 2 * QUIET, title, path)


def _data(content: bytes, size: int, length_bits: int) -> bytes:
    """Mode and length, the bytes, an end, and padding up to ``size`` (§7.4)."""
    head = 0b0100 << length_bits | len(content)
    bits = (head << 8 * len(content) | int.from_bytes(content, "big")) << 4
    packed = bits.to_bytes(len(content) + 1 + length_bits // 8, "big")
    return (packed + b"\xec\x11" * (size // 2))[:size]


# --- error correction (§7.5)


def _correction(block: bytes, count: int) -> bytes:
    """``count`` bytes by which a block can be mended: the remainder of its division by the generator polynomial."""
    multiples, bits, rest = _multiples(count), 8 * count - 8, 0
    low = (1 << bits) - 1
    for byte in block:
        rest = (rest & low) << 8 ^ multiples[rest >> bits ^ byte]
    return rest.to_bytes(count, "big")


@cache
def _multiples(count: int) -> list[int]:
    """The generator polynomial's coefficients below its first, times each of the field's 256 numbers."""
    generator = [1]
    for power in range(count):
        shifted = [*generator, 0]
        generator = [a ^ _product(b, _power(power)) for a, b in zip(shifted, [0, *generator], strict=True)]
    return [int.from_bytes(bytes(_product(number, part) for part in generator[1:]), "big") for number in range(256)]


def _power(exponent: int) -> int:
    value = 1
    for _ in range(exponent):
        value = _product(value, 2)
    return value


def _product(a: int, b: int) -> int:
    """In GF(256) with the polynomial 285 (§7.5.1)."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1 ^ 285 * (a >> 7), b >> 1
    return product


# --- where the bits lie


class _Frame:
    """A version's picture without content. ``order`` gives each module, row by row, its bit of the words that are to
    come, or one of the two fixed ones behind them; rows end in a light module that is not drawn."""

    def __init__(self, side: int, order: Callable[[str], tuple[str, ...]], mask: int):
        self.side = side
        self._order = order
        self._mask = mask
        self._rows = [(row * (side + 1), b" %d " % row) for row in range(side)]
        self._drawn: dict[tuple[int, int], bytes] = {}

    def path(self, words: bytes) -> bytes:
        """The dark modules, each run of a row as one rectangle."""
        bits = f"{int.from_bytes(words, 'big'):0{8 * len(words)}b}01"
        modules = int.from_bytes("".join(self._order(bits)).encode(), "big") ^ self._mask
        drawn, parts = self._drawn, []
        for dark in _DARK.finditer(modules.to_bytes(self.side * (self.side + 1), "big")):
            span = dark.span()
            if span not in drawn:
                y, x = divmod(span[0], self.side + 1)
                drawn[span] = b"%d %d %d 1 re\n" % (x, y, span[1] - span[0])
            parts.append(drawn[span])
        return b"".join(parts)


@cache
def _frame(version: int) -> _Frame:
    """The patterns of a version as segno draws them, and the way of the bits through what is left."""
    from segno import consts  # lazy, as above

    empty = segno.make_qr(b"", error="m", version=version, mask=_MASK, mode="byte", boost_error=False)
    kinds = [list(row) for row in empty.matrix_iter(border=0, verbose=True)]
    side, bits = len(kinds), _bit_order(version)
    zero = len(bits)
    order, mask = {}, {}
    for x, y in _way(side):  # segno 1.6 takes one module of data for one of the format's
        if kinds[y][x] in (consts.TYPE_DATA_DARK, consts.TYPE_DATA_LIGHT) or (x, y) == (side - 9, 8):
            order[x, y] = bits[len(order)] if len(order) < len(bits) else zero
            mask[x, y] = x % 3 == 0
    flat = [(order[x, y] if (x, y) in order else zero + (kinds[y][x] >> 8 > 0)) if x < side else zero
            for y in range(side) for x in range(side + 1)]
    masked = bytes(mask.get((x, y), False) for y in range(side) for x in range(side + 1))
    return _Frame(side, itemgetter(*flat), int.from_bytes(masked, "big"))


def _way(side: int) -> Iterator[tuple[int, int]]:
    """Modules in the order in which bits are laid: two columns at a time from the right, up and down by turns; the
    column of the timing pattern is left out (§7.7.3)."""
    up = True
    for right in [*range(side - 1, 6, -2), *range(5, 0, -2)]:
        for y in range(side - 1, -1, -1) if up else range(side):
            yield right, y
            yield right - 1, y
        up = not up


def _bit_order(version: int) -> list[int]:
    """The bits of all words in their order in the code: the blocks' first bytes, their second ones (§7.6)."""
    correction, sizes = _BLOCKS[version - 1]
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    words = [start + at for at in range(max(sizes)) for start, size in zip(starts, sizes, strict=True) if at < size]
    words += [sum(sizes) + number * correction + at for at in range(correction) for number in range(len(sizes))]
    return [8 * word + bit for word in words for bit in range(8)]
