"""Forms of centres and their jurisdictions."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from outreach.regions.models import Certainty

CERTAINTY_LABELS = {
    Certainty.VERIFIED: _("원문 확인"),
    Certainty.SECONDARY: _("2차 자료"),
    Certainty.RECALLED: _("확인 필요"),
}


class JurisdictionForm(FlaskForm):
    region = SelectField(_("시군구"), validators=[DataRequired()])
    valid_from = DateField(
        _("시작일"), validators=[DataRequired()],
        description=_("그 전까지 다른 센터가 맡았다면 전날로 끝난 것으로 기록합니다."),
    )
    source = StringField(
        _("근거"), validators=[DataRequired(), Length(max=300)],
        description=_("예: 고용노동부와 그 소속기관 직제 시행규칙 별표"),
    )
    certainty = SelectField(
        _("확인 정도"), choices=[(level.value, label) for level, label in CERTAINTY_LABELS.items()],
        default=Certainty.SECONDARY.value,
    )

    def __init__(self, districts: dict[str, list[tuple[str, str]]], **kwargs: Any):
        super().__init__(**kwargs)
        self.region.choices = [
            SelectChoice("", gettext("시군구를 골라 주세요")),
            *(SelectChoice(key, name, optgroup=province) for province, rows in districts.items() for key, name in rows),
        ]


class EndForm(FlaskForm):
    valid_to = DateField(_("종료일"), validators=[DataRequired()])
