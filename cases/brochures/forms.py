"""The brochure's editor as a form: words by slot, and what it shows in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FieldList, FormField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.form import Form
from wtforms.validators import InputRequired, Length

from cases.brochures import service
from cases.brochures.content import STYLE_LABELS
from cases.brochures.models import Brochure
from cases.brochures.slots import SLOTS, Room, Slot
from cases.library.forms import row_id

_HINTS = {Room.LIST: _l("한 줄에 하나씩 적어 주세요."), Room.TEXT: "", Room.LINE: ""}


def _field(slot: Slot) -> Any:
    kind = StringField if slot.room is Room.LINE else TextAreaField
    return kind(_l(slot.label), [Length(max=slot.limit)], description=_HINTS[slot.room])


TextsForm: Any = type("TextsForm", (Form,), {slot.name: _field(slot) for slot in SLOTS})


def _rows(count: int) -> FieldList:
    """As many selects as there is room; their order is the order on paper."""
    return FieldList(SelectField(coerce=row_id), min_entries=count, max_entries=count)


class BrochureForm(FlaskForm):
    title = TextAreaField(
        _l("표지 제목"), [InputRequired(_l("표지 제목을 적어 주세요.")), Length(max=120)],
        description=_l("줄을 바꾸면 표지에서도 그 자리에서 바뀝니다."),
    )
    subtitle = StringField(_l("표지 부제목"), [Length(max=200)])
    style = RadioField(_l("모양"), choices=[(style.value, _l(label)) for style, label in STYLE_LABELS.items()])
    organisations = _rows(service.MAX_PARTNERS)
    cases = _rows(service.MAX_CASES)
    programmes = _rows(service.MAX_PROGRAMMES)
    texts = FormField(TextsForm)
    version = HiddenField()

    def fill(self, brochure: Brochure) -> None:
        """Show what ``brochure`` holds."""
        for field, rows in (
            (self.organisations, service.organisations_of(brochure)), (self.cases, service.cases_of(brochure)),
            (self.programmes, service.programmes_of(brochure)),
        ):
            for entry, row in zip(field, rows, strict=False):
                entry.data = row.id

    def offer(self, name: str, choices: Sequence[tuple[int, str]]) -> None:
        for entry in self[name]:
            entry.choices = [("", _l("비움")), *choices]

    def values(self) -> dict[str, Any]:
        texts = {name: (text or "").replace("\r\n", "\n").strip() for name, text in self.texts.data.items()}
        chosen = {
            f"{name.removesuffix('s')}_ids": [value for value in self[name].data if value]
            for name in ("organisations", "cases", "programmes")
        }
        title = (self.title.data or "").replace("\r\n", "\n").strip()
        return {
            "title": title, "subtitle": self.subtitle.data or "", "style": self.style.data, "texts": texts, **chosen,
        }
