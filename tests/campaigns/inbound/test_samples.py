"""What servers and programs really wrote, as others have published it; addresses and numbers are made up.

Where each was found stands beside it. What is still from memory is tested in test_rules.py and test_classification.py.
"""

from __future__ import annotations

import pytest

from campaigns.inbound import bounces, fallback, parsing, wording
from campaigns.inbound.bounces import Recipient
from campaigns.inbound.classification import Context, classify
from campaigns.inbound.rules import BounceClass, Effect, Kind, effect

HARD, SOFT, POLICY, FULL = BounceClass.HARD, BounceClass.SOFT, BounceClass.POLICY, BounceClass.FULL

NAVER = "For more information, go to https://help.naver.com/alias/mail/newmail10.naver YFIkhhfiSGCl2Nuynp4eNQ - nsmtp"
ANSWERS = [
    # Naver: your-digital-rights/yourdigitalrights.org issue 736 (2025); newkennybaik/portfolio, a log of 2025
    (f"550 5.1.1 No such user. {NAVER}", HARD, True),
    (f"550 5.7.2 Your email has been blocked because the sender is unauthenticated. {NAVER}", POLICY, False),
    # Naver of about 2010: puffinknight.tistory.com/102
    ("421 4.3.2 Your IP(203.0.113.9) is filtered and this connection will be closed.", SOFT, False),
    ("421 4.3.1 You send too many messages.", SOFT, False),
    # Daum, Kakao: oliveit.tistory.com/39 (2020), reacherhq/check-if-email-exists issue 1216 (2022),
    # auctionpro.co.kr/?p=2544, and tables in public repositories
    ("550 5.1.1 RUSR 203.0.113.9: No such user: <kim@daum.net>", HARD, True),
    ("550 5.2.1 RACT 203.0.113.9: Mailbox is inactive: <kim@hanmail.net>", HARD, False),
    ("550 5.2.1 RBLK 203.0.113.9: Mailbox is blocked: <kim@daum.net>", HARD, False),
    ("550 5.2.1 DDENY 203.0.113.9 : The receiver denied your mail. Please contact the receiver with another way.",
     POLICY, False),
    ("550 5.7.1 RDENY 203.0.113.9 : The receiver denied your mail. Please contact the receiver with another way.",
     POLICY, False),
    ("554 5.7.1 DAS51 203.0.113.9: Your mail is blocked automatically by anti-spam system. (E06)", POLICY, False),
    ("450 4.7.1 MMCNT 203.0.113.9: Message refused. Your IP address has sent too many mails.", SOFT, False),
    ("421 4.4.5 CCRT 203.0.113.9: Connection refused. Server is busy(RT)", SOFT, False),
    ("553 5.1.7 MADDR 203.0.113.9: Invalid mail address: <centre@outreach.example>", POLICY, False),
    # other servers in Korea: puffinknight.tistory.com/102, foxydog.tistory.com/180, auctionpro.co.kr/?p=2544
    ("550 5.1.1 No such user", HARD, True), ("550 User unknown", HARD, True),
    ("554 delivery error: dd This user doesn't have a yahoo.co.kr account (kim@yahoo.co.kr) [-5]", HARD, True),
    ("554 delivery error: dd Sorry your message cannot be delivered. This account has been disabled or discontinued",
     HARD, False),
    ("550 The recipient's mailbox is full", FULL, False), ("550 (Mailbox) Quota Violation", FULL, False),
    ("552 Requested mail action aborted: exceeded storage allocation", FULL, False),
    ("550 You are registered as spammer (by user's reject list)", POLICY, False),
    ("554 5.0.0 Service unavailable (kim: mail is denied, by spam filter)", POLICY, False),
    ("554 Relay operation rejected", POLICY, False), ("550 Relay denied", POLICY, False),
    ("451 4.1.8 Domain of sender address centre@outreach.example does not resolve", SOFT, False),
    # Google: support.google.com/a/answer/3726730, foxydog.tistory.com/180
    ("452-4.2.2 The recipient's inbox is out of storage space. Please direct the 452-4.2.2 recipient to"
     " 452 4.2.2 https://support.google.com/mail/?p=OverQuotaTemp x - gsmtp", FULL, False),
    ("550 5.2.1 The email account that you tried to reach is inactive.", HARD, False),
    # Exim and others ask after the sender at RCPT: lists of senders' services in public repositories
    ("550 5.1.0 <centre@outreach.example>: Sender address rejected: User unknown in virtual mailbox table", POLICY,
     False),
    ("550-Verification failed for <centre@outreach.example> 550-No Such User Here 550 Sender verify failed", POLICY,
     False),
    # Microsoft: its directory lacks the recipient, or the domain is not set up (aka.ms/EXOSmtpErrors)
    ("550 5.4.1 Recipient address rejected: Access denied. For more information see https://aka.ms/EXOSmtpErrors",
     HARD, False),
    ("550 5.5.0 Requested action not taken: mailbox unavailable", HARD, False),
    ("550 5.7.606 Access denied, banned sending IP [203.0.113.9]", POLICY, False),
]


