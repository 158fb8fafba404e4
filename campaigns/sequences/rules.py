"""Following up: how often one may remind, when a step is due, whom it goes to, and why a sequence ends for someone."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

#: Korean time, without daylight saving since 1988.
_KST = timezone(timedelta(hours=9))

MAX_REMINDERS = 2
MIN_STEPS, MAX_STEPS = 2, 4
MAX_WAIT = 60
#: A reminder waits so many working days at least: people are away, and an answer takes its time.
REMINDER_WORKDAYS = 3
#: A step that is late by more than this (the site was down, the sequence was paused) waits for a person.
LATE_AFTER = timedelta(days=3)


class SequenceState(str, enum.Enum):
    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"


STATE_LABELS = {
    SequenceState.DRAFT: "작성 중",
    SequenceState.REVIEW: "승인 대기",
    SequenceState.APPROVED: "승인됨",
    SequenceState.RUNNING: "진행 중",
    SequenceState.PAUSED: "일시 정지",
    SequenceState.FINISHED: "모두 마침",
    SequenceState.STOPPED: "중단됨",
}

MOVES: dict[SequenceState, frozenset[SequenceState]] = {
    SequenceState.DRAFT: frozenset({SequenceState.REVIEW, SequenceState.STOPPED}),
    SequenceState.REVIEW: frozenset({SequenceState.DRAFT, SequenceState.APPROVED, SequenceState.STOPPED}),
    SequenceState.APPROVED: frozenset({SequenceState.DRAFT, SequenceState.RUNNING, SequenceState.STOPPED}),
    SequenceState.RUNNING: frozenset({
        SequenceState.APPROVED, SequenceState.PAUSED, SequenceState.FINISHED, SequenceState.STOPPED,
    }),
    SequenceState.PAUSED: frozenset({SequenceState.RUNNING, SequenceState.FINISHED, SequenceState.STOPPED}),
    SequenceState.FINISHED: frozenset(),
    SequenceState.STOPPED: frozenset(),
}

#: The first step has not begun, so mailings may still be changed (which voids review and approval).
CHANGEABLE = frozenset({SequenceState.DRAFT, SequenceState.REVIEW, SequenceState.APPROVED})
UNDER_WAY = frozenset({SequenceState.RUNNING, SequenceState.PAUSED})


class WaitUnit(str, enum.Enum):
    DAYS = "days"
    WORKDAYS = "workdays"


UNIT_LABELS = {WaitUnit.WORKDAYS: "근무일", WaitUnit.DAYS: "일"}


class StepCondition(str, enum.Enum):
    """Which of those still in a sequence get the next step. Who has answered is not in it any more."""

    NO_RESPONSE = "no_response"
    CLICKED = "clicked"
    FORM_NOT_OPENED = "form_not_opened"
    EVERYONE = "everyone"


CONDITION_LABELS = {
    StepCondition.EVERYONE: "응답하지 않은 모두",
    StepCondition.NO_RESPONSE: "앞 메일에 아무 반응이 없는 곳",
    StepCondition.CLICKED: "앞 메일의 링크를 누른 곳",
    StepCondition.FORM_NOT_OPENED: "상담 신청 화면을 열지 않은 곳",
}

CONDITION_HINTS = {
    StepCondition.EVERYONE: "응답·수신거부·반송으로 끝난 곳만 빼고 모두에게 보냅니다.",
    StepCondition.NO_RESPONSE: "응답이 없고 링크도 신청 화면도 열지 않은 곳에 보냅니다.",
    StepCondition.CLICKED: "관심은 보였지만 아직 응답하지 않은 곳에 보냅니다.",
    StepCondition.FORM_NOT_OPENED: "링크는 눌렀더라도 상담 신청 화면까지 가지 않은 곳에 보냅니다.",
}


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of someone after the step before: a tracked link was clicked, the form was opened. Clicks that
    were judged a machine's are no signal."""

    clicked: bool = False
    form_opened: bool = False


def meets(condition: StepCondition, signals: Signals) -> bool:
    """Whether someone who is still in the sequence gets the step with this condition."""
    return {
        StepCondition.EVERYONE: True,
        StepCondition.NO_RESPONSE: not signals.clicked and not signals.form_opened,
        StepCondition.CLICKED: signals.clicked,
        StepCondition.FORM_NOT_OPENED: not signals.form_opened,
    }[condition]


