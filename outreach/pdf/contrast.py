"""Whether a page can be read and printed: text against its ground, pictures against the resolution of print, colours
against what ink can show.

All are judged by the boxes as they were laid out, so they name their place. Text on a picture or gradient is not
judged: its ground is known only to the eye.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weasyprint import Document
from weasyprint.formatting_structure import boxes
from weasyprint.images import RasterImage

from outreach.pdf.colours import LARGE, NORMAL, WHITE, Colour, ratio, to_hex
from outreach.pdf.errors import RenderError
from outreach.pdf.fitting import all_boxes
from outreach.pdf.gamut import is_printable

_LARGE_PX, _LARGE_BOLD_PX = 24.0, 14 / 0.75  # 18 pt, and 14 pt bold
_COARSE_DPI = 150


@dataclass(frozen=True)
class _Ground:
    """A painted field: its edges in px, and its colour; None where a picture lies."""

    edges: tuple[float, float, float, float]
    colour: Colour | None

    def holds(self, x: float, y: float) -> bool:
        left, top, right, bottom = self.edges
        return left <= x <= right and top <= y <= bottom


def check_contrast(document: Document) -> None:
    """Go through all text.

    :raises RenderError: text that is too pale for its ground; names page, box and words.
    """
    for number, page in enumerate(document.pages, start=1):
        grounds: list[_Ground] = []
        for box, name in _named(page._page_box):
            if isinstance(box, boxes.TextBox):
                if box.text.strip() and box.style["visibility"] == "visible":
                    _check_text(box, grounds, f"{number}쪽 {name}".strip())
            else:
                grounds += _painted(box, grounds)


def coarse_pictures(document: Document) -> Iterator[str]:
    """A sentence for every picture that has fewer than 150 pixels an inch on paper."""
    for number, page in enumerate(document.pages, start=1):
        for box in all_boxes(page._page_box):
            if not isinstance(box, boxes.ReplacedBox) or not isinstance(box.replacement, RasterImage):
                continue
            dpi = 96 * min(box.replacement.width / max(box.width, 1), box.replacement.height / max(box.height, 1))
            if dpi < _COARSE_DPI:
                words = box.element.get("alt", "") if box.element is not None else ""
                yield (f"{number}쪽 그림 ‘{words}’: 인쇄하면 흐립니다({dpi:.0f}dpi). "
                       f"{_COARSE_DPI}dpi 이상인 그림으로 바꾸어 주세요.")


def dull_colours(document: Document) -> Iterator[str]:
    """A sentence for every colour that offset print can't show as a screen does, with where it is met first. Pictures
    and drawings are not looked at."""
    met: set[Colour] = set()
    for number, page in enumerate(document.pages, start=1):
        for box, name in _named(page._page_box):
            background = getattr(box, "background", None)
            for used in (box.style["color"] if isinstance(box, boxes.TextBox) else None,
                         background.color if background is not None else None):
                if used is None or used.alpha == 0:
                    continue
                colour = _over(used, WHITE)
                if colour not in met and not is_printable(colour):
                    yield (f"{f'{number}쪽 {name}'.strip()}: {to_hex(colour)} 색은 인쇄하면 화면보다 탁해집니다. "
                           "인쇄소의 교정쇄로 확인해 주세요.")
                met.add(colour)


def _check_text(box: boxes.TextBox, grounds: list[_Ground], place: str) -> None:
    x, y = box.position_x + box.width / 2, box.position_y + box.height / 2
    ground = next((field.colour for field in reversed(grounds) if field.holds(x, y)), WHITE)
    if ground is None:
        return
    ink = _over(box.style["color"], ground)
    size = box.style["font_size"]
    large = size >= _LARGE_PX or (size >= _LARGE_BOLD_PX and box.style["font_weight"] >= 700)
    found, wanted = ratio(ink, ground), LARGE if large else NORMAL
    if found < wanted:
        words = box.text.replace("\u2060", "").strip()[:20]
        raise RenderError(
            f"글자가 바탕에 비해 흐립니다: “{words}”(명암비 {found:.1f}, {wanted:g} 이상이어야 합니다).", place=place)


def _painted(box: boxes.Box, grounds: list[_Ground]) -> list[_Ground]:
    if isinstance(box, boxes.ReplacedBox):
        x, y = box.content_box_x(), box.content_box_y()
        return [_Ground((x, y, x + box.width, y + box.height), None)]
    background = getattr(box, "background", None)
    if background is None or not background.layers or not hasattr(box, "border_box_x"):
        return []
    x, y = box.border_box_x(), box.border_box_y()
    edges = (x, y, x + box.border_width(), y + box.border_height())
    if any(layer.image is not None for layer in background.layers):
        return [_Ground(edges, None)]
    if background.color.alpha == 0:
        return []
    centre = ((edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2)
    below = next((field.colour for field in reversed(grounds) if field.holds(*centre)), WHITE)
    if below is None and background.color.alpha < 1:
        return [_Ground(edges, None)]
    return [_Ground(edges, _over(background.color, below or WHITE))]


def _named(box: boxes.Box, name: str = "") -> Iterator[tuple[boxes.Box, str]]:
    """Every box in the order of the document, with the name of the fitted box it stands in."""
    for inner in all_boxes(box):
        own = inner.element.get("data-fit") if inner.element is not None else None
        if own and not isinstance(inner, boxes.TextBox):
            name = f"‘{own}’"
        yield inner, name


def _over(colour: object, ground: Colour) -> Colour:
    """A colour with its transparency, as seen on ``ground``."""
    red, green, blue = colour.to("srgb").coordinates  # type: ignore[attr-defined]
    alpha = float(colour.alpha)  # type: ignore[attr-defined]
    mixed = [alpha * max(0.0, min(1.0, part)) + (1 - alpha) * below
             for part, below in zip((red, green, blue), ground, strict=True)]
    return mixed[0], mixed[1], mixed[2]
