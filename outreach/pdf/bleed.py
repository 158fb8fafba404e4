"""Print output: fields and pictures that reach the paper's edge are drawn on into the bleed, marks stand outside it.

Templates know nothing of it: what touches an edge of the finished page is made larger on that side, after the layout,
so no line of text moves. Pictures that fill their box are enlarged evenly.
"""

from __future__ import annotations

from typing import Any

from weasyprint import CSS, Document
from weasyprint.formatting_structure import boxes

from outreach.pdf.fitting import all_boxes
from outreach.pdf.options import RenderOptions

_PIXELS = 96 / 25.4  # a millimetre
_SLUG = 6.0  # mm beside the bleed, for marks
_AT_EDGE = 1.0  # px
_ANNOUNCED = 10 / 0.75  # px; so much of what lies outside the page WeasyPrint calls bleed


def style_sheet(options: RenderOptions) -> list[CSS]:
    """What the style sheet of the document must say for its bleed and marks."""
    if not options.bleed_mm:
        return []
    outside = options.bleed_mm + (_SLUG if options.marks else 0)
    marks = "marks: crop cross;" if options.marks else ""
    return [CSS(string=f"@page {{ bleed: {outside:g}mm; {marks} }}")]


def extend_into_bleed(document: Document, options: RenderOptions) -> None:
    """Enlarge what touches the edges of the page."""
    if not options.bleed_mm:
        return
    reach = options.bleed_mm * _PIXELS
    if options.marks:
        reach = max(reach, _ANNOUNCED)  # what is announced as bleed must be filled
    for page in document.pages:
        for box in all_boxes(page._page_box):
            if isinstance(box, (boxes.BlockLevelBox, boxes.ReplacedBox)) and not box.style["transform"]:
                _extend(box, page.width, page.height, reach)


def _extend(box: boxes.Box, page_width: float, page_height: float, reach: float) -> None:
    x, y, width, height = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
    left, top = reach * (abs(x) < _AT_EDGE), reach * (abs(y) < _AT_EDGE)
    right = reach * (abs(x + width - page_width) < _AT_EDGE)
    bottom = reach * (abs(y + height - page_height) < _AT_EDGE)
    if not (left or top or right or bottom):
        return
    box.position_x, box.position_y = box.position_x - left, box.position_y - top
    box.width, box.height = box.width + left + right, box.height + top + bottom
    if box.background is not None:
        box.background = box.background._replace(layers=[
            _layer(layer, box, left, top, left + right, top + bottom) for layer in box.background.layers])


def _layer(layer: Any, box: boxes.Box, left: float, top: float, wider: float, higher: float) -> Any:
    """A layer of a background on the larger box. One that filled the old box fills the new one, too."""
    x, y, width, height = layer.painting_area
    area = (x - left, y - top, width + wider, height + higher)
    changed = layer._replace(
        painting_area=area, clipped_boxes=[box.rounded_border_box()] if layer.clipped_boxes else [])
    if layer.image is None:
        return changed
    size, place = layer.size, layer.positioning_area
    if size[0] < place[2] - _AT_EDGE or size[1] < place[3] - _AT_EDGE:
        return changed
    scale = max((place[2] + wider) / place[2], (place[3] + higher) / place[3])
    new_size = (size[0] * scale, size[1] * scale)
    position = tuple(  # the same part of the picture stays in the middle
        offset * scale - (old * scale - old - more) / 2
        for offset, old, more in zip(layer.position, place[2:], (wider, higher), strict=True))
    return changed._replace(
        size=new_size, position=position,
        positioning_area=(place[0] - left, place[1] - top, place[2] + wider, place[3] + higher))
