"""States of a mailing and its class under 정보통신망법 제50조."""

from __future__ import annotations

import enum

# The classes stand with the calendar, whose hours depend on them; here they are the mailing's.
from outreach.calendar.rules import CLASS_LABELS as CLASS_LABELS
from outreach.calendar.rules import MessageClass as MessageClass


class MailingState(str, enum.Enum):
    DRAFT = "draft"
    REVIEW = "review"
    FREEZING = "freezing"  # approved; the recipients are being written down
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    OVERDUE = "overdue"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


STATE_LABELS = {
    MailingState.DRAFT: "작성 중",
    MailingState.REVIEW: "승인 대기",
    MailingState.FREEZING: "수신자 확정 중",
    MailingState.APPROVED: "승인됨",
    MailingState.SCHEDULED: "발송 예약",
    MailingState.OVERDUE: "예약 시각 지남(확인 필요)",
    MailingState.SENDING: "발송 중",
    MailingState.PAUSED: "일시 정지",
    MailingState.FINISHED: "발송 완료",
    MailingState.CANCELLED: "취소됨",
}

MOVES: dict[MailingState, frozenset[MailingState]] = {
    MailingState.DRAFT: frozenset({MailingState.REVIEW, MailingState.CANCELLED}),
    MailingState.REVIEW: frozenset({MailingState.DRAFT, MailingState.FREEZING, MailingState.CANCELLED}),
    MailingState.FREEZING: frozenset({MailingState.DRAFT, MailingState.APPROVED, MailingState.CANCELLED}),
    MailingState.APPROVED: frozenset({MailingState.DRAFT, MailingState.SCHEDULED, MailingState.CANCELLED}),
    MailingState.SCHEDULED: frozenset(
        {MailingState.APPROVED, MailingState.DRAFT, MailingState.SENDING, MailingState.OVERDUE, MailingState.CANCELLED}
    ),
    MailingState.OVERDUE: frozenset({MailingState.SCHEDULED, MailingState.DRAFT, MailingState.CANCELLED}),
    MailingState.SENDING: frozenset({MailingState.PAUSED, MailingState.FINISHED, MailingState.CANCELLED}),
    MailingState.PAUSED: frozenset({MailingState.SENDING, MailingState.FINISHED, MailingState.CANCELLED}),
    MailingState.FINISHED: frozenset({MailingState.SENDING}),  # only to send what a person decided to send again
    MailingState.CANCELLED: frozenset(),
}

#: May be edited; past DRAFT an edit voids review or approval and leads back to DRAFT.
EDITABLE = frozenset({MailingState.DRAFT, MailingState.REVIEW, MailingState.APPROVED})
#: Looked at or approved but not begun: an edit of the audience voids that.
BOUND = frozenset({
    MailingState.REVIEW, MailingState.FREEZING, MailingState.APPROVED, MailingState.SCHEDULED, MailingState.OVERDUE,
})


#: 정보통신망법 시행령 별표 6: the subject begins with exactly this.
ADVERTISING_LABEL = "(광고)"
