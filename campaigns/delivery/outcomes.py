"""What a server's answer means for the recipient's row."""

from __future__ import annotations

from datetime import datetime

from campaigns.delivery.queue import Settlement
from campaigns.delivery.rules import RETRY_AFTER, UNKNOWN_USER, DeliveryState, SkipReason
from outreach.mail.outcome import Kind, Outcome, Stage

_FINAL = {
    Kind.ACCEPTED: DeliveryState.ACCEPTED,
    Kind.REFUSED_RECIPIENT: DeliveryState.REFUSED,
    Kind.REFUSED_MESSAGE: DeliveryState.REFUSED,
    Kind.IN_DOUBT: DeliveryState.IN_DOUBT,
    Kind.WITHDRAWN: DeliveryState.SKIPPED,
}


def settlement(delivery_id: int, outcome: Outcome | None, attempts: int, now: datetime) -> Settlement:
    """The row's new state after ``attempts`` tries. None or NOT_SENT: nothing left, so the try does not
    count and the row is queued again. A temporary refusal is tried again after RETRY_AFTER; after the last
    of these it counts as refused."""
    if outcome is None or outcome.kind is Kind.NOT_SENT:
        return Settlement(delivery_id, DeliveryState.QUEUED.value, untried=1)
    reply = {
        "code": outcome.code, "status": outcome.enhanced, "stage": outcome.stage.value, "text": outcome.text[:300],
    }
    if outcome.kind is Kind.DEFERRED and attempts <= len(RETRY_AFTER):
        next_try = now + RETRY_AFTER[attempts - 1]
        return Settlement(delivery_id, DeliveryState.DEFERRED.value, next_try_at=next_try, **reply)
    state = _FINAL.get(outcome.kind, DeliveryState.REFUSED)
    skip_reason = SkipReason.SUPPRESSED.value if outcome.kind is Kind.WITHDRAWN else None
    return Settlement(delivery_id, state.value, skip_reason=skip_reason, done_at=now, **reply)


def is_unknown_user(outcome: Outcome | None) -> bool:
    """The server says at RCPT that there is no such recipient: the one refusal that suppresses."""
    return (
        outcome is not None
        and outcome.kind is Kind.REFUSED_RECIPIENT
        and outcome.stage is Stage.RCPT
        and outcome.enhanced in UNKNOWN_USER
    )
