"""Kinds of notices about consent, and until when the law wants them sent."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta

from outreach.clock import kst_today


class NoticeKind(str, enum.Enum):
    """What the person is told of. The first five are results (정보통신망법 제50조제7항, 영 제62조의2), the last asks
    whether a consent still stands (제50조제8항, 영 제62조의3)."""

    CONSENT = "consent"
    WITHDRAWAL = "withdrawal"
    REFUSAL = "refusal"
    TOPICS = "topics"
    REJOINED = "rejoined"
    RECONFIRMATION = "reconfirmation"


KIND_LABELS = {
    NoticeKind.CONSENT: "수신동의 처리 결과",
    NoticeKind.WITHDRAWAL: "동의 철회 처리 결과",
    NoticeKind.REFUSAL: "수신거부 처리 결과",
    NoticeKind.TOPICS: "주제별 수신거부 처리 결과",
    NoticeKind.REJOINED: "다시 받기로 한 주제",
    NoticeKind.RECONFIRMATION: "2년마다 동의 확인",
}

#: 시행령 제62조의2: within so many days of the consent, the refusal or the withdrawal.
RESULT_DAYS = 14
#: Facts older than this are not looked for any more; what a list says of years ago was told by who took it.
LOOKED_FOR = timedelta(days=30)
#: From so many days before the end on, the watch calls for a person.
URGENT_DAYS = 4
#: Coming confirmations are shown so far ahead.
SHOWN_AHEAD = timedelta(days=60)
#: Confirmations a day at most, so that no mail provider takes them for a flood; a month's lead is 30 times that.
A_DAY = 3_000
KEEP = timedelta(days=3 * 365)


def result_due(happened_at: datetime) -> date:
    """The last Korean day on which the result may be told."""
    return kst_today(happened_at) + timedelta(days=RESULT_DAYS)


def days_left(due_on: date, today: date) -> int:
    """Negative once it is late."""
    return (due_on - today).days
