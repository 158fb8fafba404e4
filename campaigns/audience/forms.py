"""The form of an audience: conditions as a person ticks them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from campaigns.audience.choices import Choices
from campaigns.audience.models import Audience
from campaigns.audience.rules import RECENT_DAYS, Conditions

#: Field of the form -> the choices it takes its values from.
SOURCES = {
    "centre_ids": "centres", "province_ids": "provinces", "district_ids": "districts", "complex_ids": "complexes",
    "sections": "sections", "divisions": "divisions", "mailed": "mailings", "not_mailed": "mailings",
    "responded": "campaigns", "not_responded": "campaigns",
}
NUMBERS = ("min_headcount", "max_headcount", "recent_days")


class AudienceForm(FlaskForm):
    name = StringField(
        _l("이름"), [DataRequired(_l("수신 대상의 이름을 적어 주세요.")), Length(max=120)],
        description=_l("예: 구로·금천 제조업 30~99인"),
    )
    centre_ids = SelectMultipleField(_l("담당 센터"), coerce=int)
    # Regions come and go; one that is not offered any more stays chosen until it is taken out.
    province_ids = SelectMultipleField(_l("시·도"), coerce=int, validate_choice=False)
    district_ids = SelectMultipleField(_l("시·군·구"), coerce=int, validate_choice=False)
    complex_ids = SelectMultipleField(_l("산업단지"), coerce=int)
    sections = SelectMultipleField(_l("업종"))
    divisions = SelectMultipleField(_l("세부 업종"))
    min_headcount = IntegerField(_l("최소 인원"), [Optional(), NumberRange(0, 1_000_000)])
    max_headcount = IntegerField(_l("최대 인원"), [Optional(), NumberRange(0, 1_000_000)])
    mailed = SelectMultipleField(_l("받은 메일"), coerce=int)
    not_mailed = SelectMultipleField(_l("받지 않은 메일"), coerce=int)
    responded = SelectMultipleField(_l("응답한 캠페인"), coerce=int)
    not_responded = SelectMultipleField(_l("응답하지 않은 캠페인"), coerce=int)
    recent_days = IntegerField(
        _l("최근 발송 제외(일)"), [Optional(), NumberRange(0, 3650)], default=RECENT_DAYS,
        description=_l("이 기간 안에 어느 메일이든 받은 주소를 뺍니다. 0을 적으면 빼지 않습니다."),
    )
    advertising = BooleanField(_l("광고 메일로 세기"))
    version = HiddenField()

    def offer(self, choices: Choices) -> AudienceForm:
        for name, source in SOURCES.items():
            self[name].choices = list(getattr(choices, source).items())
        return self

    def show(self, audience: Audience, conditions: Conditions) -> AudienceForm:
        """Fill the form with a stored audience."""
        self.name.data, self.version.data = audience.name, audience.version
        for name in (*SOURCES, *NUMBERS):
            value = getattr(conditions, name)
            self[name].data = list(value) if isinstance(value, tuple) else value
        return self

    def conditions(self) -> dict[str, Any]:
        """As campaigns.audience.rules.Conditions takes them."""
        chosen: dict[str, Any] = {name: self[name].data or [] for name in SOURCES}
        chosen |= {name: self[name].data for name in ("min_headcount", "max_headcount")}
        return chosen | {"recent_days": self.recent_days.data or 0}

    def problems(self) -> list[str]:
        """What is wrong with the conditions; the name is not asked for."""
        self.validate()
        return [str(text) for name, texts in self.errors.items() if name not in {"name", None} for text in texts]
