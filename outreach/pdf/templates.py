"""The Jinja environment of paper documents: strict, escaping, with Korean dates, numbers and QR codes.

Everything a template prints is normalised to NFC: names typed on a Mac arrive as separate letters (자모), which
no font draws as syllables.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from outreach.charts.drawing import drawn
from outreach.charts.spec import Chart
from outreach.pdf.qr import qr_svg

_WEEKDAYS = "월화수목금토일"
_POINTS_PER_MM = 72 / 25.4
#: A chart's 8 pt labels come out at 24 pt at most.
_LARGEST_SCALE = 3.0
_SIDES = re.compile(r'width="([0-9.]+)pt" height="([0-9.]+)pt"')


def environment(folder: Path) -> Environment:
    """An environment that finds templates below ``folder`` (the project's ``templates/``).

    Filters: ``kdate``, ``kdate_weekday``, ``num``, ``balanced``, ``em``. Functions: ``qr_svg(address, title)``,
    ``chart_svg(chart, style, width)``, ``chart_filling(chart, style, width, height)``.
    An undefined name is an error, and every value is escaped.
    """
    env = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_composed,
    )
    env.filters.update(
        kdate=korean_date, kdate_weekday=korean_date_with_weekday, num=grouped, balanced=balanced, em=set_width,
    )
    env.globals.update(qr_svg=qr_svg, chart_svg=chart_svg, chart_filling=chart_filling)
    return env


def _composed(value: object) -> object:
    return unicodedata.normalize("NFC", value) if type(value) is str else value


def korean_date(day: date) -> str:
    """``2026. 11. 23.``, the official way (행정업무의 운영 및 혁신에 관한 규정 시행령 §7⑤)."""
    return f"{day.year}. {day.month}. {day.day}."


def korean_date_with_weekday(day: date) -> str:
    """``2026. 11. 23.(월)``"""
    return f"{korean_date(day)}({_WEEKDAYS[day.weekday()]})"


def grouped(number: int | float) -> str:
    """Thousands separated; a whole number without decimals."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,}"


def balanced(text: str, width: float) -> tuple[str, ...]:
    """Break a heading between words into the fewest lines of about ``width`` em, as even as possible.

    A line feed in ``text`` is the author's own break and is kept.
    """
    return tuple(line for part in text.splitlines() if part.strip() for line in _even_lines(part.split(), width))


def _even_lines(words: Sequence[str], width: float) -> list[str]:
    """Dynamic programming over line ends: cost is the sum of squared gaps to the even length."""
    lengths = [set_width(word) for word in words]
    total = sum(lengths) + 0.25 * (len(words) - 1)
    count = max(1, math.ceil(total / width))
    target = total / count
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(words) + 1):
        candidates = []
        for start in range(end):
            length = sum(lengths[start:end]) + 0.25 * (end - start - 1)
            over = max(0.0, length - width) * 100
            candidates.append((best[start][0] + (length - target) ** 2 + over, start))
        best.append(min(candidates))
    lines, end = [], len(words)
    while end:
        start = best[end][1]
        lines.append(" ".join(words[start:end]))
        end = start
    return lines[::-1]


def set_width(text: str) -> float:
    """Rough width of set ``text`` in em: full for Hangul and Hanja, about half for the rest, less for a point."""
    return sum(0.87 if unicodedata.east_asian_width(c) in "WF" else 0.28 if c in ".,: " else 0.58 for c in text)


def chart_svg(chart: Chart, style: str, width: float) -> Markup:
    """A chart as inline SVG, ``width`` mm wide, in the inks of a style; its text stays text."""
    return Markup(drawn(chart, style, round(width * _POINTS_PER_MM, 1)))  # noqa: S704 - cleaned by outreach.charts.svg


def chart_filling(chart: Chart, style: str, width: float, height: float) -> Markup:
    """A chart ``width`` mm wide, its type and bars as large as ``height`` mm allows: for papers read from afar."""
    least = _drawn_height(chart, style, width / _LARGEST_SCALE)
    scale = max(1.0, min(_LARGEST_SCALE, height / least))
    made = drawn(chart, style, round(width / scale * _POINTS_PER_MM, 1))
    return Markup(_SIDES.sub(lambda sides: 'width="{:g}pt" height="{:g}pt"'.format(  # noqa: S704 - as chart_svg
        *(round(float(side) * scale, 2) for side in sides.groups())), made, count=1))


def _drawn_height(chart: Chart, style: str, width: float) -> float:
    """How high (mm) a chart is that is drawn ``width`` mm wide."""
    sides = _SIDES.search(drawn(chart, style, round(width * _POINTS_PER_MM, 1)))
    return float(sides[2]) / _POINTS_PER_MM if sides else width
