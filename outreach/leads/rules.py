"""States of a lead, the moves between them, and what counts as what."""

from __future__ import annotations

import enum


class LeadState(str, enum.Enum):
    NEW = "new"
    CONTACTED = "contacted"
    VISIT = "visit"
    DIAGNOSED = "diagnosed"
    PROPOSED = "proposed"
    APPLIED = "applied"
    WON = "won"
    LOST = "lost"


STATE_LABELS = {
    LeadState.NEW: "새 응답",
    LeadState.CONTACTED: "연락함",
    LeadState.VISIT: "방문 예정",
    LeadState.DIAGNOSED: "진단 완료",
    LeadState.PROPOSED: "지원방안 제안",
    LeadState.APPLIED: "신청",
    LeadState.WON: "활용 시작",
    LeadState.LOST: "종료",
}

CLOSED = frozenset({LeadState.WON, LeadState.LOST})
OPEN = frozenset(LeadState) - CLOSED
#: The board's columns, in order of the work.
BOARD = [state for state in LeadState if state in OPEN]

#: A lead moves forward by any number of steps, back by correction, and closes from anywhere; a closed
#: one reopens as contacted.
MOVES: dict[LeadState, frozenset[LeadState]] = {
    state: (frozenset(LeadState) - {state, LeadState.NEW} if state in OPEN else frozenset({LeadState.CONTACTED}))
    for state in LeadState
}


class Want(str, enum.Enum):
    """What a company asks for on the response form."""

    SUBSTITUTE = "substitute"
    FLEXIBLE = "flexible"
    LEAVE_SUBSIDY = "leave_subsidy"
    VISIT = "visit"
    MATERIALS = "materials"


WANT_LABELS = {
    Want.SUBSTITUTE: "대체인력 채용 지원",
    Want.FLEXIBLE: "유연근무 도입",
    Want.LEAVE_SUBSIDY: "육아휴직·근로시간 단축 지원금",
    Want.VISIT: "플래너 방문 상담",
    Want.MATERIALS: "안내 자료",
}


class ActivityKind(str, enum.Enum):
    RESPONSE = "response"
    CALL = "call"
    MAIL = "mail"
    VISIT = "visit"
    NOTE = "note"
    STATE = "state"
    ASSIGNMENT = "assignment"


ACTIVITY_LABELS = {
    ActivityKind.RESPONSE: "응답",
    ActivityKind.CALL: "전화",
    ActivityKind.MAIL: "메일",
    ActivityKind.VISIT: "방문",
    ActivityKind.NOTE: "메모",
    ActivityKind.STATE: "상태 변경",
    ActivityKind.ASSIGNMENT: "배정",
}

#: Kinds that are a contact with the company, for the first-contact measure.
CONTACT_KINDS = frozenset({ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.VISIT})
#: Kinds a person may enter by hand.
MANUAL_KINDS = [ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.VISIT, ActivityKind.NOTE]

#: A first contact is due within this many working days of the response (DOMAIN.md §5, stage 7).
FIRST_CONTACT_WORKDAYS = 3
