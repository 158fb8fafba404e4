"""A chart as an Altair specification and, by vl-convert, as SVG. Loaded only by outreach.charts.child.

One unit is one point, so that type has the size of the page around it. Scales map values to places that are worked
out here from the width of the words, since Vega's own layout knows no Korean line breaking.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from outreach.charts.palette import PALETTES, Palette
from outreach.charts.spec import Chart, ChartKind, Row, number_text
from outreach.charts.wide import broken, width

FAMILY = "Pretendard GOV"
_LABEL, _VALUE = 8, 9  # points
_GAP = 6


def register_fonts(folder: Path) -> None:
    """Give vl-convert the faces below ``folder``; without them words are measured by another font."""
    vl_convert.register_font_directory(str(folder))


def svg(chart: Chart, style: str, wide: float) -> str:
    """``chart`` in the inks of ``style``, ``wide`` points wide and as high as its rows need."""
    drawn = _KINDS[chart.kind](chart, PALETTES[style], wide)
    spec = drawn.configure(background="transparent", padding=0, autosize=alt.AutoSizeParams(type="none")) \
        .configure_view(stroke=None).to_dict()
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _text(rows: list[dict[str, Any]], ink: str, size: float = _LABEL, weight: int = 400, align: str = "left"
          ) -> alt.Chart:
    """Words at their places: each row has ``x``, ``y`` and ``text``."""
    return _at(alt.Chart(alt.Data(values=rows)).mark_text(
        font=FAMILY, fontSize=size, fontWeight=weight, fill=ink, align=align, baseline="middle", limit=0,
    )).encode(text="text:N")


def _at(chart: alt.Chart) -> alt.Chart:
    return chart.encode(
        x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None))


def _rules(rows: list[dict[str, Any]], ink: str, thick: float = .75) -> alt.Chart:
    return _at(alt.Chart(alt.Data(values=rows)).mark_rule(stroke=ink, strokeWidth=thick)).encode(
        x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"))


def _boxes(rows: list[dict[str, Any]]) -> alt.Chart:
    return _at(alt.Chart(alt.Data(values=rows)).mark_rect(strokeWidth=.75)).encode(
        x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("stroke:N", scale=None))


def _dots(rows: list[dict[str, Any]], fill: str, side: float, stroke: str = "") -> alt.Chart:
    return _at(alt.Chart(alt.Data(values=rows)).mark_point(
        filled=True, fill=fill, stroke=stroke or fill, strokeWidth=1, opacity=1, size=side * side))


def _sheet(*layers: alt.Chart, wide: float, high: float) -> alt.LayerChart:
    return alt.layer(*layers).properties(width=wide, height=high)


def _said(value: float, chart: Chart) -> str:
    return f"{number_text(value)}{chart.unit}"


def _labels(rows: tuple[Row, ...], limit: float) -> tuple[list[list[str]], float]:
    """The rows' names broken where they are long, and the width of the widest line."""
    parts = [broken(row.label, limit, _LABEL) for row in rows]
    return parts, max(width(line, _LABEL) for part in parts for line in part)


def _label_rows(parts: list[list[str]], middles: list[float], x: float) -> list[dict[str, Any]]:
    return [
        {"x": x, "y": middle + (at - (len(part) - 1) / 2) * 9.5, "text": line}
        for part, middle in zip(parts, middles, strict=True) for at, line in enumerate(part)
    ]


def _bars(chart: Chart, ink: Palette, wide: float) -> alt.LayerChart:
    parts, label_wide = _labels(chart.rows, wide * .34)
    step = 15 if len(chart.rows) > 8 and all(len(part) == 1 for part in parts) else 22
    thick, left = step * .56, label_wide + _GAP
    most = max(row.value for row in chart.rows) or 1
    right = wide - max(width(_said(row.value, chart), _VALUE) for row in chart.rows) - _GAP
    middles = [step * (at + .5) for at in range(len(chart.rows))]
    ends = [left + (right - left) * row.value / most for row in chart.rows]
    bars = [
        {"x": left, "x2": end, "y": middle - thick / 2, "y2": middle + thick / 2, "fill": ink.accent,
         "stroke": ink.accent}
        for middle, end in zip(middles, ends, strict=True)
    ]
    values = [{"x": end + 5, "y": middle, "text": _said(row.value, chart)}
              for row, end, middle in zip(chart.rows, ends, middles, strict=True)]
    high = step * len(chart.rows)
    return _sheet(
        _boxes(bars), _rules([{"x": left, "x2": left, "y": 0, "y2": high}], ink.ink),
        _text(_label_rows(parts, middles, 0), ink.ink), _text(values, ink.ink, _VALUE, 700), wide=wide, high=high)


