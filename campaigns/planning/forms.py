"""Forms of the campaign pages."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
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

from campaigns.planning.rules import (
    PARTNER_ROLE_LABELS,
    STAGE_STATE_LABELS,
    STATE_LABELS,
    CampaignState,
    PartnerRole,
    StageState,
)
from campaigns.planning.service import TARGETS


def _id(value: str | int | None) -> int | None:
    """A choice's value as a row id; the empty choice is None."""
    return int(value) if value not in (None, "", "None") else None


def _target() -> IntegerField:
    return IntegerField(validators=[Optional(), NumberRange(0, 10_000_000, _l("0 이상의 숫자로 적어 주세요."))])


class TargetsForm(Form):
    """One number a measure; empty means no target."""

    companies, delivered, responses = _target(), _target(), _target()
    briefing, visits, applications = _target(), _target(), _target()


class CampaignForm(FlaskForm):
    name = StringField(_l("캠페인 이름"), [InputRequired(_l("캠페인 이름을 적어 주세요.")), Length(max=120)])
    purpose = TextAreaField(
        _l("목적"), [Length(max=5000)],
        description=_l("누구에게 무엇을 알려 어떤 변화를 바라는지 적어 주세요. 추진계획(안)에 그대로 실립니다."),
    )
    region_ids = SelectMultipleField(_l("대상 지역"), coerce=int)
    starts_on = DateField(_l("시작일"), [Optional()])
    ends_on = DateField(_l("종료일"), [Optional()])
    budget = IntegerField(_l("예산(원)"), [Optional(), NumberRange(0, 10**13)])
    owner_id = SelectField(_l("책임자"), coerce=_id)
    targets = FormField(TargetsForm, label=_l("목표"))
    version = HiddenField()

    def label_targets(self) -> CampaignForm:
        for name, label in TARGETS.items():
            self.targets[name].label.text = gettext(label)
        return self

    def values(self) -> dict[str, object]:
        fields = ("name", "purpose", "region_ids", "starts_on", "ends_on", "budget", "owner_id")
        targets = {name: number for name, number in self.targets.data.items() if name in TARGETS and number is not None}
        values = {field: self[field].data for field in fields} | {"targets": targets}
        return values | {"purpose": self.purpose.data or ""}


class StateForm(FlaskForm):
    state = SelectField(choices=[(s.value, _l(STATE_LABELS[s])) for s in CampaignState], coerce=CampaignState)


class PartnerForm(FlaskForm):
    """Adds one partner."""

    organisation_id = SelectField(_l("협력기관"), coerce=int)
    role = SelectField(
        _l("역할"), choices=[(r.value, _l(PARTNER_ROLE_LABELS[r])) for r in PartnerRole], coerce=PartnerRole
    )
    note = StringField(_l("맡은 일"), [Length(max=200)])


class MaterialForm(FlaskForm):
    """Adds one material."""

    material_id = SelectField(_l("홍보물"), coerce=int, choices=[])


class StageForm(FlaskForm):
    state = SelectField(
        _l("상태"), choices=[(s.value, _l(STAGE_STATE_LABELS[s])) for s in StageState], coerce=StageState
    )
    owner_id = SelectField(_l("담당"), coerce=_id)
    due_on = DateField(_l("기한"), [Optional()])
    note = TextAreaField(_l("메모"), [Length(max=5000)])
    version = HiddenField()