class MemberState(str, enum.Enum):
    """``SENDING``: the present step is written down and on its way; ``WAITING``: it was accepted, the next one has
    its time; ``LATE``: that time has long passed, a person decides; ``DONE``: had every step; ``ENDED``: see the
    reason."""

    SENDING = "sending"
    WAITING = "waiting"
    LATE = "late"
    DONE = "done"
    ENDED = "ended"


MEMBER_LABELS = {
    MemberState.SENDING: "보내는 중",
    MemberState.WAITING: "다음 단계 기다림",
    MemberState.LATE: "늦음(확인 필요)",
    MemberState.DONE: "끝까지 받음",
    MemberState.ENDED: "끝남",
}

#: Still in: something may yet be sent.
STILL_IN = frozenset({MemberState.SENDING, MemberState.WAITING, MemberState.LATE})


class EndReason(str, enum.Enum):
    ANSWERED = "answered"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    PARTNER_STOP = "partner_stop"
    STOPPED = "stopped"
    CAMPAIGN_ENDED = "campaign_ended"
    CONDITION = "condition"
    NO_CONSENT = "no_consent"
    GONE = "gone"
    SAME_ADDRESS = "same_address"
    OUTSIDE_CENTRE = "outside_centre"
    FREQUENCY = "frequency"
    NOT_SENT = "not_sent"
    LATE = "late"


REASON_LABELS = {
    EndReason.ANSWERED: "응답함(신청·회신·통화·리드)",
    EndReason.OPTED_OUT: "수신거부",
    EndReason.BOUNCED: "반송·거부됨",
    EndReason.PARTNER_STOP: "협력기관의 중단 요청",
    EndReason.STOPPED: "담당자가 중단",
    EndReason.CAMPAIGN_ENDED: "캠페인 종료",
    EndReason.CONDITION: "다음 단계의 조건에 맞지 않음",
    EndReason.NO_CONSENT: "광고 수신 동의 없음",
    EndReason.GONE: "담당자나 메일 주소가 없어짐",
    EndReason.SAME_ADDRESS: "같은 주소의 다른 담당자가 받음",
    EndReason.OUTSIDE_CENTRE: "관할 센터가 바뀜",
    EndReason.FREQUENCY: "발송 횟수 한도",
    EndReason.NOT_SENT: "발송이 취소됨",
    EndReason.LATE: "늦어서 보내지 않기로 함",
}


def kst_day(at: datetime) -> date:
    """The Korean calendar day of an instant."""
    return at.astimezone(_KST).date()


def due_at(
    accepted_at: datetime, wait: int, unit: WaitUnit, after_workdays: Callable[[date, int], date]
) -> datetime:
    """When the next step is due: at the same time of day, ``wait`` days or working days after the acceptance. The
    day of acceptance does not count (민법 제157조). A plain wait that ends on a day off stays there; the quiet hours
    of sending decide about that."""
    day = kst_day(accepted_at)
    later = after_workdays(day, wait) if unit is WaitUnit.WORKDAYS else day + timedelta(days=wait)
    return accepted_at + (later - day)


def is_late(due: datetime, now: datetime) -> bool:
    """Whether a step due then is left for a person to decide."""
    return now - due > LATE_AFTER


#: What the delivery of a step says about its recipient: the way on, or the end.
ENDS_BY_SKIP: Mapping[str, EndReason] = {
    "suppressed": EndReason.OPTED_OUT,
    "no_consent": EndReason.NO_CONSENT,
    "frequency": EndReason.FREQUENCY,
    "answered": EndReason.ANSWERED,
    "stopped": EndReason.STOPPED,
}
#: Why a due recipient was not written down, by the audience's word for it. None: the next round asks again.
ENDS_BY_EXCLUSION: Mapping[str, EndReason | None] = {
    "outside_centre": EndReason.OUTSIDE_CENTRE,
    "no_address": EndReason.GONE,
    "suppressed": EndReason.OPTED_OUT,
    "no_consent": EndReason.NO_CONSENT,
    "mailed_recently": None,
    "too_often": None,
    "same_address": EndReason.SAME_ADDRESS,
}
