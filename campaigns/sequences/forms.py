"""Forms of reminders and sequences."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from campaigns.sequences.reminders import LONGEST_WAIT
from campaigns.sequences.rules import REMINDER_WORKDAYS


class ReminderForm(FlaskForm):
    workdays = IntegerField(
        _l("앞 메일을 보낸 뒤 기다릴 근무일"), [InputRequired(), NumberRange(REMINDER_WORKDAYS, LONGEST_WAIT)],
        default=5,
        description=_l("주말과 공휴일은 세지 않습니다. 이 날이 되기 전에는 예약할 수 없습니다."),
    )
