"""Reports of mail servers: what their fields, codes and words say of an address (RFC 3464, RFC 3463, RFC 5965).

What Naver, Daum/Kakao and others really write, and which wording below rests on memory alone, is listed in
docs/decisions/0015-what-comes-back.md; what it does not know falls back to the report's code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campaigns.inbound.content import addresses
from campaigns.inbound.rules import BounceClass

#: X.1.7 and X.1.8 speak of the sender's address, X.1.9 of a server that speaks an older protocol.
_UNKNOWN_USER = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10"})
#: Our message or our standing: its size, its form, who we are.
_OURS = re.compile(r"(?:1\.[78]|2\.3|3\.4|5\.\d+|6\.\d+|7\.\d+)")
_GENERIC = re.compile(r"[245]\.(?:0\.0|1\.0|2\.0|3\.0|4\.0|5\.0)|2\..*|")

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.])")
_FAILURE = re.compile(r"(?<![\d.])([45]\.\d{1,2}\.\d{1,3})(?![\d.]|-\d)")  # among words, where versions stand, too
_CODE = re.compile(r"(?<![\d.-])([45]\d\d)(?=[ -]|$)")

#: Also a block that the recipient set against us (Daum: DDENY, RDENY), and our own address, where Exim or Postfix found
#: it to be nobody's. Not a mailbox that its provider blocked (Daum: RBLK), nor Microsoft's words for one it lacks.
_POLICY_WORDS = re.compile(
    r"spam|blacklist|block ?list|(?<!mailbox is )blocked|\brbl\b|dnsbl|reputation|\bspf\b|\bdkim\b|dmarc|policy|"
    r"not authori[sz]ed|denied your (?:e?-?mail|message)|sender (?:address|domain|verify|callout)|"
    r"backscatter|relay(?:ing)? (?:denied|not|operation)|"
    r"(?<!recipient address rejected: )access denied|rate limit|too many (?:mess|conn|mail|rec)|스팸|차단|"
    r"(?:보안|수신|발송|스팸) ?정책|인증되지|발송 ?제한|수신 ?제한",
    re.IGNORECASE,
)
_FULL_WORDS = re.compile(
    r"quota|mailbox (?:is )?full|over ?quota|mailbox size|insufficient (?:system )?storage|out of storage|"
    r"exceeded storage allocation|"
    r"용량 ?(?:이|을)? ?(?:초과|부족)|(?:메일함|편지함|메일박스)[^\n]{0,12}(?:가득|꽉|초과)|저장 ?공간[^\n]{0,8}부족",
    re.IGNORECASE,
)
_UNKNOWN_WORDS = re.compile(
    r"user unknown|unknown (?:user|recipient|address|mailbox)|no such (?:user|mailbox|recipient|address|person)|"
    r"no mailbox here|does ?n.t exist|does not exist|recipient not found|user not found|invalid (?:recipient|mailbox)|"
    r"not a valid (?:recipient|mailbox)|unrouteable address|address not found|undeliverable address|not our customer|"
    r"(?:mailbox|account) not found|does ?n.t have an? \S+ account|주소를? ?찾을 수 없|"
    r"존재하지 ?않는 ?(?:메일|이메일|주소|계정|아이디|사용자|수신)|"
    r"(?:계정|주소|아이디|사용자|수신자)[^\n]{0,10}존재하지 ?않|"
    r"없는 ?(?:메일 ?)?(?:주소|계정|아이디|사용자)|(?:탈퇴|해지)[^\n]{0,6}(?:회원|계정|아이디)|잘못된 ?(?:메일 ?)?주소",
    re.IGNORECASE,
)
_DISABLED_WORDS = re.compile(
    r"disabled|inactive|deactivated|suspended|discontinued|mailbox is blocked|no longer (?:valid|available|active)|"
    r"휴면|사용이? ?(?:중지|정지)|이용 ?정지",
    re.IGNORECASE,
)
_TEMPORARY_WORDS = re.compile(
    r"try again|temporar|greylist|timed? ?out|connection refused|deferred|will be retried|잠시 ?후|일시적",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says of an address. ``status``: the code in the form X.Y.Z, '' if it gives none."""

    bounce_class: BounceClass
    status: str = ""
    unknown_user: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient's fields of a delivery report (RFC 3464 §2.3)."""

    action: str = ""
    status: str = ""
    diagnostic: str = ""
    final: str = ""
    original: str = ""

    @property
    def address(self) -> str:
        """As we wrote it, if the report says so; else as the reporting server knew it."""
        return self.original or self.final

    def names(self, address: str) -> bool:
        return bool(address) and address.lower() in {self.final, self.original}


