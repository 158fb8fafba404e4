"""What a server's refusal is about, and when it is worth another try.

The enhanced status (RFC 3463 and IANA's registry of SMTP enhanced status codes) decides where the server gives one,
else the code and its words: servers that greylist rarely say so in numbers. Where a large provider uses a status for
something else, as its published answers show, its words decide: Google's (support.google.com/a/answer/3726730),
Microsoft's (aka.ms/EXOSmtpErrors), Daum's (450 4.7.1 MMCNT …). Only an unknown user is ever suppressed; policy speaks
of the sender.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import datetime, timedelta


class Trouble(str, enum.Enum):
    """A class of error."""

    GREYLISTED = "greylisted"
    RATE = "rate"
    MAILBOX_FULL = "mailbox_full"
    SYSTEM = "system"
    NETWORK = "network"
    UNKNOWN_USER = "unknown_user"
    POLICY = "policy"
    MESSAGE = "message"
    OTHER = "other"


TROUBLE_LABELS = {
    Trouble.GREYLISTED: "처음 보는 발신이라 미룸(그레이리스팅)",
    Trouble.RATE: "한꺼번에 많이 보내 미룸",
    Trouble.MAILBOX_FULL: "메일함이 가득 참",
    Trouble.SYSTEM: "받는 서버의 장애",
    Trouble.NETWORK: "받는 서버에 닿지 않음",
    Trouble.UNKNOWN_USER: "없는 주소",
    Trouble.POLICY: "받는 쪽 정책으로 차단",
    Trouble.MESSAGE: "메일 내용이나 크기의 문제",
    Trouble.OTHER: "그 밖의 거부",
}

#: What a person can do about it.
ADVICE_LABELS = {
    Trouble.GREYLISTED: "잠시 뒤 다시 보내면 받아 줍니다. 저절로 다시 시도합니다.",
    Trouble.RATE: "그 도메인에 보내는 속도를 저절로 늦춥니다. 되풀이되면 보내는 한도를 낮추어 주세요.",
    Trouble.MAILBOX_FULL: "받는 사람이 메일함을 비워야 합니다. 다른 연락처가 있는지 확인해 주세요.",
    Trouble.SYSTEM: "받는 쪽이 고칠 때까지 기다리며 저절로 다시 시도합니다.",
    Trouble.NETWORK: "받는 쪽 서버나 도메인이 살아 있는지 확인해 주세요.",
    Trouble.UNKNOWN_USER: "주소를 고치면 다시 보낼 수 있습니다. 이 주소로는 더 보내지 않습니다.",
    Trouble.POLICY: "보내는 쪽 설정(SPF·DKIM·DMARC, 차단 목록)을 확인한 뒤 다시 보내 주세요.",
    Trouble.MESSAGE: "첨부와 본문의 크기, 주소의 형식을 확인해 주세요.",
    Trouble.OTHER: "서버의 답을 읽고 판단해 주세요.",
}


def _waits(*minutes: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=number) for number in minutes)


#: Waits before the second, third, … try. None of the classes is tried for longer than 29 hours after the first try:
#: what is told about an event has to arrive before it. A class that is not here is never tried again by itself. Policy
#: is only tried again where the server put us off, as Postfix does with names that DNS does not find (4.1.8, 4.7.25).
RETRY_TABLE: Mapping[Trouble, tuple[timedelta, ...]] = {
    Trouble.GREYLISTED: _waits(5, 10, 30, 60, 240, 720),
    Trouble.RATE: _waits(10, 30, 60, 120, 240, 480, 720),
    Trouble.MAILBOX_FULL: _waits(240, 1440),
    Trouble.SYSTEM: _waits(5, 20, 60, 240, 720),
    Trouble.NETWORK: _waits(15, 60, 240, 720),
    Trouble.POLICY: _waits(30, 120, 480, 720),
    Trouble.OTHER: _waits(5, 20, 60, 240, 720),
}

#: Statuses that say the recipient does not exist (X.1.7 and X.1.8 speak of the sender; X.1.9 of a next server that is
#: too old; X.1.10 of a domain that takes no mail, RFC 7505).
_UNKNOWN_USER = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10"})
#: Statuses that say nothing of the cause; words and code do.
_GENERIC = frozenset({"", "0.0", "1.0", "2.0", "3.0", "4.0", "5.0"})
_GREYLISTED = re.compile(r"gr[ea]ylist", re.IGNORECASE)
_FULL = re.compile(
    r"(mail ?box|quota|storage).{0,40}(full|exceed)|over ?quota|(full|exceed).{0,20}(mail ?box|quota)|"
    r"exceeded storage allocation|out of storage",
    re.IGNORECASE,
)
#: Google says 450 4.2.1 of a mailbox that gets mail too quickly, Daum 450 4.7.1 of too much mail from us, Microsoft
#: 4.5.127 of an excessive rate.
_TOO_MUCH = re.compile(
    r"too (?:many|quickly|fast)|at a rate|(?:message|unusual|excessive).{0,20} rate|rate.?limit|limit exceeded|"
    r"throttl|server (?:is )?busy",
    re.IGNORECASE,
)
#: Words of those that know no such recipient but give no status for it.
_NOBODY = re.compile(
    r"(?:user|recipient|mailbox) unknown|unknown (?:user|recipient|mailbox)|no such (?:user|recipient|mailbox|address)|"
    r"(?:user|recipient|mailbox|account|address) (?:not found|does ?n.t exist|does not exist)|"
    r"does ?n.t have an? \S+ account",
    re.IGNORECASE,
)
#: Refusals for our standing or our own address, behind whatever number: Exim says "Verification failed for <…> No Such
#: User Here Sender verify failed", Postfix "Sender address rejected: User unknown". A wrong suppression is worse than a
#: mail too many.
_STANDING = re.compile(
    r"spam|(?:black|block) ?list|blocked (?:by|using|for|because)|\b(?:rbl|spf|dkim|dmarc)\b|dnsbl|reputation|"
    r"sender (?:address|domain|verify|callout)|verif(?:y|ication) failed|backscatter",
    re.IGNORECASE,
)
_SUBJECTS = {
    "1.7": Trouble.POLICY, "1.8": Trouble.POLICY, "2.1": Trouble.OTHER, "2.2": Trouble.MAILBOX_FULL,
    "2.3": Trouble.MESSAGE, "3.3": Trouble.MESSAGE, "3.4": Trouble.MESSAGE, "4.5": Trouble.RATE, "4.7": Trouble.NETWORK,
}
_BY_DIGIT = {
    "2": Trouble.OTHER, "3": Trouble.SYSTEM, "4": Trouble.NETWORK, "5": Trouble.MESSAGE, "6": Trouble.MESSAGE,
}
#: X.7.20 to X.7.27: a signature, SPF, reverse DNS or several of them failed (RFC 7372); Google goes on to 4.7.32
#: for DKIM, TLS and DMARC, and has 4.7.28 for a rate.
_AUTHENTICATION = frozenset(f"7.{number}" for number in (*range(20, 28), *range(29, 33)))
#: Microsoft's words of a recipient that its directory lacks, or that does not get mail: (status, word).
_OF_RECIPIENT = (("4.1", "recipient address rejected"), ("5.0", "mailbox unavailable"))
#: Where no enhanced status is given (RFC 5321 §4.2.3).
_BY_CODE = {
    421: Trouble.RATE, 450: Trouble.OTHER, 451: Trouble.SYSTEM, 452: Trouble.SYSTEM, 550: Trouble.OTHER,
    552: Trouble.MESSAGE, 554: Trouble.POLICY,
}


def classify(code: int | None, status: str | None, text: str = "") -> Trouble:
    """The class of a refusal, temporary or final. Without a code nothing was said: the message could not be
    made."""
    if code is None:
        return Trouble.MESSAGE
    detail = status.partition(".")[2] if status else ""
    return _temporary(code, detail, text) if code < 500 else _final(code, detail, text)


def _temporary(code: int, detail: str, text: str) -> Trouble:
    """A server that puts us off. Every 4xx is worth another try (RFC 5321 §4.2.1), so none is the message's fault."""
    if _GREYLISTED.search(text):
        return Trouble.GREYLISTED
    if detail in _UNKNOWN_USER:
        return Trouble.OTHER
    if code == 421:  # whatever it says beside it: the connection is closed, go slower
        return Trouble.RATE
    if detail != "2.2" and _TOO_MUCH.search(text):
        return Trouble.RATE
    if detail == "7.1" and code in {450, 451}:
        return Trouble.GREYLISTED
    if detail.startswith("7."):
        return Trouble.POLICY if detail in _AUTHENTICATION else Trouble.RATE
    found = _by_status(detail, text) or _BY_CODE.get(code, Trouble.OTHER)
    return Trouble.OTHER if found is Trouble.MESSAGE else found


