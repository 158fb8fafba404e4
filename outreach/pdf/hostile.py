"""What no document of ours needs, refused before it is laid out: scripts, nesting without end, bombs.

The renderer has limits on time and memory and no way out (outreach.pdf.worker, outreach.pdf.fetcher); this is said
earlier, in words, and with its place. The numbers are ten times what our templates and charts need.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from outreach.pdf.errors import RenderError
from outreach.pdf.glyphs import local_name

MAX_DEPTH = 60  # elements inside each other
MAX_PIXELS = 50_000_000  # of one picture, as for uploads (outreach.pdf.pictures)
_MAX_SPAN = 1000  # of a table's cell
_MAX_STYLE = 400_000  # characters of all style sheets in a document
_MAX_BRACKETS = 25  # inside each other
_MAX_LIST = 200  # parts of one value or selector, separated by commas
_MAX_RULES = 5_000
_MAX_REPEAT = 100
_MAX_PAGE_MM = 2_000
_MAX_SVG = 3_000_000  # bytes

_REFUSED = frozenset({"script", "iframe", "object", "embed", "applet", "base", "foreignObject", "frame", "frameset"})
_PAGE_SIZE = re.compile(r"(?<![-\w])size\s*:([^;}]*)", re.IGNORECASE)
_LENGTH = re.compile(r"([\d.]+(?:e\d+)?)(mm|cm|in|px|pt|pc|q)", re.IGNORECASE)
_IN_MM = {"mm": 1, "cm": 10, "in": 25.4, "px": 25.4 / 96, "pt": 25.4 / 72, "pc": 25.4 / 6, "q": 0.25}
_REPEAT = re.compile(r"(?:repeat\(\s*|columns\s*:[^;}]*?|column-count\s*:\s*)(\d{3,})", re.IGNORECASE)
_DECLARED = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def check_tree(root: Element) -> None:
    """Look through a document before anything walks it by recursion.

    :raises RenderError: a script, a frame or another thing that isn't print, cells without end, too deep nesting, or
        a style sheet of no honest size.
    """
    styles = 0
    for element, depth in _with_depth(root):
        name = local_name(element)
        if depth > MAX_DEPTH:
            raise RenderError(f"글이 너무 깊게 겹쳐 있습니다({MAX_DEPTH}단계까지).", place=f"<{name}>")
        _check_element(element, name)
        for style in (element.text if name == "style" else None, element.get("style")):
            if style:
                styles += len(style)
                check_style(style, f"<{name}>")
    if styles > _MAX_STYLE:
        raise RenderError("꾸밈 규칙이 너무 깁니다.", place="<style>")


def check_style(text: str, place: str = "<style>") -> None:
    """A style sheet, or a style attribute.

    :raises RenderError: brackets inside brackets without end, lists or tracks by the thousand, a page of no paper.
    """
    depth = listed = rules = 0
    for sign in re.findall(r"[(){},;]", text):
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif sign == ",":
            listed += 1
        else:
            listed, rules = 0, rules + (sign == "{")
        if depth > _MAX_BRACKETS or listed > _MAX_LIST or rules > _MAX_RULES:
            raise RenderError("꾸밈 규칙이 지나치게 복잡합니다.", place=place)
    if any(int(number[:9]) > _MAX_REPEAT for number in _REPEAT.findall(text)):
        raise RenderError("단이나 칸이 너무 많습니다.", place=place)
    lengths = (length for size in _PAGE_SIZE.findall(text) for length in _LENGTH.findall(size))
    if any(float(number) * _IN_MM[unit.lower()] > _MAX_PAGE_MM for number, unit in lengths):
        raise RenderError("종이가 너무 큽니다.", place=place)


def check_svg(body: bytes, place: str) -> None:
    """A drawing that is loaded as a picture.

    :raises RenderError: scripts, entities, addresses outside of itself, nesting or copies without end.
    """
    if len(body) > _MAX_SVG or _DECLARED.search(body):
        raise RenderError("쓸 수 없는 SVG 그림입니다.", place=place)
    try:
        root = ElementTree.parse(io.BytesIO(body)).getroot()  # noqa: S314 - without declarations there are no entities
    except ElementTree.ParseError as error:
        raise RenderError("그림 파일이 손상되었습니다.", place=place) from error
    targets: set[str] = set()
    holders: dict[str, set[str]] = {}
    for element, depth in _with_depth(root):
        name = local_name(element)
        if depth > MAX_DEPTH:
            raise RenderError("쓸 수 없는 SVG 그림입니다.", place=place)
        _check_element(element, name, place)
        target = _reference(element, place)
        if name == "use" and target:
            targets.add(target)
        if element.get("id"):
            holders[element.get("id", "")] = {local_name(inner) for inner in element.iter()}
    if any("use" in holders.get(target, ()) for target in targets):  # copies of copies grow without end
        raise RenderError("쓸 수 없는 SVG 그림입니다.", place=place)


def check_pixels(width: int, height: int, place: str) -> None:
    """The size that a picture's header claims, before it is decoded. Raises RenderError."""
    if width * height > MAX_PIXELS:
        raise RenderError(f"그림이 너무 큽니다({width}×{height}). 5천만 화소까지 쓸 수 있습니다.", place=place)


def _check_element(element: Element, name: str, place: str = "") -> None:
    where = place or f"<{name}>"
    if name in _REFUSED or any(attribute.lower().startswith("on") for attribute in element.attrib):
        raise RenderError("문서에 쓸 수 없는 요소가 있습니다.", place=where)
    for span in ("colspan", "rowspan", "span"):
        value = element.get(span, "").strip()
        if value.isdigit() and (len(value) > 6 or int(value) > _MAX_SPAN):
            raise RenderError("표의 칸이 너무 많습니다.", place=where)


def _reference(element: Element, place: str) -> str:
    """The id that an element refers to. Raises RenderError if it refers to anything but the drawing itself."""
    for attribute, value in element.attrib.items():
        if attribute.rpartition("}")[2] == "href" and local_name(element) != "a":
            if not value.startswith("#"):
                raise RenderError("문서 밖의 주소는 불러올 수 없습니다.", place=place)
            return value[1:]
    return ""


def _with_depth(root: Element) -> Iterator[tuple[Element, int]]:
    """Every element with how many it is inside of; without recursion."""
    waiting = [(root, 0)]
    while waiting:
        element, depth = waiting.pop()
        if isinstance(element.tag, str):
            yield element, depth
        waiting += [(child, depth + 1) for child in element]
