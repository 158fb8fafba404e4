"""The editor of a document as a form: words by slot, and what it shows in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FieldList, FormField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.form import Form
from wtforms.validators import InputRequired, Length

from cases.documents.kinds.base import STYLE_LABELS, Chosen, Kind, Room, Slot
from cases.library.forms import row_id
from outreach.web.language import translated

RECORDS = ("organisations", "cases", "programmes")
_HINTS = {Room.LIST: _l("한 줄에 하나씩 적어 주세요."), Room.TEXT: "", Room.LINE: ""}
#: A kind with more room than this starts with as many selects; the page adds more.
_FIRST_ROWS = 6


@dataclass(frozen=True)
class Part:
    """Fields that belong together, under the name of their ``group``; without one there is a single field."""

    group: str
    fields: list[tuple[Slot, Any]]

    @property
    def says(self) -> str:
        """The first thing written, in one line; empty if nothing is."""
        written = (field.data or "" for slot, field in self.fields if slot.room is not Room.CHOICE)
        return next((" ".join(text.split()) for text in written if text.strip()), "")


@dataclass(frozen=True)
class Fold:
    """A part of the editor that opens and closes; ``numbered``: several parts of one sort (숫자 1, 숫자 2)."""

    numbered: bool
    parts: list[Part]

    @property
    def title(self) -> str:
        """In the reader's language, without the number."""
        group = self.parts[0].group
        return translated(group).removesuffix("1").rstrip() if group else self.parts[0].fields[0][1].label.text

    @property
    def says(self) -> list[str]:
        """What stands in it, one line a part."""
        return [part.says for part in self.parts if part.says]

    @property
    def lacking(self) -> int:
        """How many fields have to be written yet."""
        fields = [row for part in self.parts for row in part.fields]
        return sum(slot.required and not (field.data or "").strip() for slot, field in fields)

    @property
    def refused(self) -> bool:
        """Whether something in it was."""
        return any(field.errors for part in self.parts for _slot, field in part.fields)


class DocumentForm(FlaskForm):
    """The part that all kinds share; :func:`form_for` adds the rest."""

    title = TextAreaField(
        _l("제목"), [InputRequired(_l("제목을 적어 주세요.")), Length(max=120)],
        description=_l("줄을 바꾸면 인쇄물에서도 그 자리에서 바뀝니다."),
    )
    subtitle = StringField(_l("부제목"), [Length(max=200)])
    style = RadioField(_l("모양"), choices=[(style.value, _l(label)) for style, label in STYLE_LABELS.items()])
    version = HiddenField()

    kind: Kind
    #: Somebody saved the document while it was written here.
    overtaken = False

    def fill(self, shown: Chosen) -> None:
        """Choose what the document shows."""
        for records in self.records():
            for row in getattr(shown, records)[len(self[records].entries):]:
                self[records].append_entry(row.id)
            for entry, row in zip(self[records], getattr(shown, records), strict=False):
                entry.data = row.id

    def records(self) -> list[str]:
        """The kinds of records that this kind of document has room for."""
        return [records for records in RECORDS if self.kind.room_for(records)]

    def offer(self, records: str, choices: Sequence[tuple[int, str]]) -> None:
        """What can be chosen."""
        for entry in self[records]:
            entry.choices = [("", _l("비움")), *choices]

    def folds(self) -> Iterator[Fold]:
        """The slots with their fields: neighbours of one group together, and groups that differ in their number."""
        def named(slot: Slot) -> str:
            return getattr(slot.group, "template", slot.group) or slot.name

        for family, slots in groupby(self.kind.slots, key=named):
            parts = [
                Part(group, [(slot, self.texts.form[slot.name]) for slot in part])
                for group, part in groupby(slots, key=lambda slot: slot.group)
            ]
            yield Fold("%(n)s" in family and len(parts) > 1, parts)

    def refuse(self, fields: Mapping[str, str]) -> bool:
        """Mark the fields of the editor that a refusal names; False if it names none."""
        known = [name for name in fields if name in self]
        for name in known:
            field = self[name]
            field.errors = [translated(fields[name])]
            if isinstance(field, FieldList):
                field[0].errors = field.errors
        return bool(known)

    def values(self) -> dict[str, Any]:
        """What cases.documents.service takes."""
        texts = {name: (text or "").replace("\r\n", "\n").strip() for name, text in self.texts.data.items()}
        shown = {
            f"{records.removesuffix('s')}_ids": [value for value in self[records].data if value]
            for records in self.records()
        }
        title = (self.title.data or "").replace("\r\n", "\n").strip()
        return {
            "title": title, "subtitle": self.subtitle.data or "", "style": self.style.data, "texts": texts, **shown,
        }


@cache
def form_for(kind: Kind) -> type[DocumentForm]:
    """The form of a kind of document."""
    texts = type("TextsForm", (Form,), {slot.name: _field(slot) for slot in kind.slots})
    parts: dict[str, Any] = {"kind": kind, "texts": FormField(texts)}
    parts |= {records: _rows(kind.room_for(records)) for records in RECORDS if kind.room_for(records)}
    return type("KindForm", (DocumentForm,), parts)


def _field(slot: Slot) -> Any:
    if slot.room is Room.CHOICE:
        choices = [(value, _l(label)) for value, label in slot.choices]
        return SelectField(_l(slot.label), choices=choices, coerce=slot.read, default=slot.choices[0][0])
    kind = StringField if slot.room is Room.LINE else TextAreaField
    hint = _l(slot.hint) if slot.hint else _HINTS[slot.room]
    return kind(_l(slot.label), [Length(max=slot.limit)], description=hint)


def _rows(room: int) -> FieldList:
    """As many selects as there is room, the first few of them at once; their order is the order on paper."""
    return FieldList(SelectField(coerce=row_id), min_entries=min(room, _FIRST_ROWS), max_entries=room)
