"""Forms of the programme catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional, Regexp

from outreach.errors import DomainError
from outreach.programmes.models import KIND_LABELS, PAYEE_LABELS, Payee, ProgrammeKind
from outreach.programmes.rules import CERTAINTY_LABELS
from outreach.regions.models import Certainty
from outreach.web.language import translated

#: Empty rows for further sums at the foot of the form.
SPARE_AMOUNTS = 2
UNITS = ("원/월", "원", "일")


class KeptForm(FlaskForm):
    """``version``: the row as the person saw it; the page writes it by hand."""

    version = IntegerField(validators=[Optional()])

    def take_errors(self, error: DomainError) -> None:
        """Show a refusal of the service at the fields it names, or above the form."""
        named = {name: text for name, text in error.fields.items() if name in self}
        for name, text in named.items():
            self[name].errors = [*self[name].errors, translated(text)]
        if not named:
            self.form_errors.append(translated(error.message))

    def values(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: _tidy(self[name].data) for name in names}


def _tidy(value: Any) -> Any:
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else value


PROGRAMME_FIELDS = ("name_ko", "name_en", "agency", "kind", "payee", "active")


class ProgrammeForm(KeptForm):
    name_ko = StringField(_l("이름"), validators=[InputRequired(), Length(max=120)])
    name_en = StringField(_l("영문 이름"), validators=[Length(max=160)])
    agency = StringField(_l("소관 기관"), validators=[InputRequired(), Length(max=120)])
    kind = SelectField(_l("분야"), coerce=ProgrammeKind)
    payee = SelectField(lazy_pgettext("programme", "받는 사람"), coerce=Payee)
    active = BooleanField(_l("안내에 씁니다"), default=True)

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.kind.choices = [(kind.value, gettext(label)) for kind, label in KIND_LABELS.items()]
        self.payee.choices = [(payee.value, gettext(label)) for payee, label in PAYEE_LABELS.items()]


class AmountForm(Form):
    """One sum; an empty row is none."""

    label = StringField(_l("항목"), validators=[Length(max=120)])
    amount_won = IntegerField(_l("금액(원)"), validators=[Optional(), NumberRange(min=0)])
    unit = SelectField(_l("단위"), choices=[(unit, _l(unit)) for unit in UNITS])
    note = StringField(_l("덧붙임"), validators=[Length(max=120)])


VERSION_FIELDS = (
    "valid_from", "valid_to", "summary_ko", "summary_en", "audience", "conditions", "period", "apply_at",
    "legal_basis", "combination",
)


class VersionForm(KeptForm):
    valid_from = DateField(_l("시행일"), validators=[Optional()])
    valid_to = DateField(_l("끝나는 날"), validators=[Optional()], description=_l("정해지지 않았으면 비워 둡니다."))
    summary_ko = TextAreaField(_l("요약"), validators=[InputRequired(), Length(max=1000)])
    summary_en = TextAreaField(_l("영문 요약"), validators=[Length(max=1000)])
    audience = TextAreaField(_l("대상"), validators=[Length(max=1000)])
    conditions = TextAreaField(_l("요건"), validators=[Length(max=4000)], description=_l("한 줄에 하나씩 적습니다."))
    amounts = FieldList(FormField(AmountForm), label=_l("금액"))
    period = StringField(_l("지원 기간"), validators=[Length(max=200)])
    apply_at = StringField(_l("신청하는 곳"), validators=[Length(max=200)])
    legal_basis = StringField(_l("근거"), validators=[Length(max=200)])
    combination = TextAreaField(_l("다른 제도와 함께 쓸 때"), validators=[Length(max=1000)])

    def add_spare_rows(self) -> None:
        for _row in range(SPARE_AMOUNTS):
            self.amounts.append_entry()

    def version_values(self) -> dict[str, Any]:
        """The columns of a version as the service takes them."""
        rows = [_amount(entry.data) for entry in self.amounts if (entry.data["label"] or "").strip()]
        return self.values(VERSION_FIELDS) | {"amounts": rows}


def _amount(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "label": data["label"].strip(), "amount_won": data["amount_won"], "unit": data["unit"],
        "note": (data["note"] or "").strip(),
    }


class NewProgrammeForm(VersionForm, ProgrammeForm):
    code = StringField(
        _l("코드"), validators=[InputRequired(), Length(max=64), Regexp(r"[a-z0-9]+(-[a-z0-9]+)*$")],
        description=_l("영문 소문자와 숫자, 붙임표. 예: seoul-worklife-points"),
    )


CHECK_FIELDS = ("certainty", "source", "source_url", "certainty_note", "checked_on")


class CheckForm(KeptForm):
    certainty = RadioField(_l("무엇으로 확인했습니까?"), coerce=Certainty, validators=[InputRequired()])
    source = StringField(
        _l("출처"), validators=[InputRequired(), Length(max=300)], description=_l("예: 고용노동부 고시 제2026-10호")
    )
    source_url = StringField(_l("출처 주소"), validators=[Optional(), URL(), Length(max=500)])
    certainty_note = StringField(
        _l("일부만 확인한 경우"), validators=[Length(max=200)],
        description=_l("어느 부분이 더 확실하거나 덜 확실한지 적습니다."),
    )
    checked_on = DateField(_l("확인한 날"), validators=[InputRequired()])

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        levels = (Certainty.VERIFIED, Certainty.SECONDARY)
        self.certainty.choices = [(level.value, gettext(CERTAINTY_LABELS[level.value])) for level in levels]

    def check_values(self) -> dict[str, Any]:
        values = self.values(CHECK_FIELDS)
        return values | {"source_url": values["source_url"] or None}
