"""Places that a document keeps for stamps: found where the layout put them, and marked in the file's tags.

A template keeps a place with an element of its own; what stands in it is shown as long as nobody's stamp is::

    <div data-stamp="partner" data-stamp-name="표지 협력기관" style="width: 90mm; height: 18mm"></div>
    <div data-stamp="qr" style="width: 28mm; height: 28mm">{{ parts.qr(contact, 28) }}</div>
    <p data-stamp="address" style="height: 14pt">{{ contact.address }}</p>
    <div data-stamp="accent" style="color: #1f4fb5; width: 210mm; height: 4mm"></div>

``data-stamp-name`` is what an author is told; its font size and colour are the largest type set there and its ink.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from weasyprint import Document
from weasyprint.formatting_structure import boxes

from outreach.pdf.errors import RenderError
from outreach.pdf.fitting import all_boxes
from outreach.pdf.glyphs import local_name
from outreach.pdf.options import ACCENT, ADDRESS, PARTNER, QR, StampPlace

_POINTS = 0.75  # of a CSS pixel
_MM = 72 / 25.4
# Smallest width and height in mm: a code of 20 mm with its quiet zone; a name of 7 pt beside a logo; an address.
_SMALLEST = {PARTNER: (30, 8), QR: (24, 24), ADDRESS: (25, 2.5), ACCENT: (0.2, 0.2)}
_SVG = "{http://www.w3.org/2000/svg}"


def mark_places(root: Element) -> None:
    """Give each place a tag of its own in the finished file: an empty drawing, by whose words :func:`settle` finds it.

    :raises RenderError: an unknown kind, a link in a place, two places of one name.
    """
    names: set[str] = set()
    for element in list(root.iter()):
        kind = element.get("data-stamp")
        if kind is None:
            continue
        name = element.get("data-stamp-name") or f"{kind} {len(names) + 1}"
        if kind not in _SMALLEST:
            raise RenderError(
                "알 수 없는 자리입니다. partner, qr, address, accent 가운데 하나여야 합니다.", place=f"‘{name}’")
        if any(local_name(inner) == "a" for inner in element.iter() if inner is not element):
            raise RenderError("협력기관마다 달라지는 자리 안에는 링크를 둘 수 없습니다.", place=f"‘{name}’")
        if name in names:
            raise RenderError("같은 이름의 자리가 둘입니다.", place=f"‘{name}’")
        names.add(name)
        element.set("data-stamp-name", name)
        if kind != ACCENT:
            drawing = SubElement(element, f"{_SVG}svg", {
                "width": "1", "height": "1", "style": "position: absolute", "viewBox": "0 0 1 1"})
            SubElement(drawing, f"{_SVG}title").text = _words(name)


def stamp_places(document: Document) -> tuple[StampPlace, ...]:
    """The places of a document as laid out, in reading order.

    :raises RenderError: one is too small, or off its page; names it.
    """
    found: dict[str, StampPlace] = {}
    for number, page in enumerate(document.pages, start=1):
        boxes_of_page = list(all_boxes(page._page_box))
        around = {id(inner): box for box in boxes_of_page if _is_turned(box) for inner in all_boxes(box)}
        for box in boxes_of_page:
            if _is_place(box) and box.element.get("data-stamp-name") not in found:
                place = _checked(_place(box, number, page.height, around.get(id(box))), page.width, page.height)
                found[place.name] = place
    return tuple(found.values())


class Settled:
    """Takes the empty drawings out of the tags again before the file is written, and keeps their numbers."""

    def __init__(self, places: tuple[StampPlace, ...]):
        self._words = {_words(place.name): place for place in places}
        self.places = list(places)

    def __call__(self, document: Document, pdf: Any) -> None:
        """What WeasyPrint calls with the finished objects."""
        for item in pdf.objects:
            if not isinstance(item, dict) or item.get("S") != "/Figure" or "Alt" not in item:
                continue
            place = self._words.get(item["Alt"].string)
            if place is not None:
                self.places[self.places.index(place)] = dataclasses.replace(place, tag=item.number)
                item["S"] = "/Span"
                del item["Alt"], item["A"]


def _words(name: str) -> str:
    return f"data-stamp {name}"


def _is_place(box: boxes.Box) -> bool:
    return (isinstance(box, boxes.ParentBox) and not isinstance(box, boxes.LineBox)
            and box.element is not None and box.element.get("data-stamp") is not None)


def _is_turned(box: boxes.Box) -> bool:
    """Whether a part of the page stands on its head: turned by half around its middle, where boxes are turned."""
    return any(name == "rotate" and math.isclose(angle, math.pi) for name, angle in box.style["transform"])


def _place(box: boxes.Box, number: int, page_height: float, turned: boxes.Box | None) -> StampPlace:
    left, top = box.content_box_x(), box.content_box_y()
    if turned is not None:
        left = 2 * turned.border_box_x() + turned.border_width() - left - box.width
        top = 2 * turned.border_box_y() + turned.border_height() - top - box.height
    red, green, blue = (round(max(0.0, min(1.0, part)) * 255) for part in box.style["color"].to("srgb").coordinates)
    return StampPlace(
        kind=box.element.get("data-stamp"), name=box.element.get("data-stamp-name"), page=number,
        x=round(left * _POINTS, 3), y=round((page_height - top - box.height) * _POINTS, 3),
        width=round(box.width * _POINTS, 3), height=round(box.height * _POINTS, 3),
        size=round(box.style["font_size"] * _POINTS, 2), ink=f"#{red:02x}{green:02x}{blue:02x}",
        bold=box.style["font_weight"] >= 700, turned=turned is not None,
    )


def _checked(place: StampPlace, page_width: float, page_height: float) -> StampPlace:
    where = f"{place.page}쪽 ‘{place.name}’"
    width, height = (side * _MM for side in _SMALLEST[place.kind])
    if place.width < width - 0.1 or place.height < height - 0.1:
        raise RenderError(
            f"자리가 너무 작습니다({place.width / _MM:.0f}×{place.height / _MM:.0f}mm). "
            f"{width / _MM:g}×{height / _MM:g}mm 이상이어야 합니다.", place=where)
    inside = (place.kind == ACCENT  # may bleed off the page
              or (place.x > -1 and place.y > -1 and place.x + place.width < page_width * _POINTS + 1
                  and place.y + place.height < page_height * _POINTS + 1))
    if not inside:
        raise RenderError("자리가 종이 밖으로 나갑니다.", place=where)
    return place
