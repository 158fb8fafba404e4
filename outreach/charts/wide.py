"""How wide words come out in print, near enough to place labels by."""

from __future__ import annotations

import unicodedata


def width(text: str, size: float) -> float:
    """Of ``text`` set at ``size``, in the unit of ``size``: full for Hangul, about half for the rest."""
    return size * sum(
        0.87 if unicodedata.east_asian_width(c) in "WF" else 0.28 if c in ".,: " else 0.6 for c in text)


def broken(text: str, limit: float, size: float) -> list[str]:
    """``text`` on one line, or on two of nearly equal width broken between words, if it is wider than ``limit``."""
    words = text.split()
    if width(text, size) <= limit or len(words) < 2:
        return [text]
    ways = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return list(min(ways, key=lambda way: max(width(part, size) for part in way)))
