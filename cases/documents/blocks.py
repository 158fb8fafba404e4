"""A document's words and records as blocks (cases.blocks): its web edition, and the beginning of a mail.

Paper has room for its own arrangement; here everything stands in one column, in the order of the editor, the records
before the words about applying."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from cases.blocks.content import Block
from cases.documents.kinds.base import Chosen, Kind, Room, Slot, Words, entries
from cases.documents.kinds.charts import charts_of
from cases.library.models import Case
from cases.sheets.content import Figure
from cases.sheets.service import figure
from outreach.errors import Invalid
from outreach.programmes.models import ProgrammeVersion

#: The group that the records stand before.
_LAST_GROUP = "신청"
#: Slots of these names are no words for readers of a page.
_LEFT_OUT = frozenset({"sources", "checklist", "call"})
#: Slots whose names begin so are about the programme of that number.
_ABOUT = re.compile(r"p([0-9]+)_")
#: Texts whose names end so follow a heading of their own.
_UNDER_A_TITLE = frozenset({"lead", "text", "foreword"})


def of_document(kind: Kind, words: Words, shown: Chosen) -> list[Block]:
    """All that the document says."""
    made: list[Block] = []
    if words.subtitle:
        made.append(_text(words.subtitle))
    groups = [(name, list(slots)) for name, slots in groupby(kind.slots, key=lambda slot: slot.group or slot.name)]
    cut = next((at for at, (name, _slots) in enumerate(groups) if str(name) == _LAST_GROUP), len(groups))
    told: set[int] = set()
    for _name, slots in groups[:cut]:
        made += _about(slots[0], shown, told)
        made += _group(slots, words)
    made += _counted(kind, words, shown)
    made += _records(shown, told)
    for _name, slots in groups[cut:]:
        made += _group(slots, words)
    return made


def of_case(case: Case) -> list[Block]:
    """All that the sheet of a case says."""
    made = [_text(case.summary)]
    for heading, text in (("어려움", case.problem), ("플래너와 함께 찾은 방법", case.system)):
        if text:
            made += [_heading(heading), _text(text)]
    if case.steps:
        made += [_heading("한 일"), *(_step(**row) for row in case.steps)]
    if case.effect:
        made += [_heading("그 뒤로 달라진 점"), _text(case.effect)]
    made += [_figure(figure(row)) for row in case.figures]
    if case.quote:
        made.append({"kind": "quote", "text": case.quote, "speaker": case.quote_by})
    if case.advice:
        made += [_heading("먼저 해 본 회사의 조언"), _list(case.advice)]
    made += [{"kind": "programme", "version_id": version.id} for version in case.programmes]
    return made


def _about(slot: Slot, shown: Chosen, told: set[int]) -> Iterator[Block]:
    """The programme that the words of ``slot`` and its neighbours are about; ``told`` remembers it."""
    found = _ABOUT.match(slot.name)
    if found and int(found[1]) <= len(shown.programmes):
        version: ProgrammeVersion = shown.programmes[int(found[1]) - 1]
        told.add(version.id)
        yield _heading(version.programme.name_ko)
        yield {"kind": "programme", "version_id": version.id}


def _counted(kind: Kind, words: Words, shown: Chosen) -> Iterator[Block]:
    charts = kind.counted(shown)
    if charts:
        yield _heading(f"한눈에 보는 {len(shown.cases)}곳")
        yield from ({"kind": "chart", "chart": chart, "style": words.style.value} for chart in charts)


def _records(shown: Chosen, told: set[int]) -> Iterator[Block]:
    programmes = [version for version in shown.programmes if version.id not in told]
    if programmes:
        yield _heading("활용할 수 있는 제도")
        yield from ({"kind": "programme", "version_id": version.id} for version in programmes)
    if shown.cases:
        yield _heading("먼저 해 본 회사")
        yield from ({"kind": "case", "case_id": case.id} for case in shown.cases)


def _group(slots: list[Slot], words: Words) -> Iterator[Block]:
    """A figure, a chart, a step, or a heading with its texts, as the names of the slots say."""
    said = {slot.name: words.texts.get(slot.name, "").strip() for slot in slots if slot.name not in _LEFT_OUT}
    ends = {name.rpartition("_")[2]: text for name, text in said.items()}
    if not any(said.values()):
        return
    if {"label", "value"} <= ends.keys():
        if ends["label"] and ends["value"]:
            yield _figure(Figure(ends["label"], ends["value"], ends.get("unit", ""), "", ends.get("source", "")))
    elif {"rows", "alt"} <= ends.keys():
        yield from _charts(said, words.style.value)
    elif {"title", "when", "text"} <= ends.keys():
        yield _step(ends["title"], ends["text"], ends["when"])
    else:
        yield from _words(slots, said)


def _words(slots: list[Slot], said: Mapping[str, str]) -> Iterator[Block]:
    for slot in slots:
        text = said.get(slot.name, "")
        if not text:
            continue
        if slot.name.endswith("_title"):
            yield _heading(text)
        elif slot.room is Room.LIST:
            yield _heading(str(slot.label))
            yield _list(entries(text))
        elif slot.room is Room.LINE:
            yield _text(f"**{slot.label}** {text}")
        else:
            if slot.name.rpartition("_")[2] not in _UNDER_A_TITLE:
                yield _heading(str(slot.label))
            yield _text(text)


def _charts(said: Mapping[str, str], style: str) -> Iterator[Block]:
    """A chart that can't be drawn was refused on paper; here it is left out."""
    try:
        yield from ({"kind": "chart", "chart": chart, "style": style} for chart in charts_of(said))
    except Invalid:
        return


def _heading(text: str) -> Block:
    return {"kind": "heading", "text": text}


def _text(text: str) -> Block:
    return {"kind": "text", "text": text}


def _list(items: Iterator[str] | list[str] | tuple[str, ...]) -> Block:
    return _text("\n".join(f"- {item}" for item in items))


def _step(title: str = "", text: str = "", when: str = "") -> Block:
    """For whoever knows no steps a text; a page sets its parts apart."""
    said = "\n".join(part for part in (f"**{title}**" + (f" · {when}" if when else ""), text) if part)
    return _text(said) | {"step": {"title": title, "text": text, "when": when}}


def _figure(row: Figure) -> Block:
    value = f"{row.before} → {row.value}" if row.before else row.value
    return {"kind": "figure", "value": value, "unit": row.unit, "label": row.label, "source": row.source}
