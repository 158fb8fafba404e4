"""What a chart is: a few labelled rows, a unit, a source and its alternative text. Plain data, checked on its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from outreach.errors import Invalid
from outreach.wording import Text


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class ChartKind(str, Enum):
    """How the rows are drawn: bars side by side, a line through time, the parts of a whole, or then and now."""

    BAR = "bar"
    LINE = "line"
    SHARE = "share"
    BEFORE_AFTER = "before_after"


KIND_LABELS = {
    ChartKind.BAR: _("가로 막대"),
    ChartKind.LINE: _("꺾은선"),
    ChartKind.SHARE: _("비율 막대"),
    ChartKind.BEFORE_AFTER: _("전과 후"),
}

#: How many rows of each kind stay readable on half a page.
ROWS = {
    ChartKind.BAR: (1, 20), ChartKind.LINE: (2, 12), ChartKind.SHARE: (2, 5), ChartKind.BEFORE_AFTER: (1, 8),
}
MAX_TITLE, MAX_LABEL, MAX_UNIT, MAX_SOURCE, MAX_ALT = 60, 24, 10, 120, 400
_LARGEST = 1e12
_FIELDS = {"kind", "title", "unit", "rows", "source", "alt"}


@dataclass(frozen=True)
class Row:
    """``value`` in the chart's unit; ``before`` only where a chart compares then and now."""

    label: str
    value: float
    before: float | None = None


@dataclass(frozen=True)
class Chart:
    """A chart as it is asked for. ``alt`` tells a reader who can't see it what it says; ``source`` is printed."""

    kind: ChartKind
    title: str
    rows: tuple[Row, ...]
    source: str
    alt: str
    unit: str = ""

    def check(self) -> None:
        """Refuse what can't be drawn or may not be printed.

        :raises Invalid: ``fields`` names each part with its reason.
        """
        fields = {**_wrong_words(self), **_wrong_rows(self)}
        if fields:
            raise Invalid(Text("차트를 그릴 수 없습니다: %(reasons)s", reasons=Text.joined(fields.values())),
                          fields=fields)

    def asked(self) -> dict[str, Any]:
        """The chart as JSON can carry it; :func:`chart` reads it."""
        return {
            "kind": self.kind.value, "title": self.title, "unit": self.unit, "source": self.source, "alt": self.alt,
            "rows": [[row.label, row.value] if row.before is None else [row.label, row.before, row.value]
                     for row in self.rows],
        }


def chart(asked: Mapping[str, Any]) -> Chart:
    """A chart from its declaration: ``kind title unit rows source alt``; a row is ``[label, value]`` or ``[label,
    before, value]``.

    :raises Invalid: a key is unknown, a row is no row, or :meth:`Chart.check` refuses it.
    """
    if unknown := set(asked) - _FIELDS:
        raise Invalid(Text("차트에 없는 항목입니다: %(names)s", names=", ".join(sorted(unknown))))
    try:
        made = Chart(
            ChartKind(asked["kind"]), str(asked["title"]).strip(), tuple(_row(row) for row in asked["rows"]),
            str(asked.get("source", "")).strip(), str(asked.get("alt", "")).strip(),
            str(asked.get("unit", "")).strip(),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(Text("차트의 종류, 제목, 값을 확인해 주세요.")) from error
    made.check()
    return made


def _row(row: Sequence[Any]) -> Row:
    label, *values = row
    if not 1 <= len(values) <= 2:
        raise ValueError("a row is a name with one or two values")
    return Row(str(label).strip(), float(values[-1]), float(values[0]) if len(values) == 2 else None)


def _wrong_words(chart: Chart) -> dict[str, str]:
    limits = {"title": MAX_TITLE, "unit": MAX_UNIT, "source": MAX_SOURCE, "alt": MAX_ALT}
    wrong: dict[str, str] = {
        name: Text("%(limit)s자까지 적을 수 있습니다.", limit=limit)
        for name, limit in limits.items() if len(getattr(chart, name)) > limit
    }
    if not chart.title:
        wrong["title"] = Text("차트의 제목을 적어 주세요.")
    if not chart.source:
        wrong["source"] = Text("차트의 출처를 적어 주세요.")
    if not chart.alt:
        wrong["alt"] = Text("그림을 볼 수 없는 사람을 위한 설명을 적어 주세요. 예: %(proposal)s",
                            proposal=sentence(chart))
    return wrong


def _wrong_rows(chart: Chart) -> dict[str, str]:
    low, high = ROWS[chart.kind]
    if not low <= len(chart.rows) <= high:
        return {"rows": Text("값은 %(low)s~%(high)s줄이어야 합니다(지금 %(present)s줄).",
                             low=low, high=high, present=len(chart.rows))}
    for number, row in enumerate(chart.rows, 1):
        if reason := _wrong_row(row, chart.kind):
            return {"rows": Text("%(number)s번째 줄: %(reason)s", number=number, reason=Text(reason))}
    if len({row.label for row in chart.rows}) < len(chart.rows):
        return {"rows": Text("같은 이름이 두 번 있습니다.")}
    if chart.kind is ChartKind.SHARE:
        total = sum(row.value for row in chart.rows)
        if total <= 0 or (chart.unit == "%" and abs(total - 100) > 1):
            return {"rows": Text("비중의 합이 100%%가 아닙니다(%(total)s%%).", total=number_text(total))}
    return {}


def _wrong_row(row: Row, kind: ChartKind) -> str:
    values = [row.value] if row.before is None else [row.value, row.before]
    if not row.label or any(not character.isprintable() for character in row.label):
        return _("이름을 적어 주세요.")
    if len(row.label) > MAX_LABEL:
        return Text("이름은 %(limit)s자까지 적을 수 있습니다.", limit=MAX_LABEL)
    if any(not math.isfinite(value) or not 0 <= value <= _LARGEST for value in values):
        return _("값은 0 이상의 수여야 합니다.")
    if (row.before is not None) != (kind is ChartKind.BEFORE_AFTER):
        if kind is ChartKind.BEFORE_AFTER:
            return _("‘이름; 전; 후’로 적어 주세요.")
        return _("‘이름; 값’으로 적어 주세요.")
    return ""


def number_text(value: float) -> str:
    """Thousands separated, at most two decimals, none that say nothing: ``1,250``, ``12.5``."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def sentence(chart: Chart) -> str:
    """A sentence that says what the chart shows: what a person may take as its alternative text, and what readers
    of the web edition hear after it."""
    kind = {
        ChartKind.BAR: "막대그래프", ChartKind.LINE: "꺾은선그래프", ChartKind.SHARE: "비중 그래프",
        ChartKind.BEFORE_AFTER: "전후 비교 그래프",
    }[chart.kind]
    parts = [
        f"{row.label} {number_text(row.value)}{chart.unit}" if row.before is None
        else f"{row.label} {number_text(row.before)}{chart.unit}에서 {number_text(row.value)}{chart.unit}"
        for row in chart.rows
    ]
    return f"{chart.title} {kind}. {', '.join(parts)}."
