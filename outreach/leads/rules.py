"""States of a lead, the moves between them, and what counts as what."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

from outreach.scope import LEAD_ROLES, STAFF_ROLES, Role


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


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
    LeadState.NEW: _("새 응답"),
    LeadState.CONTACTED: _("연락함"),
    LeadState.VISIT: _("방문 예정"),
    LeadState.DIAGNOSED: _("진단 완료"),
    LeadState.PROPOSED: _("지원방안 제안"),
    LeadState.APPLIED: _("신청"),
    LeadState.WON: _("활용 시작"),
    LeadState.LOST: _("종료"),
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
    Want.SUBSTITUTE: _("대체인력 채용 지원"),
    Want.FLEXIBLE: _("유연근무 도입"),
    Want.LEAVE_SUBSIDY: _("육아휴직·근로시간 단축 지원금"),
    Want.VISIT: _("플래너 방문 상담"),
    Want.MATERIALS: _("안내 자료"),
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
    ActivityKind.RESPONSE: _("응답"),
    ActivityKind.CALL: _("전화"),
    ActivityKind.MAIL: _("메일"),
    ActivityKind.VISIT: _("방문"),
    ActivityKind.NOTE: _("메모"),
    ActivityKind.STATE: _("상태 변경"),
    ActivityKind.ASSIGNMENT: _("배정"),
}

#: Kinds that are a contact with the company, for the first-contact measure.
CONTACT_KINDS = frozenset({ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.VISIT})
#: Kinds a person may enter by hand.
MANUAL_KINDS = [ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.VISIT, ActivityKind.NOTE]

#: A first contact is due within this many working days of the response (DOMAIN.md §5, stage 7).
FIRST_CONTACT_WORKDAYS = 3

#: The next action of a lead nobody has called yet.
FIRST_ACTION = _("첫 연락")

#: Who may look at leads, who works them, and who gives them to planners.
VIEW_ROLES = STAFF_ROLES
WORK_ROLES = LEAD_ROLES - {Role.PROMOTION}
ASSIGN_ROLES = frozenset({Role.HEADQUARTERS, Role.CENTRE_MANAGER})


class Respondent(NamedTuple):
    """Whom to call back, as they named themselves; any part may be ''."""

    name: str = ""
    phone: str = ""
    email: str = ""


def merge_wants(*lists: Iterable[str]) -> list[str]:
    """All wishes once, in the order of the form; words that are none are left out."""
    asked = {want for wants in lists for want in wants}
    return [want.value for want in Want if want.value in asked]