def groups(text: str) -> list[dict[str, str]]:
    """The field groups of a report part; the first field of a name counts. At most 200 groups are read."""
    found: list[dict[str, str]] = [{}]
    name = ""
    for line in text.splitlines():
        if not line.strip():
            if found[-1]:
                found.append({})
            if len(found) > 200:
                break
            name = ""
        elif line[0] in " \t":
            if name:
                found[-1][name] = f"{found[-1][name]} {line.strip()}"[:1000]
        else:
            key, colon, value = line.partition(":")
            name = key.strip().lower() if colon and len(key) <= 60 else ""
            if name and name in found[-1]:
                name = ""
            elif name:
                found[-1][name] = value.strip()[:1000]
    return [group for group in found if group]


def recipients(text: str) -> list[Recipient]:
    """The recipients of a message/delivery-status part."""
    return [
        Recipient(
            group.get("action", "").split(" ")[0].lower(), _status_of(group.get("status", "")),
            _value(group.get("diagnostic-code", "")), _address(group.get("final-recipient", "")),
            _address(group.get("original-recipient", "")),
        )
        for group in groups(text) if "final-recipient" in group or "original-recipient" in group or "action" in group
    ]


def chosen(found: Sequence[Recipient], address: str) -> Recipient:
    """The recipient a report is about for us: the one we wrote to, else the first that failed, else the first."""
    ours = [each for each in found if each.names(address)]
    failed = [each for each in found if each.action in {"failed", ""}]
    return next(iter([*ours, *failed, *found]))


def verdict(recipient: Recipient, text: str = "") -> Verdict:
    """What the server's code and words say; ``text``: the report for people, read where the fields say nothing."""
    status = recipient.status
    if _GENERIC.fullmatch(status):
        status = _failure_of(recipient.diagnostic) or status
    words = recipient.diagnostic or text
    if not status or _GENERIC.fullmatch(status):
        return _by_words(words, status)
    if status.startswith("4."):
        return Verdict(BounceClass.FULL if status == "4.2.2" else BounceClass.SOFT, status)
    return _by_status(status, recipient.diagnostic)


def _by_status(status: str, words: str) -> Verdict:
    """A permanent failure with a code that says something. Servers that refuse for spam with the code of an
    unknown user exist; their words count, since a wrong suppression is worse than a mail too many."""
    subject = status.partition(".")[2]
    if _OURS.fullmatch(subject) or _POLICY_WORDS.search(words):
        return Verdict(BounceClass.POLICY, status)
    if subject == "2.2":
        return Verdict(BounceClass.FULL, status)
    if subject in _UNKNOWN_USER:
        return Verdict(BounceClass.HARD, status, unknown_user=True)
    if subject.startswith("3."):
        return Verdict(BounceClass.SOFT, status)
    return Verdict(BounceClass.HARD, status, unknown_user=bool(_UNKNOWN_WORDS.search(words)))


def by_words(words: str) -> Verdict | None:
    """What a report in words alone says; None if they say nothing known."""
    known = (_POLICY_WORDS, _FULL_WORDS, _UNKNOWN_WORDS, _DISABLED_WORDS, _TEMPORARY_WORDS)
    return _by_words(words, "") if any(pattern.search(words) for pattern in known) or _FAILURE.search(words) else None


def _by_words(words: str, status: str) -> Verdict:
    status = _failure_of(words) or status
    if status and not _GENERIC.fullmatch(status):
        return verdict(Recipient(status=status, diagnostic=words))
    code = _CODE.search(words)
    if _POLICY_WORDS.search(words):
        return Verdict(BounceClass.POLICY, status)
    if _FULL_WORDS.search(words):
        return Verdict(BounceClass.FULL, status)
    if _UNKNOWN_WORDS.search(words):
        return Verdict(BounceClass.HARD, status, unknown_user=True)
    if _DISABLED_WORDS.search(words):
        return Verdict(BounceClass.HARD, status)
    if status.startswith("4") or _TEMPORARY_WORDS.search(words) or (code and code[1].startswith("4")):
        return Verdict(BounceClass.SOFT, status)
    permanent = status.startswith("5") or bool(code)
    return Verdict(BounceClass.HARD if permanent else BounceClass.SOFT, status)


def subjects_of_feedback(text: str) -> tuple[str, list[str]]:
    """(type, addresses complained for) of a message/feedback-report part (RFC 5965 §3)."""
    fields: dict[str, str] = {}
    for group in groups(text):
        fields = {**group, **fields}
    named: Iterable[str] = (fields.get(name, "") for name in ("original-rcpt-to", "removal-recipient"))
    return fields.get("feedback-type", "").strip().lower(), [each for value in named for each in addresses(value)]


def _status_of(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""


def _failure_of(words: str) -> str:
    found = _FAILURE.search(words)
    return found[1] if found else ""


def _value(field: str) -> str:
    """Without the type before it: ``smtp; 550 …``."""
    kind, semicolon, value = field.partition(";")
    return value.strip() if semicolon and re.fullmatch(r"[\w-]{1,20}", kind.strip()) else field.strip()


def _address(field: str) -> str:
    found = addresses(_value(field))
    return found[0] if found else ""
