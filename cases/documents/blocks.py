"""A document's words and records as blocks (cases.blocks): its web edition, and the beginning of a mail.

Paper has room for its own arrangement; here everything stands in one column, in the order of the editor, the records
before the words about applying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from cases.blocks.content import Block
from cases.documents.kinds.base import Chosen, Kind, Room, Slot, Words, entries
from cases.library.models import Case
from cases.sheets.content import Figure
from cases.sheets.service import figure

#: The group that the records stand before.
_LAST_GROUP = "신청"
#: Slots of these names are no words for readers of a page.
_LEFT_OUT = frozenset({"sources", "checklist"})


def of_document(kind: Kind, words: Words, shown: Chosen) -> list[Block]:
    """All that the document says."""
    made: list[Block] = []
    if words.subtitle:
        made.append(_text(words.subtitle))
    groups = [(name, list(slots)) for name, slots in groupby(kind.slots, key=lambda slot: slot.group or slot.name)]
    cut = next((at for at, (name, _slots) in enumerate(groups) if str(name) == _LAST_GROUP), len(groups))
    for _name, slots in groups[:cut]:
        made += _group(slots, words.texts)
    made += _records(shown)
    for _name, slots in groups[cut:]:
        made += _group(slots, words.texts)
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


def _records(shown: Chosen) -> Iterator[Block]:
    if shown.programmes:
        yield _heading("활용할 수 있는 제도")
        yield from ({"kind": "programme", "version_id": version.id} for version in shown.programmes)
    if shown.cases:
        yield _heading("먼저 해 본 회사")
        yield from ({"kind": "case", "case_id": case.id} for case in shown.cases)


def _group(slots: list[Slot], texts: Mapping[str, str]) -> Iterator[Block]:
    """A figure, a step, or a heading with its texts, as the names of the slots say."""
    said = {slot.name: texts.get(slot.name, "").strip() for slot in slots if slot.name not in _LEFT_OUT}
    ends = {name.rpartition("_")[2]: text for name, text in said.items()}
    if not any(said.values()):
        return
    if {"label", "value"} <= ends.keys():
        if ends["label"] and ends["value"]:
            yield _figure(Figure(ends["label"], ends["value"], ends.get("unit", ""), "", ends.get("source", "")))
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
            yield _text(text)


def _heading(text: str) -> Block:
    return {"kind": "heading", "text": text}


def _text(text: str) -> Block:
    return {"kind": "text", "text": text}


def _list(items: Iterator[str] | list[str] | tuple[str, ...]) -> Block:
    return _text("\n".join(f"- {item}" for item in items))


def _step(title: str = "", text: str = "", when: str = "") -> Block:
    return _text("\n".join(part for part in (f"**{title}**" + (f" · {when}" if when else ""), text) if part))


def _figure(row: Figure) -> Block:
    value = f"{row.before} → {row.value}" if row.before else row.value
    return {"kind": "figure", "value": value, "unit": row.unit, "label": row.label, "source": row.source}
