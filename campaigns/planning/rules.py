"""States of a campaign and its eight stages (DOMAIN.md §5)."""

from __future__ import annotations

import enum


class CampaignState(str, enum.Enum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


STATE_LABELS = {
    CampaignState.DRAFT: "준비 중",
    CampaignState.ACTIVE: "진행 중",
    CampaignState.PAUSED: "잠시 멈춤",
    CampaignState.FINISHED: "종료",
    CampaignState.CANCELLED: "취소됨",
}

MOVES: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.ACTIVE, CampaignState.CANCELLED}),
    CampaignState.ACTIVE: frozenset({CampaignState.PAUSED, CampaignState.FINISHED, CampaignState.CANCELLED}),
    CampaignState.PAUSED: frozenset({CampaignState.ACTIVE, CampaignState.FINISHED, CampaignState.CANCELLED}),
    CampaignState.FINISHED: frozenset({CampaignState.ACTIVE}),
    CampaignState.CANCELLED: frozenset({CampaignState.DRAFT}),
}


#: What a person does to bring a campaign there, for the buttons.
MOVE_LABELS = {
    CampaignState.DRAFT: "준비로 되돌리기",
    CampaignState.ACTIVE: "진행하기",
    CampaignState.PAUSED: "잠시 멈추기",
    CampaignState.FINISHED: "마치기",
    CampaignState.CANCELLED: "캠페인 취소",
}


class StageKind(str, enum.Enum):
    PLAN = "plan"
    AGREEMENT = "agreement"
    CASES = "cases"
    MATERIALS = "materials"
    BRIEFING = "briefing"
    RESPONSES = "responses"
    PLANNERS = "planners"
    REPORT = "report"


STAGE_LABELS = {
    StageKind.PLAN: "계획 수립",
    StageKind.AGREEMENT: "협약",
    StageKind.CASES: "우수사례 발굴",
    StageKind.MATERIALS: "홍보물 제작·배포",
    StageKind.BRIEFING: "설명회",
    StageKind.RESPONSES: "응답 접수",
    StageKind.PLANNERS: "플래너 연계",
    StageKind.REPORT: "성과 보고",
}

#: What must be true for a stage to be done, in words for the page.
EXIT_TESTS = {
    StageKind.PLAN: "추진계획(안) 결재",
    StageKind.AGREEMENT: "협약서 서명, 개인정보 처리 근거 확정",
    StageKind.CASES: "사실 확인, 공개 동의, 승인",
    StageKind.MATERIALS: "접근성·공공누리·제도 시행일 확인",
    StageKind.BRIEFING: "참석자 입력",
    StageKind.RESPONSES: "사업자등록번호로 중복 정리, 수신 의사 확인",
    StageKind.PLANNERS: "관할 센터 배정, 3 영업일 안 첫 접촉",
    StageKind.REPORT: "실적 수치의 근거 확인",
}


class StageState(str, enum.Enum):
    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    SKIPPED = "skipped"


STAGE_STATE_LABELS = {
    StageState.OPEN: "시작 전",
    StageState.DOING: "진행 중",
    StageState.DONE: "완료",
    StageState.SKIPPED: "해당 없음",
}


class PartnerRole(str, enum.Enum):
    """What a partner does in a campaign."""

    CO_HOST = "co_host"
    INVITES = "invites"
    DISTRIBUTES = "distributes"
    VENUE = "venue"
    LINKS_PROGRAMME = "links_programme"


PARTNER_ROLE_LABELS = {
    PartnerRole.CO_HOST: "공동 주관",
    PartnerRole.INVITES: "회원사 초대",
    PartnerRole.DISTRIBUTES: "자료 배포",
    PartnerRole.VENUE: "장소 제공",
    PartnerRole.LINKS_PROGRAMME: "자체 사업 연계",
}
