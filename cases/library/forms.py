"""Forms of the case pages."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.form import Form
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from cases.library.models import Case
from cases.library.rights import PHOTO_KINDS, PORTRAITS, PhotoKind, Portrait
from cases.library.rules import (
    CONSENT_LABELS,
    MAX_ADVICE,
    MAX_FIGURES,
    MAX_PROGRAMMES,
    MAX_STEPS,
    NEED_LABELS,
    OUTLET_LABELS,
    UNNAMED,
    UNTITLED,
    CaseState,
    ConsentScope,
)
from cases.library.veil import VEIL_LABELS, Veil

_LONG = [Length(max=4000)]


def row_id(value: str | int | None) -> int | None:
    """A choice's value as a row id; the empty choice is None."""
    return int(value) if value not in (None, "", "None") else None


class TicksField(SelectMultipleField):
    """Several of a few fixed words."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class StepForm(Form):
    when = StringField(_l("때"), [Length(max=40)])
    title = StringField(_l("한 일"), [Length(max=60)])
    text = TextAreaField(_l("설명"), [Length(max=400)])


class FigureForm(Form):
    label = StringField(_l("무엇이"), [Length(max=60)])
    before = StringField(_l("이전"), [Length(max=20)])
    after = StringField(_l("이후"), [Length(max=20)])
    unit = StringField(_l("단위"), [Length(max=20)])
    source = StringField(_l("출처"), [Length(max=120)])


class CaseForm(FlaskForm):
    """The whole record but its pictures. Rows left empty are dropped."""

    headline = StringField(
        _l("제목"), [InputRequired(_l("제목을 적어 주세요.")), Length(max=200)],
        description=_l("사례집 첫머리에 크게 들어갑니다. 무엇이 어떻게 달라졌는지 한 문장으로 적어 주세요."),
    )
    display_name = StringField(
        _l("표시 이름"), [InputRequired(_l("표시 이름을 적어 주세요.")), Length(max=120)],
        description=_l("익명 공개라면 ‘인천의 금속가공 회사’처럼 알아볼 수 없게 적어 주세요."),
    )
    company_id = SelectField(_l("기업"), coerce=row_id, validate_choice=False)
    province_id = SelectField(_l("시·도"), coerce=row_id)
    complex_id = SelectField(_l("산업단지"), coerce=row_id)
    section = SelectField(_l("업종 대분류"), default="")
    industry = StringField(_l("업종"), [Length(max=120)])
    headcount = IntegerField(_l("상시근로자(명)"), [Optional(), NumberRange(0, 1_000_000)])
    needs = TicksField(
        _l("회사의 고민"), choices=[(need.value, _l(label)) for need, label in NEED_LABELS.items()],
        description=_l("비슷한 고민을 가진 회사에 이 사례가 보입니다."),
    )
    summary = TextAreaField(
        _l("요약"), [Length(max=600)], description=_l("두세 문장. 사례집의 소개와 홍보 책자, 메일에 쓰입니다.")
    )
    problem = TextAreaField(_l("어려움"), _LONG)
    system = TextAreaField(
        _l("함께 찾은 방법"), _LONG, description=_l("플래너와 어떤 제도와 방법을 골랐는지 적어 주세요.")
    )
    steps = FieldList(FormField(StepForm), label=_l("한 일"), min_entries=MAX_STEPS, max_entries=MAX_STEPS)
    effect = TextAreaField(_l("달라진 점"), _LONG)
    figures = FieldList(FormField(FigureForm), label=_l("수치"), min_entries=MAX_FIGURES, max_entries=MAX_FIGURES)
    costs = TextAreaField(_l("비용과 지원금"), _LONG)
    advice = TextAreaField(_l("다른 회사에 주는 조언"), [Length(max=1500)], description=_l("한 줄에 하나씩, 5개까지."))
    quote = TextAreaField(_l("인용문"), [Length(max=300)], description=_l("말한 그대로, 따옴표 없이 적어 주세요."))
    quote_by = StringField(_l("말한 사람"), [Length(max=120)], description=_l("익명 공개라면 직위만 적어 주세요."))
    planner_name = StringField(_l("담당 플래너"), [Length(max=60)])
    keywords = StringField(_l("검색어"), [Length(max=300)], description=_l("쉼표로 나누어 적어 주세요."))
    interviewed_on = DateField(_l("방문 조사일"), [Optional()])
    programme_ids = TicksField(
        _l("활용한 제도"), coerce=int, description=_l("사례집에는 4개까지 실립니다."),
    )
    fact_checked_on = DateField(_l("사실 확인일"), [Optional()])
    fact_checked_by = StringField(_l("확인한 사람"), [Length(max=60)])
    consent_scope = SelectField(
        _l("공개 동의 범위"), choices=[(scope.value, _l(label)) for scope, label in CONSENT_LABELS.items()],
        coerce=ConsentScope,
    )
    outlets = TicksField(
        _l("실어도 되는 곳"), choices=[(outlet.value, _l(label)) for outlet, label in OUTLET_LABELS.items()],
        description=_l("회사가 동의한 곳만 골라 주세요. 고르지 않은 곳에는 실리지 않습니다."),
    )
    veil = SelectField(
        _l("익명일 때 공개 정도"), choices=[(veil.value, _l(label)) for veil, label in VEIL_LABELS.items()],
        coerce=Veil, default=Veil.TRADE,
        description=_l("지역, 업종, 규모를 어디까지 밝힐지 정합니다. 조건이 같은 회사가 5곳은 있어야 합니다."),
    )
    consented_by = StringField(
        _l("동의한 사람"), [Length(max=60)], description=_l("회사에서 동의한 사람의 이름과 직위. 밖에 보이지 않습니다.")
    )
    consent_on = DateField(_l("동의한 날"), [Optional()])
    consent_until = DateField(_l("동의 종료일"), [Optional()], description=_l("기간을 정하지 않았으면 비워 두세요."))
    consent_evidence = StringField(
        _l("동의 증빙"), [Length(max=300)], description=_l("동의서 보관 위치나 문서 번호를 적어 주세요.")
    )
    version = HiddenField()

    def fill(self, case: Case) -> None:
        """Show the lists of ``case`` as text and as ticked boxes; what an interview has not named yet is empty."""
        for field, stand_in in ((self.headline, UNTITLED), (self.display_name, UNNAMED)):
            if field.data == stand_in:
                field.data = ""
        self.advice.data = "\n".join(case.advice)
        self.keywords.data = ", ".join(case.keywords)
        self.programme_ids.data = [version.id for version in case.programmes]

    def values(self) -> dict[str, Any]:
        skipped = {"csrf_token", "version", "steps", "figures", "advice", "keywords"}
        plain = {name: field.data for name, field in self._fields.items() if name not in skipped}
        texts = {name: value or "" for name, value in plain.items() if isinstance(value, str | None) and name in _TEXTS}
        return plain | texts | {
            "needs": self.needs.data or [], "outlets": self.outlets.data or [],
            "steps": _rows(self.steps.data), "figures": _rows(self.figures.data),
            "advice": _lines(self.advice.data)[:MAX_ADVICE],
            "keywords": [word for word in map(str.strip, (self.keywords.data or "").split(",")) if word],
        }

    def validate_programme_ids(self, field: SelectMultipleField) -> None:
        if len(field.data or ()) > MAX_PROGRAMMES:
            raise ValueError(_l("사례집에 실을 수 있는 제도는 4개까지입니다."))


_TEXTS = frozenset({
    "headline", "display_name", "section", "industry", "summary", "problem", "system", "effect", "costs", "quote",
    "quote_by", "planner_name", "fact_checked_by", "consent_evidence", "consented_by",
})


def _rows(rows: list[dict[str, str | None]]) -> list[dict[str, str]]:
    """The rows in which anything was written, without stray spaces."""
    cleaned = ({key: (value or "").strip() for key, value in row.items() if key != "csrf_token"} for row in rows)
    return [row for row in cleaned if any(row.values())]


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class PhotoForm(FlaskForm):
    """One picture: what it shows, and what may be done with it."""

    caption = StringField(
        _l("사진 설명"), [Length(max=200)], description=_l("사진을 볼 수 없는 사람에게 읽어 주는 말입니다.")
    )
    kind = SelectField(
        _l("종류"), choices=[(kind.value, _l(label)) for kind, label in PHOTO_KINDS.items()], coerce=PhotoKind
    )
    taken_by = StringField(_l("찍은 사람"), [Length(max=60)])
    taken_on = DateField(_l("찍은 날"), [Optional()])
    rights_holder = StringField(
        _l("저작권자"), [Length(max=200)],
        description=_l("‘사진 ○○’로 함께 실립니다. 예: 창원고용센터, ㈜새봄정밀 제공"),
    )
    portrait = SelectField(
        _l("찍힌 사람의 동의"), choices=[(row.value, _l(label)) for row, label in PORTRAITS.items()], coerce=Portrait
    )
    portrait_evidence = StringField(
        _l("초상 동의 증빙"), [Length(max=300)],
        description=_l("누구의 동의를 언제 어떻게 받았는지 적거나 파일을 올려 주세요."),
    )
    rights_until = DateField(_l("쓸 수 있는 기한"), [Optional()], description=_l("정하지 않았으면 비워 두세요."))
    evidence = FileField(
        _l("증빙 파일"), description=_l("동의서 사진이나 PDF. 10MB까지. 담당 센터 밖에는 보이지 않습니다.")
    )

    def values(self) -> dict[str, Any]:
        skipped = {"csrf_token", "evidence"}
        plain = {name: field.data for name, field in self._fields.items() if name not in skipped}
        return {name: value.strip() if isinstance(value, str) and not isinstance(value, PhotoKind | Portrait) else value
                for name, value in plain.items()}


class MoveForm(FlaskForm):
    state = SelectField(choices=[(state.value, state.value) for state in CaseState], coerce=CaseState)
    acknowledged = BooleanField(_l("위 내용을 읽고 확인했습니다."))
    reason = StringField(_l("까닭"), [Length(max=300)])


class TakeDownForm(FlaskForm):
    reason = StringField(_l("회사가 말한 까닭"), [InputRequired(), Length(max=300)])
    asked_by = StringField(_l("요청한 사람"), [Length(max=60)])
    asked_on = DateField(_l("요청받은 날"), [InputRequired()])
