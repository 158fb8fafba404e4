"""Forms of the material pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from cases.materials.rules import CARRIAGE_LABELS, FORMAT_LABELS, MOST_COPIES, Format

#: Seven to fifteen digits (ITU-T E.164 allows no more), set apart as people write them; an extension may follow.
TELEPHONE = r"^\s*\+?(?:[\s().~-]*\d){7,15}(?:\s*(?:내선|#|ext\.?)\s*\d{1,5})?\s*$"


class PublishForm(FlaskForm):
    acknowledged = BooleanField(_l("위 내용을 읽었고, 인쇄물에 그대로 밝히는 데 동의합니다."))


class ReviewForm(FlaskForm):
    """Who is to look at an edition."""

    reviewer = SelectField(_l("검토할 사람"), coerce=int, choices=[])

    def offer(self, people: Iterable[Any]) -> ReviewForm:
        self.reviewer.choices = [(person.id, person.name) for person in people]
        return self


def _chosen(value: Any) -> int:
    """-1 until something is chosen."""
    return -1 if value == "" else int(value)


class WithdrawForm(FlaskForm):
    """Why a material is given out no longer, and what stands in its place (0: nothing)."""

    reason = TextAreaField(
        _l("까닭"), validators=[DataRequired(), Length(max=300)], description=_l("받은 협력기관이 읽습니다.")
    )
    replacement = SelectField(
        _l("대신할 자료"), coerce=_chosen, validators=[InputRequired(), NumberRange(0)], default=-1,
        validate_choice=False,
        description=_l("링크를 연 사람에게 보여 주고, 이 자료를 받은 협력기관에 대신 줍니다."),
    )

    def offer(self, rows: list[tuple[int, str]]) -> WithdrawForm:
        self.replacement.choices = [("", _l("골라 주세요")), *rows, (0, _l("대신할 자료 없음"))]
        return self


class GrantForm(FlaskForm):
    organisation_id = SelectField(_l("협력기관"), coerce=int, choices=[])


class ShareForm(FlaskForm):
    """A link with an end; ``form`` offers what the edition was made in."""

    label = StringField(
        _l("어디에 쓰나요"), validators=[DataRequired(), Length(max=120)], description=_l("예: 11월 회원사 안내 메일"),
    )
    form = SelectField(_l("형식"), default=Format.PRINT.value)
    ends_on = DateField(_l("마지막 날"), validators=[DataRequired()], description=_l("이날까지 열립니다."))

    def offer(self, forms: list[tuple[str, str]]) -> ShareForm:
        self.form.choices = forms or [(Format.PRINT.value, FORMAT_LABELS[Format.PRINT])]
        return self


def copies(most: int, fewest: int = 1) -> NumberRange:
    """A number of copies, said in words when it is not one."""
    return NumberRange(fewest, most, _l("%(few)s부에서 %(most)s부까지 적어 주세요.", few=fewest, most=f"{most:,}"))


class Copies(IntegerField):
    """A whole number; what else was typed is refused in words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([text.replace(",", "").strip() for text in valuelist])
        except ValueError as error:
            raise ValueError(_l("부수를 숫자로 적어 주세요.")) from error


class OrderForm(FlaskForm):
    """Printed copies for a place."""

    asked = Copies(_l("부수"), validators=[InputRequired(), copies(MOST_COPIES)])
    wanted_on = DateField(_l("받을 날"), validators=[DataRequired()])
    place = StringField(
        _l("놓을 곳"), validators=[DataRequired(), Length(max=120)], description=_l("예: 산단 본관 1층 안내대"),
    )
    address = StringField(_l("받을 주소"), validators=[DataRequired(), Length(max=200)])
    recipient = StringField(_l("받을 사람"), validators=[DataRequired(), Length(max=60)])
    phone = StringField(
        _l("연락처"),
        validators=[
            DataRequired(), Length(max=32), Regexp(TELEPHONE, message=_l("전화번호를 02-000-0000처럼 적어 주세요.")),
        ],
        description=_l("배송 연락에만 쓰고, 끝나고 1년 뒤 지웁니다."),
    )
    note = TextAreaField(_l("남길 말"), validators=[Optional(), Length(max=2000)])


class DecisionForm(FlaskForm):
    """What staff decide on an order; ``version`` guards against an edit in between."""

    granted = Copies(_l("확정 부수"), validators=[Optional(), copies(MOST_COPIES)])
    reason = TextAreaField(_l("까닭"), validators=[Optional(), Length(max=2000)])


class DeliveryForm(FlaskForm):
    """One line of the ledger."""

    quantity = Copies(_l("부수"), validators=[InputRequired(), copies(MOST_COPIES)])
    delivered_on = DateField(_l("배부한 날"), validators=[DataRequired()])
    received_by = StringField(_l("받은 사람"), validators=[DataRequired(), Length(max=60)])
    carriage = SelectField(_l("방법"), choices=[(key.value, _l(label)) for key, label in CARRIAGE_LABELS.items()])
    tracking = StringField(_l("운송장 번호"), validators=[Optional(), Length(max=60)])
    note = StringField(_l("비고"), validators=[Optional(), Length(max=200)])


class RunForm(FlaskForm):
    """Copies that came from the printer's."""

    quantity = Copies(_l("인쇄한 부수"), validators=[InputRequired(), copies(10 * MOST_COPIES)])
    printed_on = DateField(_l("인쇄한 날"), validators=[DataRequired()])
    printer = StringField(_l("인쇄소"), validators=[Optional(), Length(max=120)])


class RecallForm(FlaskForm):
    """What came back of a withdrawn edition."""

    returned = Copies(_l("회수하거나 버린 부수"), validators=[InputRequired(), copies(MOST_COPIES, 0)])
    note = StringField(_l("비고"), validators=[Optional(), Length(max=200)])
