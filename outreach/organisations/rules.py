"""Rules of partner organisations: where an agreement (MOU) stands on a day."""

from __future__ import annotations

import enum
from datetime import date, timedelta

#: An agreement that ends within this time is pointed out, so that it can be renewed in time.
ENDS_SOON = timedelta(days=60)


class AgreementState(str, enum.Enum):
    NONE = "none"
    COMING = "coming"
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"


AGREEMENT_LABELS = {
    AgreementState.NONE: "협약 없음",
    AgreementState.COMING: "시작 전",
    AgreementState.RUNNING: "협약 중",
    AgreementState.ENDING: "곧 종료",
    AgreementState.ENDED: "협약 종료",
}


def agreement_state(mou_from: date | None, mou_to: date | None, today: date) -> AgreementState:
    """Both days count; without a last day an agreement goes on, without any day there is none."""
    if mou_from is None and mou_to is None:
        return AgreementState.NONE
    if mou_to is not None and mou_to < today:
        return AgreementState.ENDED
    if mou_from is not None and today < mou_from:
        return AgreementState.COMING
    if mou_to is not None and mou_to <= today + ENDS_SOON:
        return AgreementState.ENDING
    return AgreementState.RUNNING
