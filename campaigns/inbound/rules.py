"""What an incoming mail can be, what follows from it, and the words for both."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Role


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class Kind(str, enum.Enum):
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    COMPLAINT = "complaint"
    REPLY = "reply"
    UNSUBSCRIBE = "unsubscribe"
    UNKNOWN = "unknown"


KIND_LABELS = {
    Kind.BOUNCE: _("반송"),
    Kind.AUTO_REPLY: _("자동 응답"),
    Kind.COMPLAINT: _("스팸 신고"),
    Kind.REPLY: _("회신"),
    Kind.UNSUBSCRIBE: _("수신거부 요청"),
    Kind.UNKNOWN: _("알 수 없음"),
}


class BounceClass(str, enum.Enum):
    HARD = "hard"  # the address does not work
    SOFT = "soft"  # not now
    POLICY = "policy"  # not from us: the sender's set-up or content
    FULL = "full"  # mailbox over its quota


CLASS_LABELS = {
    BounceClass.HARD: _("주소 문제"),
    BounceClass.SOFT: _("일시적 문제"),
    BounceClass.POLICY: _("보내는 쪽 정책 문제"),
    BounceClass.FULL: _("메일함 용량 초과"),
}


class InboundState(str, enum.Enum):
    DONE = "done"  # dealt with by rule
    WAITING = "waiting"  # in the tray, for a person
    DECIDED = "decided"  # a person dealt with it
    IGNORED = "ignored"  # a person set it aside


STATE_LABELS = {
    InboundState.DONE: _("자동 처리"),
    InboundState.WAITING: _("확인 대기"),
    InboundState.DECIDED: _("담당자 처리"),
    InboundState.IGNORED: _("제외"),
}


class Way(str, enum.Enum):
    """How a mail came in."""

    MAILBOX = "mailbox"
    PIPE = "pipe"


class Reason(str, enum.Enum):
    """Why a mail was taken for what it is."""

    STATUS = "status"
    WORDS = "words"
    HEURISTIC = "heuristic"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    FEEDBACK = "feedback"
    NOT_SPAM = "not_spam"
    RECEIPT = "receipt"
    AUTO_HEADER = "auto_header"
    AUTO_WORDS = "auto_words"
    LEFT = "left"
    REFUSAL = "refusal"
    ANSWER = "answer"
    MENTIONS_REFUSAL = "mentions_refusal"
    STRANGER = "stranger"
    BULK = "bulk"
    UNREADABLE = "unreadable"


REASON_LABELS = {
    Reason.STATUS: _("반송 보고서의 상태 코드로 판단했습니다."),
    Reason.WORDS: _("반송 메일의 문구로 판단했습니다."),
    Reason.HEURISTIC: _("보고서 형식이 아니어서 반송 메일의 모양으로 판단했습니다."),
    Reason.DELAYED: _("배달이 늦어진다는 알림입니다. 받는 쪽 서버가 계속 시도합니다."),
    Reason.DELIVERED: _("배달되었다는 알림입니다."),
    Reason.FEEDBACK: _("메일 서비스가 스팸 신고를 전해 왔습니다(RFC 5965)."),
    Reason.NOT_SPAM: _("스팸이 아니라는 신고이거나 신고가 아닌 보고서입니다."),
    Reason.RECEIPT: _("메일을 열었다는 수신 확인입니다."),
    Reason.AUTO_HEADER: _("자동으로 보냈다는 표시가 있습니다(RFC 3834)."),
    Reason.AUTO_WORDS: _("부재중이나 자동 응답의 문구가 있습니다."),
    Reason.LEFT: _("담당자가 그만두었거나 바뀌었다는 자동 응답입니다. 연락처를 확인해 주세요."),
    Reason.REFUSAL: _("회신으로 수신을 거부했습니다(정보통신망법 제50조 제2항)."),
    Reason.ANSWER: _("우리 메일에 대한 회신입니다."),
    Reason.MENTIONS_REFUSAL: _("회신에 수신거부라는 말이 있습니다. 거부하려는 뜻인지 확인해 주세요."),
    Reason.STRANGER: _("어느 메일에 대한 것인지 알 수 없습니다."),
    Reason.BULK: _("여러 사람에게 보낸 메일입니다."),
    Reason.UNREADABLE: _("내용을 읽지 못했습니다. 원문을 확인해 주세요."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a mail is. ``address``: whom a report speaks of; ``final``: the other side has given up;
    ``unknown_user``: it says that there is no such recipient; ``text``: what its sender wrote, without quotations."""

    kind: Kind
    reason: Reason
    bounce_class: BounceClass | None = None
    address: str = ""
    status: str = ""
    diagnostic: str = ""
    final: bool = False
    unknown_user: bool = False
    left: bool = False
    text: str = ""


class Effect(str, enum.Enum):
    """What follows from a mail."""

    SUPPRESS = "suppress"
    COUNT = "count"
    RECORD = "record"
    LEAD = "lead"
    ASK = "ask"


EFFECT_LABELS = {
    Effect.SUPPRESS: _("이 주소로 더 보내지 않습니다."),
    Effect.COUNT: _("반송 횟수에 더합니다. 30일 안에 세 번이면 이 주소로 더 보내지 않습니다."),
    Effect.RECORD: _("기록만 합니다."),
    Effect.LEAD: _("응답으로 받아 플래너의 할 일로 올립니다."),
    Effect.ASK: _("확인함에 두어 담당자가 정합니다."),
}

#: So many final bounces of an address within this time, each of another mailing, and it is written to no more.
BOUNCES_ALLOWED = 3
BOUNCES_WITHIN = timedelta(days=30)

#: Complaints per accepted message from which on large providers sort a sender out (aim of Gmail and Yahoo).
COMPLAINT_LIMIT = 0.001

#: Who may look, and who may decide.
VIEW_ROLES = STAFF_ROLES
WORK_ROLES = EDITOR_ROLES | {Role.PLANNER}
#: Who looks after the sender's set-up.
POLICY_ROLES = frozenset({Role.ADMINISTRATOR, Role.HEADQUARTERS})


def effect(finding: Finding, *, ours: bool, known: bool) -> Effect:
    """What follows. ``ours``: the mail carries a token of ours, so it answers a mail that we sent; ``known``: we
    write to its sender's address. Without a token a report may be forged, so nothing follows of itself; a refusal
    counts all the same (정보통신망법 제50조 제2항 asks for no form), and can be taken back by hand."""
    match finding.kind:
        case Kind.BOUNCE:
            return _bounce_effect(finding) if ours else Effect.ASK
        case Kind.COMPLAINT:
            return Effect.SUPPRESS if ours else Effect.ASK
        case Kind.UNSUBSCRIBE:
            return Effect.SUPPRESS if ours or known else Effect.ASK
        case Kind.REPLY:
            return Effect.LEAD if ours else Effect.ASK
        case Kind.AUTO_REPLY:
            return Effect.ASK if finding.left else Effect.RECORD
    return Effect.ASK


def _bounce_effect(finding: Finding) -> Effect:
    if not finding.final or finding.bounce_class is BounceClass.POLICY:
        return Effect.RECORD
    if finding.unknown_user:
        return Effect.SUPPRESS
    return Effect.RECORD if finding.status.startswith("4.7.") else Effect.COUNT


def too_many_complaints(complaints: int, accepted: int) -> bool:
    return accepted > 0 and complaints > COMPLAINT_LIMIT * accepted
