"""Text never runs out of its box unseen.

A box that must hold its text carries ``data-fit="name"`` in the HTML (the name is what an author is told) and may
carry ``data-steps="n"``: how many tighter settings its style sheet offers as ``[data-density="1"]`` to ``"n"``.
When the text overflows, the box is set one step tighter and the document laid out again; past the last step it is
an error that names the box. Boxes with the same ``data-group`` are tightened together, so that neighbours keep one
size of type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from weasyprint import Document
from weasyprint.formatting_structure import boxes
from weasyprint.layout.absolute import AbsolutePlaceholder

from outreach.pdf.errors import RenderError

# CSS pixels (1/96 inch). Layout sums floats; less than this is rounding, not text outside its box.
_TOLERANCE = 0.75


@dataclass(frozen=True)
class Overflow:
    """A box whose content is larger than itself; ``excess`` in CSS pixels, ``page`` from 1."""

    element: Element
    page: int
    excess: float

    @property
    def place(self) -> str:
        return f"{self.page}쪽 ‘{self.element.get('data-fit')}’"

    @property
    def next_density(self) -> int | None:
        """The step to try next; None when the box has none left."""
        density = int(self.element.get("data-density", "0")) + 1
        return density if density <= int(self.element.get("data-steps", "0")) else None


def tighten(root: Element, full: list[Overflow]) -> None:
    """Set each overflowing box, and the boxes of its group, one density step tighter.

    :raises RenderError: a box has no step left; names it.
    """
    for overflow, density in [(overflow, overflow.next_density) for overflow in full]:
        if density is None:
            raise RenderError("글이 칸을 넘칩니다. 내용을 줄여 주세요.", place=overflow.place)
        for element in _group(root, overflow.element):
            element.set("data-density", str(max(density, int(element.get("data-density", "0")))))


def _group(root: Element, element: Element) -> list[Element]:
    name = element.get("data-group")
    return [element] if name is None else root.findall(f".//*[@data-group='{name}']")


def overflows(document: Document) -> list[Overflow]:
    """All boxes with ``data-fit`` whose content does not fit, in reading order."""
    found: list[Overflow] = []
    for number, page in enumerate(document.pages, start=1):
        seen: set[Element] = set()
        for box in all_boxes(page._page_box):
            if not _must_fit(box) or box.element in seen:
                continue
            seen.add(box.element)  # anonymous boxes inside repeat their parent's element
            excess = _excess(box)
            if excess > _TOLERANCE:
                found.append(Overflow(box.element, number, excess))
    return found


def check_inside_pages(document: Document) -> None:
    """Refuse a document with text that lies outside its page.

    :raises RenderError: names the page and the text.
    """
    for number, page in enumerate(document.pages, start=1):
        for box in all_boxes(page._page_box):
            if not isinstance(box, boxes.TextBox) or not box.text.strip():
                continue
            outside = max(-box.position_x, box.position_x + box.width - page.width,
                          -box.position_y, box.position_y + box.height - page.height)
            if outside > _TOLERANCE:
                raise RenderError(f"글이 종이 밖으로 나갑니다: “{box.text.strip()[:40]}”", place=f"{number}쪽")


def _must_fit(box: boxes.Box) -> bool:
    return (isinstance(box, boxes.ParentBox) and not isinstance(box, boxes.LineBox)
            and box.element is not None and box.element.get("data-fit") is not None)


def all_boxes(box: boxes.Box) -> Iterator[boxes.Box]:
    """``box`` and everything inside it, in the order of the document."""
    if isinstance(box, AbsolutePlaceholder):
        box = box._box
    yield box
    for child in getattr(box, "children", ()):
        yield from all_boxes(child)


def _flow(box: boxes.Box) -> Iterator[boxes.Box]:
    """Everything inside ``box`` that takes part in its flow (absolutely placed ornaments do not)."""
    for child in getattr(box, "children", ()):
        if isinstance(child, AbsolutePlaceholder) or child.is_absolutely_positioned():
            continue
        yield child
        yield from _flow(child)


def _excess(box: boxes.Box) -> float:
    """How far the content sticks out of the content box, to the bottom or to the right."""
    right = box.content_box_x() + box.width
    bottom = box.content_box_y() + _height(box)
    excess = 0.0
    for inner in _flow(box):
        if isinstance(inner, boxes.TextBox):
            excess = max(excess, inner.position_x + inner.width - right)
        elif isinstance(inner, boxes.LineBox):
            excess = max(excess, inner.position_y + inner.height - bottom)
        elif isinstance(inner, (boxes.BlockLevelBox, boxes.ReplacedBox)):
            excess = max(excess, inner.border_box_y() + inner.border_height() - bottom)
    return excess


def _height(box: boxes.Box) -> float:
    """Of the content box, as the style sheet fixes it: WeasyPrint lets floats stretch even a box of fixed height."""
    fixed = box.style["height"]
    if getattr(fixed, "unit", None) != "px":
        return box.height
    around = box.border_height() - box.height if box.style["box_sizing"] == "border-box" else 0.0
    return min(box.height, fixed.value - around)
