"""What a server's answer means for the recipient's row."""

from __future__ import annotations

from datetime import datetime

from campaigns.delivery.queue import Settlement
from campaigns.delivery.retry import Trouble, classify, may_pass, next_try
from campaigns.delivery.rules import DeliveryState, SkipReason
from outreach.mail.outcome import Kind, Outcome, Stage

_FINAL = {
    Kind.ACCEPTED: DeliveryState.ACCEPTED,
    Kind.REFUSED_RECIPIENT: DeliveryState.REFUSED,
    Kind.REFUSED_MESSAGE: DeliveryState.REFUSED,
    Kind.IN_DOUBT: DeliveryState.IN_DOUBT,
    Kind.WITHDRAWN: DeliveryState.SKIPPED,
}
_REMEMBERED = frozenset({DeliveryState.REFUSED, DeliveryState.IN_DOUBT})
_REFUSED = frozenset({Kind.REFUSED_RECIPIENT, Kind.REFUSED_MESSAGE})
_NOT_TAKEN = _REFUSED | {Kind.DEFERRED}


def settlement(delivery_id: int, outcome: Outcome | None, attempts: int, now: datetime) -> Settlement:
    """The row's new state after ``attempts`` tries. None or NOT_SENT: nothing left, so the try does not
    count and the row is queued again. What may pass is tried again as campaigns.delivery.retry says for its
    class; after the last try it counts as refused."""
    if outcome is None or outcome.kind is Kind.NOT_SENT:
        return Settlement(delivery_id, DeliveryState.QUEUED.value, untried=1)
    reply = {
        "code": outcome.code, "status": outcome.enhanced, "stage": outcome.stage.value, "text": outcome.text[:300],
    }
    if outcome.kind in _NOT_TAKEN:
        trouble = trouble_of(outcome)
        reply["trouble"] = trouble.value
        passes = outcome.kind is Kind.DEFERRED or may_pass(outcome.code, trouble)
        again = next_try(trouble, attempts, now) if passes else None
        if again is not None:
            return Settlement(delivery_id, DeliveryState.DEFERRED.value, next_try_at=again, tried_at=now, **reply)
    state = _FINAL.get(outcome.kind, DeliveryState.REFUSED)
    skip_reason = SkipReason.SUPPRESSED.value if outcome.kind is Kind.WITHDRAWN else None
    tried_at = now if state in _REMEMBERED else None
    return Settlement(delivery_id, state.value, skip_reason=skip_reason, done_at=now, tried_at=tried_at, **reply)


def trouble_of(outcome: Outcome) -> Trouble:
    """The class of a refusal. Deferred without an answer is a message at which connections broke."""
    if outcome.kind is Kind.DEFERRED and outcome.code is None:
        return Trouble.NETWORK
    return classify(outcome.code, outcome.enhanced, outcome.text)


def is_refusal(outcome: Outcome) -> bool:
    """Whether it is the server's last word against the message. A full mailbox is none: it is tried again."""
    return outcome.kind in _REFUSED and not may_pass(outcome.code, trouble_of(outcome))


def is_unknown_user(outcome: Outcome | None) -> bool:
    """The server says at RCPT that there is no such recipient: the one refusal that suppresses."""
    return (
        outcome is not None
        and outcome.kind is Kind.REFUSED_RECIPIENT
        and outcome.stage is Stage.RCPT
        and trouble_of(outcome) is Trouble.UNKNOWN_USER
    )
