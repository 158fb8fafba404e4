"""A chart as a person types it: one row a line, ``이름; 값`` or ``이름; 전; 후``."""

from __future__ import annotations

import re

from outreach.charts.spec import KIND_LABELS, Chart, ChartKind, Row
from outreach.errors import Invalid
from outreach.wording import Text

_NUMBER = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
#: By name, by value, and by what charts were called before.
_KINDS = {
    "막대": ChartKind.BAR, "비중": ChartKind.SHARE, **{kind.value: kind for kind in ChartKind},
    **{label.replace(" ", ""): kind for kind, label in KIND_LABELS.items()},
}


def typed(kind: str, title: str, unit: str, lines: str, source: str, alt: str) -> Chart:
    """The chart that these words ask for. ``kind`` is one of KIND_LABELS or its value, nothing means bars.

    :raises Invalid: a line is no row, or the chart is refused (Chart.check).
    """
    chart = Chart(kind_named(kind), title.strip(), rows(lines), source.strip(), " ".join(alt.split()), unit.strip())
    chart.check()
    return chart


def kind_named(words: str) -> ChartKind:
    """The kind of these words; nothing means bars. Raises Invalid."""
    words = words.replace(" ", "")
    if not words:
        return ChartKind.BAR
    if words not in _KINDS:
        reason = Text("차트의 종류는 %(kinds)s 가운데 하나입니다.", kinds=", ".join(KIND_LABELS.values()))
        raise Invalid(reason, fields={"kind": reason})
    return _KINDS[words]


def rows(lines: str) -> tuple[Row, ...]:
    """Each line that holds anything as a row.

    :raises Invalid: naming the first line that can't be read.
    """
    return tuple(_row(number, line) for number, line in enumerate(lines.splitlines(), 1) if line.strip())


def _row(number: int, line: str) -> Row:
    label, *numbers = (part.strip() for part in line.split(";"))
    if not label or not 1 <= len(numbers) <= 2 or not all(_NUMBER.fullmatch(value) for value in numbers):
        reason = Text("%(number)s번째 줄 ‘%(line)s’을(를) ‘이름; 값’으로 읽을 수 없습니다. 값은 수만 적어 주세요.",
                      number=number, line=line.strip()[:40])
        raise Invalid(reason, fields={"rows": reason})
    values = [float(value.replace(",", "")) for value in numbers]
    return Row(label, values[-1], values[0] if len(values) == 2 else None)
