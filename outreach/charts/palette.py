"""The inks of charts, by the style of the document they stand in.

A chart never leans on colour alone: every value is written beside its mark, the parts of a whole differ in lightness
(which all kinds of colour vision tell apart) and are parted by white, and a ground too light to be seen on paper
(under 3:1, WCAG 1.4.11) has an outline of at least 3:1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """``fills`` from dark to light, each with the ink of its outline; ``past`` is what was before."""

    ink: str
    muted: str
    line: str
    accent: str
    past: str
    fills: tuple[tuple[str, str], ...]


PALETTES = {
    "calm": Palette("#121a33", "#555d73", "#c8cddb", "#2340c4", "#6d7fd8", (
        ("#16298a", "#16298a"), ("#2340c4", "#2340c4"), ("#6d7fd8", "#6d7fd8"), ("#a9b6f0", "#2340c4"),
        ("#eaedfb", "#2340c4"))),
    "warm": Palette("#2b1b12", "#6c5b50", "#e2d2c4", "#bd4017", "#9a7868", (
        ("#7c2509", "#7c2509"), ("#bd4017", "#bd4017"), ("#dc7a55", "#bd4017"), ("#f1bd9f", "#bd4017"),
        ("#fbeadc", "#bd4017"))),
    "glance": Palette("#111111", "#595959", "#cfcfcf", "#111111", "#7a7a7a", (
        ("#111111", "#111111"), ("#ffd21f", "#111111"), ("#7a7a7a", "#7a7a7a"), ("#fff0ad", "#111111"),
        ("#ffffff", "#111111"))),
}
