"""Forms of reminders and sequences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from campaigns.audience.models import Audience
from campaigns.planning.models import CampaignPartner
from campaigns.sequences.models import Sequence
from campaigns.sequences.reminders import LONGEST_WAIT
from campaigns.sequences.rules import REMINDER_WORKDAYS, StepCondition, WaitUnit


def _id(value: str | None) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class ReminderForm(FlaskForm):
    workdays = IntegerField(
        _l("앞 메일을 보낸 뒤 기다릴 근무일"), [InputRequired(), NumberRange(REMINDER_WORKDAYS, LONGEST_WAIT)],
        default=5,
        description=_l("주말과 공휴일은 세지 않습니다. 이 날이 되기 전에는 예약할 수 없습니다."),
    )


class NewSequenceForm(FlaskForm):
    name = StringField(
        _l("연속 메일 이름"), [DataRequired(_l("연속 메일의 이름을 적어 주세요.")), Length(max=100)],
        description=_l("목록에서 알아보기 위한 이름입니다. 받는 사람에게는 보이지 않습니다."),
    )


class SequenceForm(NewSequenceForm):
    """The whole but its steps, whose fields the page names by their place (``steps-2-wait``)."""

    audience_id = SelectField(
        _l("수신 대상"), coerce=_id,
        description=_l("첫 메일을 승인할 때 받는 사람을 적어 두고, 그 사람들에게만 다음 단계를 보냅니다."),
    )
    organisation_id = SelectField(
        _l("초대한 협력기관"), coerce=_id,
        description=_l("이 기관이 그만 보내 달라고 하면 모두 끝납니다. 고르지 않으면 산업단지 관리기관을 따릅니다."),
    )
    version = HiddenField()

    def offer(self, audiences: Iterable[Audience], partners: Iterable[CampaignPartner]) -> SequenceForm:
        self.audience_id.choices = [("", _l("고르지 않음")), *((row.id, row.name) for row in audiences)]
        self.organisation_id.choices = [
            ("", _l("고르지 않음")), *((row.organisation_id, row.organisation.name) for row in partners),
        ]
        return self

    @property
    def known_version(self) -> int:
        return int(self.version.data) if (self.version.data or "").isdecimal() else 0

    def values(self, sequence: Sequence, posted: Mapping[str, str]) -> dict[str, Any]:
        """As campaigns.sequences.service.edit takes them; a step the page did not send stays as it is."""
        steps = {}
        for step in sequence.steps[1:]:
            prefix = f"steps-{step.position}-"
            if f"{prefix}wait" not in posted:
                continue
            wait, unit = posted[f"{prefix}wait"].strip(), posted.get(f"{prefix}unit")
            condition = posted.get(f"{prefix}condition")
            steps[step.position] = {
                "wait": int(wait) if wait.isdecimal() and len(wait) < 4 else None,
                "unit": unit if unit in set(WaitUnit) else step.unit,
                "condition": condition if condition in set(StepCondition) else step.condition,
            }
        return {
            "name": self.name.data or "", "audience_id": self.audience_id.data,
            "organisation_id": self.organisation_id.data, "steps": steps,
        }


class StopForm(FlaskForm):
    note = StringField(
        _l("누가 언제 요청했는지"), [DataRequired(_l("누가 언제 요청했는지 적어 주세요.")), Length(max=300)],
        description=_l("예: 11. 24. 공단 사무국장 전화"),
    )
