"""A partner's mark in what is not a PDF: a strip at the foot of a picture for posts, a last part of a document to work
on. Each begins from the file that all partners share."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cases.materials.formats import png
from cases.materials.partner_editions import Words
from cases.materials.rules import CHANNEL_BYTES, Format
from cases.sheets.hwpx import MUTED, Writer
from outreach.lazy import lazy
from outreach.pdf.faces import face, printable
from outreach.pdf.layout import Line, partner_box
from outreach.pdf.marks import Logo
from outreach.pdf.options import FONTS, PARTNER, StampPlace
from outreach.pdf.qr import QUIET, qr_code

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
else:
    Image = lazy("PIL.Image")
    ImageDraw, ImageFont = lazy("PIL.ImageDraw"), lazy("PIL.ImageFont")

#: The strip is laid out as a place on paper is, 50 pt high with 14 pt type, whatever its pixels.
_HIGH, _SIZE, _EDGE = 50.0, 14.0, 6.0
#: Its height by the picture's width: beside words that stand above each other, or beside a paper.
_TALL, _WIDE = 0.14, 0.115
_INK = "#14233b"
_QR_MM = 24.0


def picture(data: bytes, words: Words, static: Path, form: Format) -> bytes:
    """A picture for posts with the partner's strip: mark, name and contact, and the code.

    :raises RenderError: the name does not fit, or our faces lack a letter.
    """
    made = Image.open(io.BytesIO(data)).convert("RGB")
    wide = made.width > 1.5 * made.height
    high, margin = round(made.width * (_WIDE if wide else _TALL)), round(made.width * (0.054 if wide else 0.074))
    if wide:  # words reach down to the foot: all of it is made smaller, on its own ground
        scale = (made.height - high) / made.height
        smaller = made.resize((round(made.width * scale), made.height - high))
        left = (made.width - smaller.width) // 2
        made.paste(made.getpixel((0, 0)), (0, 0, *made.size))
        made.paste(smaller, (left, 0))
        margin = left + round(margin * scale)
    made.paste(_strip(made.width, high, margin, words, static), (0, made.height - high))
    return png(made, CHANNEL_BYTES if form is Format.CHANNEL else 0)


def _strip(width: int, high: int, margin: int, words: Words, static: Path) -> Image.Image:
    """``margin``: where the words above begin, and the paper ends."""
    strip, scale = Image.new("RGB", (width, high), "white"), high / _HIGH
    draw = ImageDraw.Draw(strip)
    code = qr_code(words.url)
    module = high // (code.side + 2 * QUIET)
    side = module * (code.side + 2 * QUIET)
    at = width - margin - side + QUIET * module
    strip.paste(code.picture(module), (at, (high - side) // 2))
    place = StampPlace(
        PARTNER, "그림", 1, margin / scale, _EDGE, (at - margin) / scale - _EDGE, _HIGH - 2 * _EDGE, _SIZE, _INK)
    mark = Image.open(words.logo) if words.logo else None
    box = partner_box(place, printable(words.name), printable(words.contact),
                      Logo(mark.width, mark.height, (b"", b"")) if mark else None,
                      bold=face(static / FONTS[1]), regular=face(static / FONTS[0]))
    if mark is not None and box.logo is not None:
        left, bottom, wide, tall = (round(edge * scale) for edge in box.logo)
        shown = mark.convert("RGBA").resize((wide, tall), Image.Resampling.LANCZOS)
        strip.paste(shown, (left, high - bottom - tall), shown)
    for lines, name in ((box.name, FONTS[1]), (box.contact, FONTS[0])):
        for line in lines:
            _write(draw, line, static / name, scale, high)
    draw.rectangle((0, 0, width, max(2, round(scale * 1.5))), fill=words.accent or _INK)
    return strip


def _write(draw: ImageDraw.ImageDraw, line: Line, path: Path, scale: float, high: int) -> None:
    draw.text((line.x * scale, high - line.y * scale), line.text, fill=_INK, font=_type(path, round(line.size * scale)),
              anchor="ls")


@lru_cache(maxsize=32)
def _type(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=64)  # numbers of its paragraphs are drawn by lot: a download broken off goes on with the same bytes
def document(data: bytes, words: Words) -> bytes:
    """A HWPX document with the partner as its last part: name, contact, address and code."""
    writer = Writer(data)
    writer.heading("나누어 드리는 곳")
    writer.line(" ".join(filter(None, (words.name, words.contact))), bold=True)
    writer.line(f"상담 신청: {words.address}", size=9, color=MUTED)
    drawn = io.BytesIO()
    qr_code(words.url).picture(scale=8).save(drawn, "PNG")
    writer.document.add_picture(drawn.getvalue(), "png", width_mm=_QR_MM, height_mm=_QR_MM, align="left")
    return writer.document.to_bytes()
