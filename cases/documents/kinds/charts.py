"""Chart slots for any kind of document: a chart written as lines, and charts counted from the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cases.documents.kinds.base import Room, Slot
from outreach.charts.lines import kind_named, rows, typed
from outreach.charts.spec import (
    KIND_LABELS,
    MAX_ALT,
    MAX_SOURCE,
    MAX_TITLE,
    MAX_UNIT,
    ROWS,
    Chart,
    ChartKind,
    Row,
    sentence,
)
from outreach.errors import Invalid
from outreach.wording import Text

_PARTS = ("kind", "title", "unit", "rows", "source", "alt")
_OTHERS = "그 밖"


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


#: Nothing chosen means bars.
_CHOICES = tuple(("" if kind is ChartKind.BAR else kind.value, label) for kind, label in KIND_LABELS.items())


def _choice(words: str) -> str:
    """The choice that words written before there were choices mean; bars where they mean none."""
    try:
        kind = kind_named(words)
    except Invalid:
        return ""
    return "" if kind is ChartKind.BAR else kind.value


def chart_slots(count: int, box: str = "") -> tuple[Slot, ...]:
    """The slots of ``count`` charts, drawn in ``box``: chart1_kind, chart1_title and so on."""
    parts = (
        ("kind", _("종류"), Room.CHOICE, 12, ""),
        ("title", _("제목"), Room.LINE, MAX_TITLE, ""),
        ("unit", _("단위"), Room.LINE, MAX_UNIT, ""),
        ("rows", _("값"), Room.LIST, 600, _("한 줄에 하나씩 ‘이름; 값’으로, 전과 후는 ‘이름; 전; 후’로 적어 주세요.")),
        ("source", _("출처"), Room.LINE, MAX_SOURCE, ""),
        ("alt", _("그림을 볼 수 없는 사람을 위한 설명"), Room.TEXT, MAX_ALT,
         _("무엇이 가장 크고 작은지, 어떻게 달라졌는지 한두 문장으로 적어 주세요.")),
    )
    return tuple(
        Slot(f"chart{number}_{part}", label, room, limit, group=Text("차트 %(n)s", n=number), hint=hint, box=box,
             choices=_CHOICES if part == "kind" else (), read=_choice)
        for number in range(1, count + 1) for part, label, room, limit, hint in parts
    )


def charts_of(texts: Mapping[str, str]) -> tuple[Chart, ...]:
    """The charts written into the slots, in order; one is asked for by its title or its rows.

    :raises Invalid: a chart can't be drawn; ``fields`` names the slots.
    """
    charts = []
    numbers = sorted({name[5:-5] for name in texts if name.startswith("chart") and name.endswith("_rows")}
                     | {name[5:-6] for name in texts if name.startswith("chart") and name.endswith("_title")})
    for number in numbers:
        words = {part: texts.get(f"chart{number}_{part}", "") for part in _PARTS}
        if not (words["title"].strip() or words["rows"].strip()):
            continue
        try:
            charts.append(typed(words["kind"], words["title"], words["unit"], words["rows"], words["source"],
                                words["alt"]))
        except Invalid as error:
            fields = {f"chart{number}_{part}": reason for part, reason in error.fields.items()}
            reason = Text("차트 %(number)s: %(reasons)s", number=number, reasons=Text.joined(fields.values()))
            raise Invalid(reason, fields=fields) from error
    return tuple(charts)


def drafted(texts: Mapping[str, str], number: int) -> Chart | None:
    """The chart of these slots as far as it is written, to be looked at: what is printed with it may still be missing.
    None without rows.

    :raises Invalid: its rows can't be drawn.
    """
    words = {part: texts.get(f"chart{number}_{part}", "").strip() for part in _PARTS}
    if not words["rows"]:
        return None
    kind = kind_named(words["kind"])
    chart = Chart(kind, words["title"][:MAX_TITLE] or "–", rows(words["rows"]), "–", "–", words["unit"][:MAX_UNIT])
    chart.check()
    return replace(chart, alt=sentence(chart)[:MAX_ALT])


def counted(
    title: str, labels: Iterable[str], *, unit: str, source: str, most: int = 10, order: Sequence[str] = ()
) -> Chart | None:
    """A bar chart of how often each label comes: in ``order``, or the most frequent first and the rest beyond
    ``most`` in one bar. None where there is nothing to compare."""
    counts = Counter(label for label in labels if label)
    if len(counts) < 2:
        return None
    ranked = [(label, counts[label]) for label in order if label in counts] if order else counts.most_common()
    most = min(most, ROWS[ChartKind.BAR][1])
    shown = [Row(label, number) for label, number in ranked[:most]]
    if len(ranked) > most:
        shown[-1:] = [Row(_OTHERS, sum(number for _label, number in ranked[most - 1:]))]
    chart = Chart(ChartKind.BAR, title, tuple(shown), source, "", unit)
    chart = replace(chart, alt=sentence(chart)[:MAX_ALT])
    chart.check()
    return chart
