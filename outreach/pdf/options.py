"""What a rendering is asked for and what it gives. Free of WeasyPrint, so that the pages and workers that only
hand documents to the renderer do not load it (a second of start-up, 60 MB).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Static TTF faces: woff2 or variable fonts cost 3 to 12 times the time (measured), OTF twice the size.
FAMILY = "Pretendard GOV"
FONTS = ("vendor/pretendard-gov/PretendardGOV-Regular.ttf", "vendor/pretendard-gov/PretendardGOV-Bold.ttf")

# All are tagged and accessible (PDF/UA-1), the others fit for an archive, too (PDF/A: ISO 19005-2 and -3): level "a"
# claims the tags, "u" only that text can be copied.
UA = "pdf/ua-1"
VARIANTS = (UA, "pdf/a-2a", "pdf/a-2u", "pdf/a-3a", "pdf/a-3u")

# For a printing house: 3 mm of bleed with marks, pictures at the resolution of offset print.
BLEED_MM, PRESS_DPI = 3.0, 300

# Kinds of places kept for stamps.
PARTNER, QR, ADDRESS, ACCENT = "partner", "qr", "address", "accent"


@dataclass(frozen=True)
class RenderOptions:
    """``pages``: exact page count the document must have; ``image_dpi``: pictures are reduced to this resolution;
    ``fonts``: the TTF files below ``base_dir`` that make up ``family``, the only one that may appear; ``variant``: one
    of VARIANTS; ``bleed_mm``: for a printing house, what reaches the edge is drawn so far beyond it, ``marks``: with
    marks to cut and to align by; ``contrast``: refuse text too pale for its ground (WCAG 2.2, 1.4.3)."""

    pages: int | None = None
    image_dpi: int = 220
    variant: str = UA
    bleed_mm: float = 0
    marks: bool = False
    contrast: bool = True
    family: str = FAMILY
    fonts: tuple[str, ...] = FONTS


@dataclass(frozen=True)
class StampPlace:
    """Room that a template keeps for what differs by partner: an element with ``data-stamp``. What it holds is what
    the document shows without a partner.

    ``kind``: 'partner' (logo, name, contact), 'qr' (the code, and its address unless the page has a place for that),
    'address' or 'accent' (a field of the partner's colour).
    The box is in PDF points from the lower left corner of the trimmed page; ``page`` counts from 1. ``size`` (pt) and
    ``ink`` (#rrggbb) are the element's own: the largest type to set there, and its colour, or a field's where the
    partner has none; ``bold`` its weight, for an address. ``name`` is unique in its document, errors are told
    by it. ``tag`` is the number of the object in the file that stands for the place among the tags (0: an ornament);
    ``turned``: what stands there is upside down, as all of a part of the page that is turned by half."""

    kind: str
    name: str
    page: int
    x: float
    y: float
    width: float
    height: float
    size: float
    ink: str
    bold: bool = False
    tag: int = 0
    turned: bool = False


@dataclass(frozen=True)
class RenderedPdf:
    """A finished file: its bytes, number of pages, the SHA-256 of the bytes in hex, the places kept for stamps, and
    what is worth knowing before it is printed (a picture that will look coarse), each with its place."""

    data: bytes
    pages: int
    sha256: str
    stamps: tuple[StampPlace, ...] = ()
    warnings: tuple[str, ...] = ()


def fingerprint(html: str, assets: Mapping[str, bytes | Path], options: RenderOptions = RenderOptions()) -> str:
    """SHA-256 (hex) of everything that goes into a rendering: equal fingerprints give equal files."""
    digest = hashlib.sha256(repr(options).encode())
    digest.update(html.encode())
    for name, body in sorted(loaded_assets(assets).items()):
        digest.update(f"\0{name}\0{len(body)}\0".encode())
        digest.update(body)
    return digest.hexdigest()


def loaded_assets(assets: Mapping[str, bytes | Path]) -> dict[str, bytes]:
    """Every asset as bytes."""
    return {name: body.read_bytes() if isinstance(body, Path) else body for name, body in assets.items()}
