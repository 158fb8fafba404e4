"""Colours and how well one is seen on another (WCAG 2.2)."""

from __future__ import annotations

import re

Colour = tuple[float, float, float]

WHITE: Colour = (1.0, 1.0, 1.0)
# 1.4.3 for text, large from 18 pt or 14 pt bold; 1.4.11 for lines and fields that mean something.
NORMAL, LARGE, FIELD = 4.5, 3.0, 3.0

_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


def is_hex(text: str) -> bool:
    """Whether ``text`` is a colour as ``#RRGGBB``."""
    return bool(_HEX.match(text))


def from_hex(text: str) -> Colour:
    """``#RRGGBB`` as three numbers from 0 to 1."""
    red, green, blue = (int(text[at:at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def ratio(first: Colour, second: Colour) -> float:
    """The contrast of two sRGB colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
