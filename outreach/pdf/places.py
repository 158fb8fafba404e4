"""Places that a document keeps for stamps: found where the layout put them, and marked in the file's tags.

A template keeps a place with an empty element::

    <div data-stamp="partner" data-stamp-name="표지 협력기관" style="width: 90mm; height: 18mm"></div>

``data-stamp-name`` is what an author is told; its font size and colour are the largest type set there and its ink.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from weasyprint import Document
from weasyprint.formatting_structure import boxes

from outreach.pdf.errors import RenderError
from outreach.pdf.fitting import all_boxes
from outreach.pdf.options import ACCENT, PARTNER, QR, StampPlace, place_alt

_POINTS = 0.75  # of a CSS pixel
_MM = 72 / 25.4
# Smallest width and height in mm: a code of 20 mm with its quiet zone and address; a name of 7 pt beside a logo.
_SMALLEST = {PARTNER: (30, 8), QR: (24, 24), ACCENT: (0.2, 0.2)}
_SVG = "{http://www.w3.org/2000/svg}"


def mark_places(root: Element) -> None:
    """Give each place a tag of its own in the finished file: an empty drawing whose words are :func:`place_alt`.

    :raises RenderError: an unknown kind, a place that isn't empty, two of one name.
    """
    names: set[str] = set()
    for element in list(root.iter()):
        kind = element.get("data-stamp")
        if kind is None:
            continue
        name = element.get("data-stamp-name") or f"{kind} {len(names) + 1}"
        if kind not in _SMALLEST:
            raise RenderError("알 수 없는 자리입니다. partner, qr, accent 가운데 하나여야 합니다.", place=f"‘{name}’")
        if len(element) or (element.text or "").strip():
            raise RenderError("협력기관마다 달라지는 자리는 비어 있어야 합니다.", place=f"‘{name}’")
        if name in names:
            raise RenderError("같은 이름의 자리가 둘입니다.", place=f"‘{name}’")
        names.add(name)
        element.set("data-stamp-name", name)
        if kind != ACCENT:
            drawing = SubElement(element, f"{_SVG}svg", {
                "width": "1", "height": "1", "style": "position: absolute", "viewBox": "0 0 1 1"})
            SubElement(drawing, f"{_SVG}title").text = place_alt(name)


def stamp_places(document: Document) -> tuple[StampPlace, ...]:
    """The places of a document as laid out, in reading order.

    :raises RenderError: one is too small, or off its page; names it.
    """
    found: list[StampPlace] = []
    for number, page in enumerate(document.pages, start=1):
        for box in all_boxes(page._page_box):
            if _is_place(box) and not any(place.name == box.element.get("data-stamp-name") for place in found):
                found.append(_checked(_place(box, number, page.height), page.width, page.height))
    return tuple(found)


def _is_place(box: boxes.Box) -> bool:
    return (isinstance(box, boxes.ParentBox) and not isinstance(box, boxes.LineBox)
            and box.element is not None and box.element.get("data-stamp") is not None)


def _place(box: boxes.Box, number: int, page_height: float) -> StampPlace:
    left, top = box.content_box_x(), box.content_box_y()
    red, green, blue = (round(max(0.0, min(1.0, part)) * 255) for part in box.style["color"].to("srgb").coordinates)
    return StampPlace(
        kind=box.element.get("data-stamp"), name=box.element.get("data-stamp-name"), page=number,
        x=round(left * _POINTS, 3), y=round((page_height - top - box.height) * _POINTS, 3),
        width=round(box.width * _POINTS, 3), height=round(box.height * _POINTS, 3),
        size=round(box.style["font_size"] * _POINTS, 2), ink=f"#{red:02x}{green:02x}{blue:02x}",
    )


def _checked(place: StampPlace, page_width: float, page_height: float) -> StampPlace:
    where = f"{place.page}쪽 ‘{place.name}’"
    width, height = (side * _MM for side in _SMALLEST[place.kind])
    if place.width < width or place.height < height:
        raise RenderError(
            f"자리가 너무 작습니다({place.width / _MM:.0f}×{place.height / _MM:.0f}mm). "
            f"{width / _MM:g}×{height / _MM:g}mm 이상이어야 합니다.", place=where)
    inside = (place.kind == ACCENT  # may bleed off the page
              or (place.x > -1 and place.y > -1 and place.x + place.width < page_width * _POINTS + 1
                  and place.y + place.height < page_height * _POINTS + 1))
    if not inside:
        raise RenderError("자리가 종이 밖으로 나갑니다.", place=where)
    return place
