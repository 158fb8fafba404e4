"""Printing documents of any kind in tests, and reading them again."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import zxingcpp
from PIL import Image

from cases.documents.kinds.base import Kind
from outreach.pdf.base import prepare
from outreach.pdf.inspect import inspect, thumbnails
from outreach.pdf.options import PARTNER, QR, RenderedPdf
from outreach.pdf.render import render
from outreach.pdf.stamp import Edition, stamp
from outreach.pdf.templates import environment
from tests.cases.paper import ASSETS, STATIC, TEMPLATES
from tests.standards import faults

ENV = environment(TEMPLATES)
FACES = {"Pretendard-GOV", "Pretendard-GOV-Bold"}
Colour = tuple[int, int, int]


def printed(kind: Kind, content: Any, **changes: Any) -> RenderedPdf:
    """``content`` as a file; ``changes``: of the kind's RenderOptions, such as ``bleed_mm``."""
    options = replace(kind.options(content), **changes)
    return render(kind.to_html(ENV, content), base_dir=STATIC, assets=ASSETS, options=options)


def words_of(made: RenderedPdf) -> str:
    """All words, page after page, single spaces between them."""
    return " ".join(" ".join(inspect(made.data).text).split())


def lines_of(made: RenderedPdf) -> list[str]:
    return [line.strip() for text in inspect(made.data).text for line in text.splitlines()]


def picture(made: RenderedPdf, page: int = 0, width: int = 1240) -> Image.Image:
    (data,) = thumbnails(made.data, width=width, pages=[page])
    return Image.open(io.BytesIO(data)).convert("RGB")


def codes(made: RenderedPdf, page: int = 0, width: int = 1240) -> list[tuple[str, float]]:
    """The QR codes that a reader finds on a page: address and side in mm."""
    image, paper = picture(made, page, width), inspect(made.data).sizes[page][0]
    found = []
    for code in zxingcpp.read_barcodes(image):
        at = code.position
        side = max(abs(at.top_right.x - at.top_left.x), abs(at.top_right.y - at.top_left.y))
        found.append((code.text, side / width * paper))
    return found


def colour_at(made: RenderedPdf, x_mm: float, y_mm: float, page: int = 0) -> Colour:
    """The colour at a place, measured from the sheet's upper left corner."""
    image, paper = picture(made, page, 1000), inspect(made.data).sizes[page][0]
    scale = 1000 / paper
    return image.getpixel((int(x_mm * scale), int(y_mm * scale)))  # type: ignore[return-value]


def assert_accessible(made: RenderedPdf, title: str) -> None:
    """Tagged, titled, in Korean, in our two faces and nothing else."""
    facts = inspect(made.data)
    assert (facts.language, facts.tagged, facts.pdf_ua, facts.title) == ("ko", True, True, title)
    assert facts.all_fonts_embedded
    assert {font.name for font in facts.fonts} == FACES
    assert faults(made.data) == []
    assert_stampable(made)


def assert_room_for_a_partner(made: RenderedPdf) -> None:
    """A usual name, telephone and mark go into 86 x 26 mm."""
    places = [place for place in made.stamps if place.kind == PARTNER]
    assert places and all(place.width >= 86 * 72 / 25.4 - 1 and place.height >= 26 * 72 / 25.4 - 1 for place in places)


def assert_stampable(made: RenderedPdf) -> None:
    """A partner's name, code and address can be set into the places kept for them, and all codes then are its own."""
    own = "https://donghaeng.example/q/cQaHfpWp4LS5N6QN-0001"
    edition = Edition("가온디지털산업단지관리공단", "02-000-7001 · gaon.example", None, "#aa2255", own, own[8:])
    base = prepare(made.data, made.stamps)
    stamp(base, replace(edition, url="tel:1350", address="1350"))  # the shortest code has the widest margin
    data = stamp(base, edition)
    assert faults(data) == []
    stamped = replace(made, data=data)
    pages = {place.page - 1 for place in made.stamps if place.kind == QR}
    assert {text for page in pages for text, _side in codes(stamped, page)} == ({own} if pages else set())
