"""Forms of the calendar page."""

from __future__ import annotations

from datetime import time

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, RadioField, StringField, TimeField
from wtforms.validators import DataRequired, Length, Optional

from outreach.calendar.rules import ALWAYS, DAY, Hours
from outreach.errors import Invalid

ALWAYS_OPEN, WORKDAYS, EVERY_DAY = "always", "workdays", "every_day"


def trimmed(value: str | None) -> str:
    return " ".join((value or "").split())


class ReasonForm(FlaskForm):
    reason = StringField(
        _l("까닭"), [DataRequired(_l("왜 바꾸는지 적어 주세요.")), Length(max=300)], filters=[trimmed],
        description=_l("변경 이력에 남습니다. 예: 2026. 12. 1. 국무회의 의결"),
    )


class HolidayForm(ReasonForm):
    day = DateField(_l("날짜"), [DataRequired(_l("날짜를 골라 주세요."))])
    name = StringField(
        _l("이름"), [DataRequired(_l("공휴일의 이름을 적어 주세요.")), Length(max=60)], filters=[trimmed],
        description=_l("예: 임시공휴일"),
    )


class HoursForm(ReasonForm):
    days = RadioField(
        _l("보내는 날"), choices=[
            (WORKDAYS, _l("평일에만(주말과 공휴일 제외)")), (EVERY_DAY, _l("매일")), (ALWAYS_OPEN, _l("언제나")),
        ],
    )
    opens = TimeField(_l("시작"), [Optional()])
    closes = TimeField(_l("끝"), [Optional()], description=_l("자정까지는 00:00으로 적습니다."))

    def hours(self) -> Hours:
        """Raises Invalid for hours that end before they begin."""
        if self.days.data == ALWAYS_OPEN:
            return ALWAYS
        if self.opens.data is None or self.closes.data is None:
            raise Invalid("시작과 끝 시각을 모두 적어 주세요.", fields={"opens": "필수"})
        opens, closes = _minutes(self.opens.data), _minutes(self.closes.data) or DAY
        if opens >= closes:
            raise Invalid("끝 시각은 시작 시각보다 늦어야 합니다.", fields={"closes": "시작보다 이름"})
        return Hours(opens, closes, self.days.data == WORKDAYS)


def _minutes(value: time) -> int:
    return value.hour * 60 + value.minute


def hours_form(hours: Hours, prefix: str) -> HoursForm:
    """The form as it stands for ``hours``; several on a page are told apart by ``prefix``."""
    days = ALWAYS_OPEN if hours.always else WORKDAYS if hours.workdays_only else EVERY_DAY
    return HoursForm(formdata=None, prefix=prefix, data={
        "days": days, "opens": time(hours.opens // 60, hours.opens % 60),
        "closes": time(hours.closes % DAY // 60, hours.closes % 60),
    })
