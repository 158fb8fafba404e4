"""Code 128 as bars: what any hand scanner reads, and a phone's camera.

Only its code set C, which holds two digits in a character (ISO/IEC 15417): half as wide as letters would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

QUIET = 10  # modules of white at either side (ISO/IEC 15417 §4.4)
_START_C, _STOP, _MODULUS = 105, 106, 103
# Widths of bar, space, bar … of the characters 0 to 106 (ISO/IEC 15417, table 1).
_TABLE = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 "
    "122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 "
    "322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 "
    "112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 "
    "331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 "
    "112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 "
    "124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 "
    "411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)
_WIDTHS = _TABLE.split()


class Bar(NamedTuple):
    """A dark bar, in modules from the code's left edge."""

    start: int
    width: int


def modules(digits: str) -> int:
    """How wide the code of so many digits is, without its quiet zones."""
    return 11 * (len(digits) // 2 + 2) + 13


def bars(digits: str) -> Iterator[Bar]:
    """The bars of an even number of digits. Raises ValueError for anything else."""
    if len(digits) % 2 or not (digits.isascii() and digits.isdigit()):
        raise ValueError("an even number of digits")
    values = [int(digits[at:at + 2]) for at in range(0, len(digits), 2)]
    check = (_START_C + sum(place * value for place, value in enumerate(values, start=1))) % _MODULUS
    at = 0
    for value in (_START_C, *values, check, _STOP):
        for place, width in enumerate(map(int, _WIDTHS[value])):
            if place % 2 == 0:
                yield Bar(at, width)
            at += width
