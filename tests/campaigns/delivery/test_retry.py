"""The classes of refusals, and the pace of trying again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.delivery.outcomes import is_refusal, is_unknown_user, settlement
from campaigns.delivery.retry import (
    ADVICE_LABELS,
    RETRY_TABLE,
    TROUBLE_LABELS,
    Trouble,
    classify,
    last_try,
    may_pass,
    next_try,
)
from outreach.mail.outcome import Kind, Outcome, Stage

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("code, status, text, trouble", [
    (451, "4.7.1", "Please try again later", Trouble.GREYLISTED),
    (450, "4.2.0", "<a@b.example>: Recipient address rejected: Greylisted", Trouble.GREYLISTED),
    (450, None, "graylisting in action", Trouble.GREYLISTED),
    (421, "4.7.0", "Try again later, closing connection", Trouble.RATE),
    (421, None, "Too many connections", Trouble.RATE),
    (450, "4.7.28", "unusual rate of mail", Trouble.RATE),
    (452, "4.2.2", "over quota", Trouble.MAILBOX_FULL),
    (552, "5.2.2", "mailbox full", Trouble.MAILBOX_FULL),
    (552, None, "Mailbox size limit exceeded: mailbox is full", Trouble.MAILBOX_FULL),
    (451, "4.3.0", "later", Trouble.SYSTEM),
    (452, "4.3.1", "insufficient storage", Trouble.SYSTEM),
    (450, "4.4.1", "connection timed out", Trouble.NETWORK),
    (550, "5.4.4", "host not found", Trouble.NETWORK),
    (550, "5.1.1", "no such user", Trouble.UNKNOWN_USER),
    (450, "4.1.1", "unverified address", Trouble.OTHER),
    (550, "5.7.1", "blocked", Trouble.POLICY),
    (554, None, "rejected due to poor reputation", Trouble.POLICY),
    (550, "5.1.8", "sender's domain does not exist", Trouble.POLICY),
    (552, "5.3.4", "message too big", Trouble.MESSAGE),
    (550, "5.6.1", "media not supported", Trouble.MESSAGE),
    (550, "5.2.1", "mailbox disabled", Trouble.OTHER),
    (550, None, "no", Trouble.OTHER),
    (None, None, "the message can't be made", Trouble.MESSAGE),
])
def test_classes_of_error(code, status, text, trouble):
    assert classify(code, status, text) is trouble


def test_every_class_is_named_and_advised_and_the_last_try_is_within_two_days():
    assert set(TROUBLE_LABELS) == set(ADVICE_LABELS) == set(Trouble)
    for trouble, waits in RETRY_TABLE.items():
        assert list(waits) == sorted(waits) and sum(waits, timedelta()) <= timedelta(hours=29), trouble


@pytest.mark.parametrize("trouble", list(RETRY_TABLE))
def test_each_try_says_when_the_next_and_the_last_are(trouble):
    at, tries = NOW, 0
    ends = []
    while (again := next_try(trouble, tries + 1, at)) is not None:
        tries += 1
        ends.append(last_try(trouble, tries, again))
        at = again
    assert tries == len(RETRY_TABLE[trouble]) and set(ends) == {at}


def test_a_final_refusal_is_not_tried_again_but_for_a_full_mailbox():
    policy = Outcome(Kind.REFUSED_RECIPIENT, Stage.RCPT, 550, "5.7.1", "blocked")
    full = Outcome(Kind.REFUSED_RECIPIENT, Stage.RCPT, 552, "5.2.2", "mailbox full")
    assert settlement(1, policy, 1, NOW).state == "refused" and is_refusal(policy)
    first, last = settlement(1, full, 1, NOW), settlement(1, full, 3, NOW)
    assert (first.state, first.next_try_at) == ("deferred", NOW + timedelta(hours=4)) and not is_refusal(full)
    assert (last.state, last.trouble) == ("refused", "mailbox_full")
    assert not any(may_pass(550, trouble) for trouble in Trouble if trouble is not Trouble.MAILBOX_FULL)


def test_only_an_unknown_user_suppresses():
    for status in ("5.7.1", "5.2.2", "5.1.8", "5.2.1", "5.4.4"):
        assert not is_unknown_user(Outcome(Kind.REFUSED_RECIPIENT, Stage.RCPT, 550, status, "no"))
    assert is_unknown_user(Outcome(Kind.REFUSED_RECIPIENT, Stage.RCPT, 550, "5.1.1", "no such user"))
