"""Forms of the delivery pages."""

from __future__ import annotations

from datetime import date, datetime, time

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, RadioField, TextAreaField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from campaigns.mailings.models import Mailing
from campaigns.mailings.timing import Timing
from outreach.calendar.korea import Calendar
from outreach.clock import KST, UTC, as_utc, kst_today, to_kst
from outreach.leads.workdays import after_workdays

NOW, LATER = "now", "later"
#: When a mailing is proposed to go out: the next working day at ten, when it is read at a desk.
PROPOSED_TIME = time(10, 0)
SPREAD_UNTIL, LAST_TIME = time(17, 0), time(18, 0)


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
    spread = BooleanField(_l("한꺼번에 보내지 않고 시간을 나누어 고르게 보내기"))
    spread_until = TimeField(_l("나누어 보내기를 마칠 시각"), [Optional()], description=_l("시작하는 날의 시각입니다."))
    limited = BooleanField(
        _l("늦으면 보내지 않기"), description=_l("행사 안내처럼 때가 지나면 소용없는 메일에 정합니다."),
    )
    last_day = DateField(_l("마지막 날짜"), [Optional()])
    last_time = TimeField(
        _l("마지막 시각"), [Optional()], description=_l("이때까지 보내지 못한 사람에게는 보내지 않습니다.")
    )

    def propose(self, at: datetime) -> ScheduleForm:
        """Fill in the instant ``at``, and what would go well with it if it is asked for."""
        wall = to_kst(at)
        self.when.data, self.day.data, self.time.data = LATER, wall.date(), wall.time().replace(second=0)
        self.spread_until.data, self.last_day.data, self.last_time.data = SPREAD_UNTIL, wall.date(), LAST_TIME
        return self

    def validate_when(self, field: RadioField) -> None:
        if field.data == LATER and not (self.day.data and self.time.data):
            raise ValidationError(_l("날짜와 시각을 모두 골라 주세요."))

    def validate_spread(self, field: BooleanField) -> None:
        if field.data and not self.spread_until.data:
            raise ValidationError(_l("나누어 보내기를 마칠 시각을 골라 주세요."))

    def validate_limited(self, field: BooleanField) -> None:
        if field.data and not (self.last_day.data and self.last_time.data):
            raise ValidationError(_l("보낼 수 있는 마지막 날짜와 시각을 모두 골라 주세요."))

    def timing(self, now: datetime) -> Timing:
        """The chosen instants. A spread ends on the day on which the mailing starts."""
        at = self.instant(now)
        last = _instant(self.last_day.data, self.last_time.data) if self.limited.data else None
        until = _instant(to_kst(at).date(), self.spread_until.data) if self.spread.data else None
        return Timing(at, last, until)

    def instant(self, now: datetime) -> datetime:
        """The chosen instant in UTC."""
        if self.when.data == NOW:
            return now
        return _instant(self.day.data, self.time.data)


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=KST).astimezone(UTC)


def proposed(mailing: Mailing, now: datetime, asked: datetime | None, calendar: Calendar) -> datetime:
    """When the form proposes to send: at the time asked for, or on the next working day at ten; a notice that may go
    out at any time does so, too, since ten is when it is read."""
    day = after_workdays(kst_today(now), 1, calendar)
    return asked or calendar.next_allowed(mailing.message_class, _instant(day, PROPOSED_TIME))


def moment_of(text: str) -> datetime | None:
    """An instant with its zone, as we wrote it into a page or an address; None for anything else."""
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError:
        return None
