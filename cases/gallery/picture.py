"""The picture that messengers and social sites show beside a link to a case (Open Graph), drawn from its words.

Kept in a file named after everything that went in, so that it is drawn once and never stale.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from outreach.lazy import lazy

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
else:
    Image, ImageDraw, ImageFont = lazy("PIL.Image"), lazy("PIL.ImageDraw"), lazy("PIL.ImageFont")

WIDTH, HEIGHT = 1200, 630
#: Drawn anew when the drawing itself changes.
EDITION = 1
INK, SOFT, PAPER, ACCENT, LINE = "#1b2440", "#55607a", "#fbfaf6", "#0b50d0", "#d9dce3"
_EDGE = 72


class Words(NamedTuple):
    """What the picture says. ``figure``: number, unit and label of its one figure, '' where there is none."""

    headline: str
    place: str
    figure: tuple[str, str, str]
    sender: str
    note: str = ""


def digest(words: Words) -> str:
    """Names what is drawn; another one as soon as a word changes."""
    return hashlib.sha256(repr((EDITION, words)).encode()).hexdigest()[:24]


def drawn(words: Words, folder: Path, faces: Path) -> Path:
    """The picture's file below ``folder``; ``faces``: where the fonts lie. Raises OSError (a full disk)."""
    path = folder / f"{digest(words)}.png"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(draw(words, faces))
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)  # noqa: PTH105 - whole or not at all
    return path


def draw(words: Words, faces: Path) -> bytes:
    """The PNG."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 14, HEIGHT), fill=ACCENT)
    small = _font(faces, "Regular", 30)
    for row, line in enumerate(_broken(pen, words.place, small, WIDTH - 2 * _EDGE)[:2]):
        pen.text((_EDGE, 50 + row * 42), line, font=small, fill=SOFT)
    right = _figure(pen, words.figure, faces)
    _headline(pen, words.headline, faces, right)
    pen.line((_EDGE, HEIGHT - 106, WIDTH - _EDGE, HEIGHT - 106), fill=LINE, width=2)
    pen.text((_EDGE, HEIGHT - 82), words.sender, font=_font(faces, "Bold", 30), fill=INK)
    if words.note:
        pen.text((WIDTH - _EDGE, HEIGHT - 80), words.note, font=_font(faces, "Regular", 26), fill=SOFT, anchor="ra")
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _figure(pen: ImageDraw.ImageDraw, figure: tuple[str, str, str], faces: Path) -> int:
    """The figure at the right; where the headline must end."""
    number, unit, label = figure
    if not number or len(number) > 7:
        return WIDTH - _EDGE
    big, small = _font(faces, "Bold", 128), _font(faces, "Regular", 34)
    unit_width = pen.textlength(unit, font=small)
    width = int(pen.textlength(number, font=big) + 10 + unit_width)
    lines = _broken(pen, label, _font(faces, "Regular", 28), max(width, 260))[:2]
    width = max(width, *(int(pen.textlength(line, font=_font(faces, "Regular", 28))) for line in lines), 1)
    left = WIDTH - _EDGE - width
    pen.text((left, 380), number, font=big, fill=ACCENT, anchor="ls")
    pen.text((left + pen.textlength(number, font=big) + 10, 380), unit, font=small, fill=INK, anchor="ls")
    for row, line in enumerate(lines):
        pen.text((left, 412 + row * 38), line, font=_font(faces, "Regular", 28), fill=SOFT)
    return left - 64


def _headline(pen: ImageDraw.ImageDraw, text: str, faces: Path, right: int) -> None:
    """As large as its length lets it be, at most five lines."""
    for size in (68, 60, 52, 46, 40):
        font = _font(faces, "Bold", size)
        lines = _broken(pen, text, font, right - _EDGE)
        if len(lines) <= (4 if size > 46 else 5):
            break
    lines = lines[:5]
    step = int(size * 1.34)
    top = 128 + max(0, (HEIGHT - 106 - 150 - step * len(lines)) // 2)
    for row, line in enumerate(lines):
        pen.text((_EDGE, top + row * step), line, font=font, fill=INK)


def _broken(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Lines no wider than ``width``, broken between words; a word too wide for a line within itself."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        tried = f"{line} {word}".strip()
        if pen.textlength(tried, font=font) <= width:
            line = tried
            continue
        if line:
            lines.append(line)
        line = ""
        for character in word:
            if line and pen.textlength(line + character, font=font) > width:
                lines.append(line)
                line = ""
            line += character
    return [*lines, line] if line else lines


@lru_cache(maxsize=32)
def _font(faces: Path, face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(faces / f"PretendardGOV-{face}.ttf"), size)