def _final(code: int, detail: str, text: str) -> Trouble:
    if detail in _UNKNOWN_USER or (detail in _GENERIC and _NOBODY.search(text)):
        return Trouble.POLICY if _STANDING.search(text) else Trouble.UNKNOWN_USER
    if detail.startswith("7."):
        return Trouble.POLICY
    if any(detail == number and word in text.lower() for number, word in _OF_RECIPIENT):
        return Trouble.OTHER
    found = _by_status(detail, text) or _BY_CODE.get(code, Trouble.OTHER)
    return Trouble.POLICY if found is Trouble.RATE else found


def _by_status(detail: str, text: str) -> Trouble | None:
    if detail in _SUBJECTS:
        return _SUBJECTS[detail]
    if _FULL.search(text):
        return Trouble.MAILBOX_FULL
    return _BY_DIGIT.get(detail[:1])


def may_pass(code: int | None, trouble: Trouble) -> bool:
    """Whether the refusal is worth another try: every 4xx (RFC 5321 §4.2.1), and of the 5xx a full mailbox, which is
    emptied some day."""
    return code is not None and (code < 500 or trouble is Trouble.MAILBOX_FULL)


def next_try(trouble: Trouble, attempts: int, now: datetime) -> datetime | None:
    """When to try again after ``attempts`` tries; None after the last."""
    waits = RETRY_TABLE.get(trouble, ())
    return now + waits[attempts - 1] if 0 < attempts <= len(waits) else None


def last_try(trouble: Trouble, attempts: int, next_try_at: datetime) -> datetime:
    """The latest time at which a recipient that is to be tried again at ``next_try_at``, after ``attempts`` tries, is
    tried if each try ends as the last did."""
    return next_try_at + sum(RETRY_TABLE.get(trouble, ())[attempts:], timedelta())
