"""Pure rules: what servers' codes and words mean, what people wrote themselves, what they mean by it."""

from __future__ import annotations

import pytest

from campaigns.inbound import bounces, quotes, wording
from campaigns.inbound.bounces import Recipient
from campaigns.inbound.rules import BounceClass, Effect, Finding, Kind, Reason, effect, too_many_complaints
from campaigns.inbound.wording import Refusal

HARD, SOFT, POLICY, FULL = BounceClass.HARD, BounceClass.SOFT, BounceClass.POLICY, BounceClass.FULL


@pytest.mark.parametrize("status, words, bounce_class, unknown", [
    ("5.1.1", "", HARD, True), ("5.1.2", "", HARD, True), ("5.1.10", "", HARD, True),
    ("5.1.7", "", POLICY, False), ("5.1.8", "", POLICY, False), ("5.2.1", "mailbox disabled", HARD, False),
    ("5.2.2", "", FULL, False), ("4.2.2", "", FULL, False), ("5.2.3", "", POLICY, False), ("5.3.4", "", POLICY, False),
    ("5.3.2", "", SOFT, False), ("4.4.1", "", SOFT, False), ("4.7.1", "greylisted", SOFT, False),
    ("5.4.4", "host not found", HARD, False), ("5.4.1", "Recipient not found", HARD, True),
    ("5.5.2", "", POLICY, False), ("5.6.0", "", POLICY, False), ("5.7.1", "user unknown", POLICY, False),
    ("5.1.1", "blocked using spamhaus", POLICY, False),
    ("5.0.0", "550 5.1.1 no such user", HARD, True), ("5.0.0", "552 mailbox full", FULL, False),
    ("5.0.0", "550 something", HARD, False), ("4.0.0", "451 try later", SOFT, False),
    ("", "550 User unknown", HARD, True), ("", "452 too busy", SOFT, False), ("", "", SOFT, False),
    ("2.0.0", "550 5.2.2 quota", FULL, False),
    # as remembered of Korean providers
    ("", "550 존재하지 않는 메일 주소입니다.", HARD, True), ("", "수신자의 메일함 용량이 초과되었습니다.", FULL, False),
    ("", "스팸 정책에 의해 차단되었습니다.", POLICY, False), ("", "휴면 계정입니다.", HARD, False),
    ("", "일시적인 오류입니다. 잠시 후 다시 시도합니다.", SOFT, False), ("", "편지함이 가득 찼습니다", FULL, False),
])
def test_what_a_server_says(status, words, bounce_class, unknown):
    found = bounces.verdict(Recipient(status=status, diagnostic=words))
    assert (found.bounce_class, found.unknown_user) == (bounce_class, unknown)


def test_report_fields_are_read_as_servers_fold_them():
    [found] = bounces.recipients(
        "Reporting-MTA: dns; x\n\nOriginal-Recipient: rfc822;Kim@Company.example\n"
        "Final-Recipient: RFC822; k@other.example\n"
        "Action: failed (bad)\nStatus: 5.1.1 (unknown)\nDiagnostic-Code: smtp; 550 5.1.1\n user\tunknown\n"
    )
    assert (found.address, found.action, found.status) == ("kim@company.example", "failed", "5.1.1")
    assert found.diagnostic == "550 5.1.1 user\tunknown"
    assert found.names("KIM@company.example") and found.names("k@other.example") and not found.names("")


ANSWER = "대체인력을 찾고 있습니다.\n전화 주세요."


@pytest.mark.parametrize("quotation", [
    "-----Original Message-----\nFrom: a <a@b.example>\n안내",
    "-----원본 메시지-----\n보낸 사람: a",
    "----- 원본 메일 -----\n제목 : 안내",
    "2026년 11월 23일 (월) 오전 10:00, 시험고용센터 <centre@outreach.example>님이 작성:\n\n> 안내",
    "2026년 11월 23일 (월) 오전 10:00, 시험고용센터\n<centre@outreach.example>님이 작성:\n> 안내",
    "2026. 11. 23. 오전 10:00, 시험고용센터 <centre@outreach.example> 작성:\n> 안내",
    "On Mon, Nov 23, 2026 at 10:00 AM Centre <centre@outreach.example> wrote:\n> notice",
    "On Mon, Nov 23, 2026 at 10:00 AM Centre\n<centre@outreach.example> wrote:\n> notice",
    "보낸 사람: 시험고용센터 <centre@outreach.example>\n보낸 날짜: 2026년 11월 23일 월요일 오전 10:00\n받는 사람: 김",
    "From: Centre <centre@outreach.example>\nSent: Monday, November 23, 2026 10:00 AM\nTo: Kim\nSubject: notice",
    "*From:* Centre\n*Date:* 2026-11-23\n",
    "보낸사람 : 시험고용센터\n받는사람 : 김민수\n날짜 : 2026-11-23\n",
    "________________________________\nFrom: Centre",
    "> 안내\n> 수신거부",
    "나의 iPhone에서 보냄\n\n> 안내",
    "---------- 전달된 메시지 ----------\n제목: 안내",
    "시험고용센터님이 작성:\n안내",
])
def test_the_quotation_is_left_out(quotation):
    assert quotes.stripped(f"{ANSWER}\n\n{quotation}\n수신거부\n> 수신거부") in (ANSWER, f"{ANSWER}\n\n수신거부")
    assert quotes.stripped(f"{ANSWER}\n\n{quotation}") == ANSWER