@pytest.mark.parametrize("answer, bounce_class, unknown", ANSWERS)
def test_a_servers_answer_in_a_report(answer, bounce_class, unknown):
    status = next(iter(bounces._STATUS.findall(answer)), "")
    found = bounces.verdict(Recipient(status=status, diagnostic=answer))
    assert (found.bounce_class, found.unknown_user) == (bounce_class, unknown)


@pytest.mark.parametrize("answer, bounce_class, unknown", ANSWERS)
def test_a_servers_answer_in_words(answer, bounce_class, unknown):
    found = bounces.by_words(f"<kim@client.example>: host mx.client.example[203.0.113.1] said:\n    {answer}\n")
    assert found is not None and (found.bounce_class, found.unknown_user) == (bounce_class, unknown)


NOTICES = [
    # programs in public repositories that read them in a mailbox at Naver; a listing of one at NAVER WORKS (2017)
    ("navermail_noreply@navercorp.com", "[발송실패 안내] 'kim@daum.net'로 메일이 전송되지 못했습니다."),
    ("navermail_noreply@navercorp.com", "[네이버 메일] kim@daum.net으로 메일 발송이 실패되었습니다."),
    ("no_reply@worksmobile.com", "[발송실패 안내] kim@daum.net으로 메일이 전송되지 못했습니다."),
]


def judged(sender: str, subject: str, body: str, extra: str = ""):
    head = f"From: {sender}\nSubject: {subject}\n{extra}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8"
    raw = f"{head}\n\n{body}".encode()
    return classify(parsing.parse(raw), Context(ours=True), lambda: fallback.failures(raw))


@pytest.mark.parametrize("sender, subject", NOTICES)
@pytest.mark.parametrize("body", [
    "메일이 전송되지 못했습니다.",
    "받는 사람의 주소가 존재하지 않거나 메일함이 가득 찼을 수 있습니다.",  # made up: any number of causes
])
def test_the_providers_notice_is_no_answer_of_the_company(sender, subject, body):
    found = judged(sender, subject, body)
    assert (found.kind, found.address, found.final) == (Kind.BOUNCE, "kim@daum.net", True)
    assert not found.unknown_user and effect(found, ours=True, known=False) is Effect.COUNT


def test_what_else_the_provider_writes_is_no_bounce():
    found = judged("no_reply@worksmobile.com", "mail.client.example에 계정이 등록되었습니다.", "-")
    assert found.kind is not Kind.BOUNCE


def test_a_returned_mail_of_a_korean_filter():
    """DEEPSoft WBlock sends from <> (newkennybaik/portfolio)."""
    body = "<kim@naver.com>\n550 5.7.2 Your email has been blocked because the sender is unauthenticated.\n"
    found = judged("postmaster@client.example", "Returned Msg: notice", body, "Return-Path: <>\n")
    assert (found.kind, found.bounce_class) == (Kind.BOUNCE, POLICY)


@pytest.mark.parametrize("subject, text", [
    ("자동 회신: 안내", ""),  # Outlook in Korean; lists of such prefixes in several public repositories
    ("자동 회신: 부재 중입니다", "현재 9월 1일부터 9월 5일까지 휴가 중으로 이메일 확인이 어렵습니다."),
    # as keyboards and groupware offer it
    ("Re: 안내", "안녕하세요. 9월 1일부터 9월 5일까지 부재중입니다. 급한 업무는 김민수에게 연락 주세요."),
])
def test_absence_notes(subject, text):
    assert wording.is_automatic(subject, text)
