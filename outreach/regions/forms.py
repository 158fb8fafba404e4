"""Forms of centres and their jurisdictions."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp

from outreach.regions.models import Certainty

CODE = r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z"

CERTAINTY_LABELS = {
    Certainty.VERIFIED: _("원문 확인"),
    Certainty.SECONDARY: _("2차 자료"),
    Certainty.RECALLED: _("확인 필요"),
}


def trimmed(value: str | None) -> str:
    return (value or "").strip()


class CentreForm(FlaskForm):
    """A centre's own facts. ``code`` names it to programs and commands, and stays for good."""

    name_ko = StringField(_("이름"), validators=[DataRequired(), Length(max=60)], filters=[trimmed])
    name_en = StringField(_("영문 이름"), validators=[DataRequired(), Length(max=80)], filters=[trimmed])
    phone = StringField(_("전화"), validators=[Length(max=32)], filters=[trimmed], render_kw={"inputmode": "tel"})
    address = StringField(_("주소"), validators=[Length(max=200)], filters=[trimmed])
    valid_from = DateField(
        _("시작일"), validators=[DataRequired()], description=_("동행 플래너가 일을 시작하는 날입니다."),
    )
    valid_to = DateField(_("종료일"), validators=[Optional()], description=_("운영을 마치기로 한 때에만 적어 주세요."))
    source = StringField(
        _("근거"), validators=[DataRequired(), Length(max=300)], filters=[trimmed],
        description=_("예: 고용노동부와 그 소속기관 직제 시행규칙 별표"),
    )
    certainty = SelectField(
        _("확인 정도"), choices=[SelectChoice(level.value, label) for level, label in CERTAINTY_LABELS.items()],
        default=Certainty.SECONDARY.value,
    )

    def values(self) -> dict[str, Any]:
        names = ("name_ko", "name_en", "phone", "address", "valid_from", "valid_to", "source")
        return {name: self[name].data for name in names} | {"certainty": Certainty(self.certainty.data)}


class NewCentreForm(CentreForm):
    code = StringField(
        _("코드"), filters=[trimmed],
        description=_("영문 소문자, 숫자, 붙임표. 나중에 바꿀 수 없습니다. 예: seoul-bukbu"),
        validators=[
            DataRequired(), Length(max=32), Regexp(CODE, message=_("영문 소문자, 숫자, 붙임표로 적어 주세요.")),
        ],
    )

    def values(self) -> dict[str, Any]:
        return super().values() | {"code": self.code.data}


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