@pytest.mark.parametrize("text", [
    "From: 이 말로 시작하는 줄은 인용이 아닙니다.\n전화 주세요.",
    "2026년 11월 23일에 방문해 주세요:\n오전이 좋습니다.",
    "- 대체인력\n- 유연근무",
    "제목: 문의\n내용: 문의드립니다.",
])
def test_what_only_looks_like_a_quotation_stays(text):
    assert quotes.stripped(text) == text


@pytest.mark.parametrize("subject, text, expected", [
    ("Re: 안내", "수신거부합니다", Refusal.YES), ("수신거부", "", Refusal.YES), ("RE: [수신거부] ", "-", Refusal.YES),
    ("unsubscribe", "", Refusal.YES), ("Re: 안내", "더 이상 메일을 보내지 말아 주세요", Refusal.YES),
    ("Re: 안내", "메일 그만 보내세요.", Refusal.YES), ("Re: 안내", "Remove me from your list", Refusal.YES),
    ("Re: 안내", "수신 동의를 철회합니다.", Refusal.YES), ("Re: 안내", "발송 명단에서 삭제해 주세요.", Refusal.YES),
    ("Re: 안내", "안내 자료를 메일로 보내 주세요.", Refusal.NO), ("Re: 안내", "전화 주세요", Refusal.NO),
    ("Re: 수신거부 방법 안내", "감사합니다", Refusal.NO),
    ("Re: 안내", "수신거부를 해제해 주세요.", Refusal.MENTIONED),
    ("Re: 안내", "실수로 수신거부를 눌렀어요", Refusal.MENTIONED),
])
def test_what_an_answer_means(subject, text, expected):
    assert wording.refusal(subject, text) is expected


@pytest.mark.parametrize("subject, text, automatic, left", [
    ("부재중 알림", "", True, False), ("자동 회신: 안내", "", True, False), ("Out of Office: x", "", True, False),
    ("Re: 안내", "현재 휴가 중입니다.", True, False),
    ("Re: 안내", "육아휴직 중이라 대체인력이 필요합니다.", False, False),
    ("Re: 안내", "직원이 휴가 중에 쓸 수 있는 제도인가요?", False, False),
    ("자동 응답", "김민수는 퇴사하였습니다.", True, True),
    ("Automatic reply", "Kim no longer works here.", True, True),
    ("자동응답", "담당자가 변경되었습니다. 이하나에게 보내 주세요.", True, True),
])
def test_automatic_words(subject, text, automatic, left):
    assert wording.is_automatic(subject, text) is automatic
    assert wording.has_left(subject, text) is left


BOUNCED = Finding(Kind.BOUNCE, Reason.STATUS, HARD, final=True, unknown_user=True, status="5.1.1")


@pytest.mark.parametrize("finding, ours, known, expected", [
    (BOUNCED, True, False, Effect.SUPPRESS), (BOUNCED, False, True, Effect.ASK),
    (Finding(Kind.BOUNCE, Reason.STATUS, FULL, final=True), True, False, Effect.COUNT),
    (Finding(Kind.BOUNCE, Reason.STATUS, SOFT, status="4.7.1", final=True), True, False, Effect.RECORD),
    (Finding(Kind.BOUNCE, Reason.DELAYED, SOFT), True, False, Effect.RECORD),
    (Finding(Kind.BOUNCE, Reason.STATUS, POLICY, final=True), True, False, Effect.RECORD),
    (Finding(Kind.COMPLAINT, Reason.FEEDBACK), True, False, Effect.SUPPRESS),
    (Finding(Kind.COMPLAINT, Reason.FEEDBACK), False, True, Effect.ASK),
    (Finding(Kind.UNSUBSCRIBE, Reason.REFUSAL), False, True, Effect.SUPPRESS),
    (Finding(Kind.UNSUBSCRIBE, Reason.REFUSAL), False, False, Effect.ASK),
    (Finding(Kind.REPLY, Reason.ANSWER), True, True, Effect.LEAD),
    (Finding(Kind.REPLY, Reason.ANSWER), False, True, Effect.ASK),
    (Finding(Kind.AUTO_REPLY, Reason.AUTO_HEADER), False, False, Effect.RECORD),
    (Finding(Kind.AUTO_REPLY, Reason.LEFT, left=True), True, False, Effect.ASK),
    (Finding(Kind.UNKNOWN, Reason.STRANGER), False, False, Effect.ASK),
])
def test_what_follows(finding, ours, known, expected):
    assert effect(finding, ours=ours, known=known) is expected


def test_complaints_are_too_many_above_one_in_a_thousand():
    assert not too_many_complaints(1, 1000) and too_many_complaints(2, 1000) and not too_many_complaints(0, 0)
