"""Shapes of mails that are no standard report, written after those that servers and people really send."""

from __future__ import annotations

import pytest

from campaigns.inbound import fallback, parsing
from campaigns.inbound.classification import Context, classify
from campaigns.inbound.rules import BounceClass, Finding, Kind, Reason

HARD, SOFT, POLICY, FULL = BounceClass.HARD, BounceClass.SOFT, BounceClass.POLICY, BounceClass.FULL


def judged(head: str, body: str, context: Context | None = None) -> Finding:
    raw = f"{head}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}".encode()
    return classify(parsing.parse(raw), context or Context(), lambda: fallback.failures(raw))


DAEMON = "From: MAILER-DAEMON@mx.company.example\nReturn-Path: <>\n"

EXIM = (
    DAEMON + "X-Failed-Recipients: kim@company.example\nAuto-Submitted: auto-replied\n"
    "Subject: Mail delivery failed: returning message to sender",
    "A message that you sent could not be delivered to one or more of its recipients.\n\n"
    "  kim@company.example\n    SMTP error from remote mail server after RCPT TO:<kim@company.example>:\n"
    "    550 5.1.1 <kim@company.example>: user unknown\n\n------ This is a copy of the message, including the headers."
    " ------\n\nSubject: spam policy",
)
QMAIL = (
    DAEMON + "Subject: failure notice",
    "Hi. This is the qmail-send program at mail.company.example.\nI'm afraid I wasn't able to deliver your message to"
    " the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
    "<kim@company.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the"
    " message.\n\nReturn-Path: <x@y.example>\n",
)
QUOTA = (
    DAEMON + "Subject: 메일 전송 실패 안내",
    "아래 수신자에게 메일을 전하지 못했습니다.\n수신자: kim@company.example\n"
    "원인: 수신자의 메일함 용량이 초과되었습니다.\n",
)
BLOCKED = (
    DAEMON + "Subject: [반송] 메일이 전달되지 못했습니다",
    "kim@company.example\n554 스팸 정책에 의해 수신이 차단되었습니다.\n",
)
LATER = (
    DAEMON + "Subject: Warning: message delayed 4 hours",
    "The message has not yet been delivered.\n\n  kim@company.example\n    Delay reason: 451 temporarily deferred\n",
)


@pytest.mark.parametrize("mail, bounce_class, unknown, final", [
    (EXIM, HARD, True, True), (QMAIL, HARD, True, True), (QUOTA, FULL, False, True), (BLOCKED, POLICY, False, True),
])
def test_servers_in_their_own_words(mail, bounce_class, unknown, final):
    found = judged(*mail, Context(ours=True, address="kim@company.example"))
    assert (found.kind, found.bounce_class, found.unknown_user, found.final) == (
        Kind.BOUNCE, bounce_class, unknown, final
    )
    assert found.reason is Reason.WORDS


def test_the_address_is_found_where_nothing_else_tells_it():
    assert [judged(*mail).address for mail in (EXIM, QMAIL)] == ["kim@company.example"] * 2


def test_a_warning_of_a_delay_gives_nothing_up():
    found = judged(*LATER, Context(ours=True))
    assert (found.kind, found.bounce_class, found.final) == (Kind.BOUNCE, SOFT, False)


@pytest.mark.parametrize("head, body, kind, reason", [
    ("From: kim@company.example\nSubject: Read: notice\nContent-Type: multipart/report;"
     " report-type=disposition-notification; boundary=b\nX: y", "--b\n\nread\n--b--", Kind.AUTO_REPLY, Reason.RECEIPT),
    ("From: news@shop.example\nList-Id: <news.shop.example>\nSubject: sale", "50% off", Kind.UNKNOWN, Reason.BULK),
    ("From: kim@company.example\nReturn-Path: <>\nSubject: Re: notice", "접수했습니다.", Kind.AUTO_REPLY,
     Reason.AUTO_HEADER),
    ("From: kim@company.example\nAuto-Submitted: no\nSubject: Re: notice", "전화 주세요.", Kind.UNKNOWN,
     Reason.STRANGER),
    ("From: kim@company.example\nSubject: Re: 반송 안내 문의", "정책이 궁금합니다. 차단되었나요?", Kind.UNKNOWN,
     Reason.STRANGER),
])
def test_what_is_no_bounce_is_taken_for_none(head, body, kind, reason):
    found = judged(head, body)
    assert (found.kind, found.reason) == (kind, reason)


def test_a_person_who_writes_of_spam_and_policy_is_a_person():
    text = "정부 정책을 찾고 있었습니다. 스팸으로 차단될 뻔했네요. 550명 규모입니다. user unknown?"
    found = judged("From: kim@company.example\nSubject: Re: 전송 실패 없이 잘 받았습니다", text, Context(ours=True))
    assert (found.kind, found.reason) == (Kind.REPLY, Reason.ANSWER)
