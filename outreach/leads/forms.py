"""Forms of the lead pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    DateTimeLocalField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from outreach.clock import KST, to_kst
from outreach.errors import DomainError
from outreach.leads.rules import (
    ACTIVITY_LABELS,
    BOARD,
    FIRST_ACTION,
    MANUAL_KINDS,
    STATE_LABELS,
    ActivityKind,
    LeadState,
)
from outreach.web.language import translated

#: How browsers write a time: shown to the minute, read with seconds, too.
MINUTES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class LeadForm(FlaskForm):
    """``version``: the lead as the person saw it. The page writes it by hand, since after a stale edit the
    form is shown again with the person's text but the present version."""

    version = IntegerField(validators=[InputRequired()])

    def take_errors(self, error: DomainError) -> None:
        """Show a refusal of the service at the field it names, or above the form."""
        named = [self[field] for field in error.fields if field in self]
        for field in named:
            field.errors = [*field.errors, translated(error.message)]
        if not named:
            self.form_errors.append(translated(error.message))


class NextForm(LeadForm):
    next_action = StringField(_l("다음 할 일"), validators=[Length(max=200)])
    next_due = DateField(_l("기한"), validators=[Optional()])


class LogForm(NextForm):
    kind = RadioField(_l("무엇을 하셨습니까?"), coerce=ActivityKind, validators=[InputRequired()])
    at = DateTimeLocalField(_l("일시"), format=MINUTES, validators=[InputRequired()])
    note = TextAreaField(_l("내용"), validators=[InputRequired(), Length(max=4000)])

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.kind.choices = [(kind.value, gettext(ACTIVITY_LABELS[kind])) for kind in MANUAL_KINDS]

    def instant(self) -> datetime:
        """The time in the form, which is Korean time."""
        return self.at.data.replace(tzinfo=KST)


class MoveForm(LeadForm):
    state = SelectField(_l("상태"), coerce=LeadState, validators=[InputRequired()])

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.state.choices = [(state.value, gettext(STATE_LABELS[state])) for state in BOARD]


class CloseForm(LeadForm):
    state = RadioField(_l("마무리"), coerce=LeadState, validators=[InputRequired()])
    outcome = StringField(_l("결과"), validators=[InputRequired(), Length(max=200)])

    def __init__(self, *args: Any, **values: Any):
        super().__init__(*args, **values)
        self.state.choices = [
            (LeadState.WON.value, gettext("지원제도 활용 시작")), (LeadState.LOST.value, gettext("활용하지 않고 종료")),
        ]


class AssignForm(LeadForm):
    planner = SelectField(_l("담당 플래너"), coerce=int, validators=[InputRequired()])


def new_log_form(now: datetime, next_action: str, next_due: Any) -> LogForm:
    """A form for what was done just now. The plan stands in it as it is; the first contact, once logged,
    is done, so it is not offered again."""
    planned = {} if next_action == FIRST_ACTION else {"next_action": next_action, "next_due": next_due}
    return LogForm(None, prefix="log", kind=ActivityKind.CALL, at=to_kst(now).replace(tzinfo=None), **planned)
