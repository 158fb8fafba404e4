"""Forms of the delivery pages."""

from __future__ import annotations

from datetime import date, datetime, time

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField, TextAreaField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from outreach.clock import KST, UTC
from outreach.leads.workdays import after_workdays

NOW, LATER = "now", "later"
#: When a mailing is proposed to go out: the next working day at ten, when it is read at a desk.
PROPOSED_TIME = time(10, 0)


class ApproveForm(FlaskForm):
    content_hash = HiddenField(validators=[InputRequired()])


class SendBackForm(FlaskForm):
    comment = TextAreaField(
        _l("고칠 점"), [DataRequired(_l("무엇을 고쳐야 하는지 적어 주세요.")), Length(max=1000)],
        description=_l("작성자의 편집 화면 맨 위에 보입니다."),
    )


class ScheduleForm(FlaskForm):
    """When to send, in Korean time."""

    when = RadioField(
        _l("언제 보낼까요?"), default=LATER,
        choices=[(LATER, _l("날짜와 시각을 정해 보내기")), (NOW, _l("지금 바로 보내기"))],
    )
    day = DateField(_l("날짜"), [Optional()])
    time = TimeField(_l("시각"), [Optional()], description=_l("한국 시각입니다."))

    def propose(self, today: date) -> ScheduleForm:
        self.day.data, self.time.data = after_workdays(today, 1), PROPOSED_TIME
        return self

    def validate_when(self, field: RadioField) -> None:
        if field.data == LATER and not (self.day.data and self.time.data):
            raise ValidationError(_l("날짜와 시각을 모두 골라 주세요."))

    def instant(self, now: datetime) -> datetime:
        """The chosen instant in UTC."""
        if self.when.data == NOW:
            return now
        return datetime.combine(self.day.data, self.time.data, tzinfo=KST).astimezone(UTC)
