"""What may stand in a chart's SVG: shapes and text with a few plain attributes. Everything else is dropped, so that
the same drawing can go into a page with a strict content security policy and into a PDF."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from outreach.charts.spec import Chart, sentence

_SVG = "http://www.w3.org/2000/svg"
_ELEMENTS = {"svg", "g", "path", "rect", "line", "circle", "text", "tspan"}
_ATTRIBUTES = {
    "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "viewBox", "transform", "fill", "stroke",
    "stroke-width", "stroke-miterlimit", "opacity", "text-anchor", "font-family", "font-size", "font-weight",
}
_PLAIN = re.compile(r"[\w\s.,:#()%+-]*")  # no address, no quote, no entity: numbers, names and colours


def cleaned(drawn: str, chart: Chart) -> str:
    """``drawn`` with its alternative text as ``<title>`` and its rows as ``<desc>``, as one line without declaration.

    ``drawn`` comes from our own drawing process; a document type in it can only be foreign.
    :raises ValueError: it is no SVG, or has a document type.
    """
    if "<!" in drawn:
        raise ValueError("a chart has no document type")
    root = ET.fromstring(drawn)  # noqa: S314 - without document type there are no entities to expand
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError("a chart is an SVG")
    kept = _kept(root)
    wide, high = (f"{float(root.attrib[side]):g}pt" for side in ("width", "height"))
    kept.attrib.update(width=wide, height=high, role="img")
    kept.set("class", "chart-drawing")
    title, described = ET.Element(f"{{{_SVG}}}title"), ET.Element(f"{{{_SVG}}}desc")
    title.text, described.text = chart.alt, sentence(chart)
    kept[:0] = [title, described]
    ET.register_namespace("", _SVG)
    return ET.tostring(kept, encoding="unicode")


def _kept(element: ET.Element) -> ET.Element:
    copy = ET.Element(element.tag, {
        name: value for name, value in element.attrib.items() if name in _ATTRIBUTES and _PLAIN.fullmatch(value)})
    copy.text = element.text if _name(element) in ("text", "tspan") else None
    copy.extend(_kept(child) for child in element if _name(child) in _ELEMENTS and not _draws_nothing(child))
    return copy


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(f"{{{_SVG}}}") if isinstance(element.tag, str) else ""


def _draws_nothing(element: ET.Element) -> bool:
    """Vega's empty grounds and frames."""
    return element.get("display") == "none" or element.get("class") in ("background", "foreground")
