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
    # put off is never given up at once, whatever the status blames
    (450, "4.1.8", "Sender address rejected: Domain not found", Trouble.POLICY),
    (450, "4.7.25", "Client host rejected: cannot find your hostname", Trouble.POLICY),
    (451, "4.5.0", "SMTP protocol violation, see RFC 2821", Trouble.OTHER),
    (452, "4.3.4", "message too big for now", Trouble.OTHER), (450, "4.6.0", "", Trouble.OTHER),
    # IANA's registry: X.3.2 not accepting now, X.3.3 features, X.4.5 congestion
    (451, "4.3.2", "System not accepting network messages", Trouble.SYSTEM),
    (554, "5.3.2", "System not accepting network messages", Trouble.SYSTEM),
    (550, "5.3.3", "", Trouble.MESSAGE), (451, "4.4.5", "congested", Trouble.RATE),
    (550, "5.1.9", "", Trouble.OTHER), (556, "5.1.10", "Recipient address has null MX", Trouble.UNKNOWN_USER),
    # Google (support.google.com/a/answer/3726730)
    (450, "4.2.1", "The user you are trying to contact is receiving mail too quickly.", Trouble.RATE),
    (450, "4.2.1", "The user you are trying to contact is receiving mail at a rate that prevents additional"
     " messages from being delivered.", Trouble.RATE),
    (450, "4.2.1", "Peak SMTP relay limit exceeded for customer.", Trouble.RATE),
    (452, "4.2.2", "The recipient's inbox is out of storage space.", Trouble.MAILBOX_FULL),
    (452, "4.5.3", "Your message has too many recipients.", Trouble.RATE),
    (550, "5.4.5", "Daily SMTP relay limit exceeded for customer.", Trouble.POLICY),
    (550, "5.2.1", "The email account that you tried to reach is inactive.", Trouble.OTHER),
    # Microsoft (aka.ms/EXOSmtpErrors): its directory does not know the recipient, or the domain is not set up
    (550, "5.4.1", "Recipient address rejected: Access denied.", Trouble.OTHER),
    (550, "5.4.1", "No answer from host", Trouble.NETWORK),
    (550, "5.5.0", "Requested action not taken: mailbox unavailable", Trouble.OTHER),
    (451, "4.7.500", "Server busy. Please try again later.", Trouble.RATE),
    (451, "4.5.127", "Message rejected. Excessive message rate from sender.", Trouble.RATE),
    # Naver and Daum (docs/decisions/0015-what-comes-back.md names the sources)
    (550, "5.1.1", "No such user. For more information, go to https://help.naver.com/alias/mail/newmail10.naver"
     " x - nsmtp", Trouble.UNKNOWN_USER),
    (550, "5.7.2", "Your email has been blocked because the sender is unauthenticated.", Trouble.POLICY),
    (421, "4.3.2", "Your IP(203.0.113.9) is filtered and this connection will be closed.", Trouble.RATE),
    (450, "4.7.1", "MMCNT 203.0.113.9: Message refused. Your IP address has sent too many mails.", Trouble.RATE),
    (421, "4.4.5", "CCRT 203.0.113.9: Connection refused. Server is busy(RT)", Trouble.RATE),
    (550, "5.1.1", "RUSR 203.0.113.9: No such user: <a@daum.net>", Trouble.UNKNOWN_USER),
    (550, "5.2.1", "RACT 203.0.113.9: Mailbox is inactive: <a@hanmail.net>", Trouble.OTHER),
    (553, "5.1.7", "MADDR 203.0.113.9: Invalid mail address", Trouble.POLICY),
    # no status, or one that says nothing
    (550, None, "User unknown", Trouble.UNKNOWN_USER), (550, None, "No such recipient here", Trouble.UNKNOWN_USER),
    (550, "5.1.0", "<a@b.example> Recipient not found.", Trouble.UNKNOWN_USER),
    (554, None, "delivery error: dd This user doesn't have a yahoo.co.kr account", Trouble.UNKNOWN_USER),
    (550, "5.3.0", "<a@b.example>... User unknown", Trouble.UNKNOWN_USER),
    (550, None, "Verification failed for <centre@outreach.example> No Such User Here Sender verify failed",
     Trouble.POLICY),
    (550, "5.1.0", "<centre@outreach.example>: Sender address rejected: User unknown in virtual mailbox table",
     Trouble.POLICY),
    (550, "5.1.1", "Backscatter Protection detected an invalid or unauthenticated address", Trouble.POLICY),
    (552, None, "Requested mail action aborted: exceeded storage allocation", Trouble.MAILBOX_FULL),
    (550, None, "Requested action not taken: mailbox unavailable", Trouble.OTHER),
    (550, "5.1.1", "blocked using zen.spamhaus.example", Trouble.POLICY),
    (452, None, "too many recipients", Trouble.RATE),
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


@pytest.mark.parametrize("status", ["4.1.8", "4.2.3", "4.3.4", "4.5.0", "4.6.1", "4.7.0", "4.7.25", None])
def test_whatever_is_put_off_is_tried_again(status):
    put_off = Outcome(Kind.DEFERRED, Stage.RCPT, 450, status, "not now")
    assert settlement(1, put_off, 1, NOW).state == "deferred"


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