def _line(chart: Chart, ink: Palette, wide: float) -> alt.LayerChart:
    high, foot, top = 104.0, 84.0, 20.0
    edge = max(width(_said(row.value, chart), _VALUE) for row in (chart.rows[0], chart.rows[-1])) / 2
    edge = max(edge, max(width(row.label, _LABEL) for row in (chart.rows[0], chart.rows[-1])) / 2, 6)
    pace = (wide - 2 * edge) / (len(chart.rows) - 1)
    most = max(row.value for row in chart.rows) or 1  # from zero: a line that starts elsewhere tells a taller story
    points = [{"x": edge + pace * at, "y": foot - (foot - top) * row.value / most, "text": _said(row.value, chart)}
              for at, row in enumerate(chart.rows)]
    parts = [broken(row.label, pace * .94, _LABEL) for row in chart.rows]
    labels = [{"x": point["x"], "y": foot + 10 + 9.5 * at, "text": line}
              for point, part in zip(points, parts, strict=True) for at, line in enumerate(part)]
    path = _at(alt.Chart(alt.Data(values=points)).mark_line(stroke=ink.accent, strokeWidth=2)).encode(
        order=alt.Order("x:Q"))
    return _sheet(
        _rules([{"x": 0, "x2": wide, "y": foot, "y2": foot}], ink.ink), path, _dots(points, ink.accent, 5.5),
        _text([{**point, "y": point["y"] - 10} for point in points], ink.ink, _VALUE, 700, "center"),
        _text(labels, ink.ink, align="center"), wide=wide, high=high)


def _share(chart: Chart, ink: Palette, wide: float) -> alt.LayerChart:
    """One bar cut into its parts, each named below; a name without room takes a line of its own further down."""
    thick, total = 30.0, sum(row.value for row in chart.rows)
    fills = ink.fills if len(chart.rows) > 2 else (ink.fills[1], ink.fills[3])
    x, ends, boxes, leaders, values, names = 0.0, [0.0], [], [], [], []
    for at, row in enumerate(chart.rows):
        start, x = x, x + wide * row.value / total
        boxes.append({"x": start + (1 if at else .4), "x2": max(x - 1, start + 1.2), "y": .4, "y2": thick,
                      "fill": fills[at][0], "stroke": fills[at][1]})
        words = max(width(row.label, _LABEL), width(_said(row.value, chart), _VALUE)) + 8
        # without room to its right a name stands left of its leader, clear of the leaders further on
        left = start + 1 if start + words <= wide else max(0.0, start + 5 - words)
        level = next(number for number in range(len(ends) + 1) if number == len(ends) or ends[number] <= left)
        ends[level:level + 1] = [left + words]
        foot = thick + 6 + level * 27
        leaders.append({"x": start + 1, "x2": start + 1, "y": thick, "y2": foot - 1})
        values.append({"x": left, "y": foot + 6, "text": _said(row.value, chart)})
        names.append({"x": left, "y": foot + 16.5, "text": row.label})
    high = thick + 6 + len(ends) * 27
    return _sheet(
        _boxes(boxes), _rules(leaders, ink.muted, .5), _text(values, ink.ink, _VALUE, 700), _text(names, ink.ink),
        wide=wide, high=high)


def _before_after(chart: Chart, ink: Palette, wide: float) -> alt.LayerChart:
    parts, label_wide = _labels(chart.rows, wide * .3)
    step = 26.0
    pairs = [(row.before or 0.0, row.value) for row in chart.rows]
    side = max(width(_said(value, chart), _VALUE) for pair in pairs for value in pair) + 9
    left, right, most = label_wide + _GAP + side, wide - side, max(max(pair) for pair in pairs) or 1
    middles = [step * (at + .5) for at in range(len(pairs))]
    spans: list[dict[str, Any]] = []
    past, now, past_words, now_words = [], [], [], []
    for (before, after), middle in zip(pairs, middles, strict=True):
        x1, x2 = (left + (right - left) * value / most for value in (before, after))
        spans.append({"x": x1, "x2": x2, "y": middle, "y2": middle})
        past.append({"x": x1, "y": middle})
        now.append({"x": x2, "y": middle})
        out = 1 if after >= before else -1  # the words stand outside, each beside its dot
        said = [(past_words, x1, before, -out), (now_words, x2, after, out)]
        for words, x, value, way in said:
            text = _said(value, chart)
            words.append({"x": x + 7 if way > 0 else x - 7 - width(text, _VALUE), "y": middle, "text": text})
    grid = [{"x": label_wide + _GAP, "x2": wide, "y": middle + step / 2, "y2": middle + step / 2}
            for middle in middles[:-1]]
    return _sheet(
        _rules(grid, ink.line, .5), _rules(spans, ink.accent, 2), _dots(past, "#ffffff", 6, ink.past),
        _dots(now, ink.accent, 7.5), _text(_label_rows(parts, middles, 0), ink.ink),
        _text(past_words, ink.muted, _VALUE), _text(now_words, ink.ink, _VALUE, 700),
        wide=wide, high=step * len(pairs))


_KINDS = {
    ChartKind.BAR: _bars, ChartKind.LINE: _line, ChartKind.SHARE: _share, ChartKind.BEFORE_AFTER: _before_after,
}
