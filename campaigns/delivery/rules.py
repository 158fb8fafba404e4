"""States of a delivery (one recipient of one mailing), allowed moves, and what a server's answer means."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta


class DeliveryState(str, enum.Enum):
    QUEUED = "queued"  # written down at approval; sent once the mailing is SENDING
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    SKIPPED = "skipped"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"


STATE_LABELS = {
    DeliveryState.QUEUED: "대기",
    DeliveryState.CLAIMED: "발송 중",
    DeliveryState.ACCEPTED: "접수됨",
    DeliveryState.DEFERRED: "재시도 대기",
    DeliveryState.REFUSED: "거부됨",
    DeliveryState.SKIPPED: "제외됨",
    DeliveryState.IN_DOUBT: "확인 필요",
    DeliveryState.CANCELLED: "취소됨",
}

#: Still to be worked on by the engine.
PENDING = frozenset({DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.DEFERRED})
#: Nothing more will happen by itself.
FINAL = frozenset({
    DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SKIPPED, DeliveryState.IN_DOUBT,
    DeliveryState.CANCELLED,
})

MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.QUEUED: frozenset({DeliveryState.CLAIMED, DeliveryState.SKIPPED, DeliveryState.CANCELLED}),
    DeliveryState.CLAIMED: frozenset({
        DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.REFUSED, DeliveryState.IN_DOUBT,
        DeliveryState.QUEUED, DeliveryState.SKIPPED, DeliveryState.CANCELLED,
    }),
    DeliveryState.DEFERRED: frozenset({
        DeliveryState.CLAIMED, DeliveryState.SKIPPED, DeliveryState.CANCELLED, DeliveryState.REFUSED
    }),
    DeliveryState.IN_DOUBT: frozenset({DeliveryState.QUEUED}),  # only a person sends it again
    DeliveryState.ACCEPTED: frozenset(),
    DeliveryState.REFUSED: frozenset({DeliveryState.QUEUED}),  # only a person tries it again
    DeliveryState.SKIPPED: frozenset(),
    DeliveryState.CANCELLED: frozenset(),
}


class SkipReason(str, enum.Enum):
    """Why a frozen recipient was not mailed after all (checked when claiming and before the socket)."""

    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    EXPIRED = "expired"  # the mailing's last moment came first
    FREQUENCY = "frequency"  # had as much mail as the cap allows
    ANSWERED = "answered"  # a follow-up to someone who has answered by now
    STOPPED = "stopped"  # a sequence that has ended for this recipient


SKIP_LABELS = {
    SkipReason.SUPPRESSED: "수신거부",
    SkipReason.NO_CONSENT: "광고 수신 동의 없음",
    SkipReason.FREQUENCY: "발송 횟수 한도",
    SkipReason.ANSWERED: "이미 응답함",
    SkipReason.STOPPED: "연속 메일이 끝남",
    SkipReason.EXPIRED: "보낼 수 있는 마지막 시각이 지남",
}


#: A mailing pauses itself when more than this share (per cent) of its results are refusals, or of those of one domain,
#: after so many results. What an administrator has set instead: campaigns.delivery.limits.
REFUSAL_PERCENT, DOMAIN_REFUSAL_PERCENT = 5, 30
REFUSAL_MINIMUM = 20

#: The limits that ship with the program, whose names are shown in the reader's language.
LIMIT_LABELS = (
    "모든 메일", "네이버", "다음·한메일", "지메일", "카카오", "네이트", "공직자통합메일", "그 밖의 도메인",
)

MICROSECOND = timedelta(microseconds=1)

#: A mailing due longer ago than this waits for a person.
OVERDUE_AFTER = timedelta(hours=2)


def released(total: int, begin: datetime, end: datetime, now: datetime) -> int:
    """How many of ``total`` recipients have had their turn at ``now``, if turns come evenly from ``begin`` to
    ``end``: the share of the time that has passed, rounded down."""
    if now >= end:
        return total
    return total * max((now - begin) // MICROSECOND, 0) // ((end - begin) // MICROSECOND)


def too_many_refusals(refused: int, results: int, percent: int = REFUSAL_PERCENT) -> bool:
    return results >= REFUSAL_MINIMUM and 100 * refused > percent * results
