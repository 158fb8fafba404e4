"""Which colours offset print on coated paper can show.

The eight corners are the published solids of ISO 12647-2:2004/Amd 1:2007, paper type 1, in CIELAB (D50); what lies
between them can be mixed of cyan, magenta, yellow and black. That is coarser than a press's own profile (which is not
ours to pass on) and enough to tell a colour that will print duller than it shines on a screen.
"""

from __future__ import annotations

from functools import lru_cache

from outreach.pdf.colours import Colour

Lab = tuple[float, float, float]

_PAPER: Lab = (95, 0, -2)
_BLACK: Lab = (16, 0, 0)
# Cyan, blue, magenta, red, yellow, green: around the circle.
_SOLIDS: tuple[Lab, ...] = ((55, -37, -50), (24, 22, -46), (48, 74, -3), (47, 68, 48), (89, -5, 93), (50, -65, 27))
_CENTRE: Lab = (50, 0, 0)
# So much (CIELAB) is lost to the coarseness of the corners, and not seen without the original beside it.
_TOLERANCE = 12.0
_DARK, _FAINT = 20, 25  # darker and less colourful than that is black with something added
_FROM_SRGB = (  # linear sRGB to XYZ under D50 (Bradford)
    (0.4360747, 0.3850649, 0.1430804), (0.2225045, 0.7168786, 0.0606169), (0.0139322, 0.0971045, 0.7141733))
_D50 = (0.96422, 1.0, 0.82521)


def lab(colour: Colour) -> Lab:
    """An sRGB colour in CIELAB under D50, as the printing trade writes it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    x, y, z = (
        _bent(sum(factor * part for factor, part in zip(row, linear, strict=True)) / white)
        for row, white in zip(_FROM_SRGB, _D50, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def loss(colour: Colour) -> float:
    """How far outside of what can be printed a colour lies (CIELAB); 0 when it can be printed."""
    point = lab(colour)
    # paper white is the white of a print: what is lighter is simply not printed
    point = (min(point[0], _PAPER[0]), point[1], point[2])
    return max(0.0, *(_dot(normal, point) - distance for normal, distance in _faces()))


def is_printable(colour: Colour) -> bool:
    """Whether nobody will miss anything."""
    lightness, a, b = lab(colour)
    return (lightness < _DARK and (a * a + b * b) ** 0.5 < _FAINT) or loss(colour) <= _TOLERANCE


@lru_cache(maxsize=1)
def _faces() -> tuple[tuple[Lab, float], ...]:
    """The twelve faces between the corners: outward normal of length 1, and distance from the origin."""
    faces = []
    for tip in (_PAPER, _BLACK):
        for first, second in zip(_SOLIDS, (*_SOLIDS[1:], _SOLIDS[0]), strict=True):
            normal = _cross(_minus(first, tip), _minus(second, tip))
            length = _dot(normal, normal) ** 0.5
            unit: Lab = (normal[0] / length, normal[1] / length, normal[2] / length)
            if _dot(unit, _minus(tip, _CENTRE)) < 0:
                unit = (-unit[0], -unit[1], -unit[2])
            faces.append((unit, _dot(unit, tip)))
    return tuple(faces)


def _bent(value: float) -> float:
    return value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116


def _minus(first: Lab, second: Lab) -> Lab:
    return first[0] - second[0], first[1] - second[1], first[2] - second[2]


def _cross(first: Lab, second: Lab) -> Lab:
    (a, b, c), (d, e, f) = first, second
    return b * f - c * e, c * d - a * f, a * e - b * d


def _dot(first: Lab, second: Lab) -> float:
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
