"""States of a best-practice case, and what the featured company consented to."""

from __future__ import annotations

import enum


class CaseState(str, enum.Enum):
    DRAFT = "draft"
    FACT_CHECK = "fact_check"
    CONSENT = "consent"
    REVIEW = "review"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STATE_LABELS = {
    CaseState.DRAFT: "작성 중",
    CaseState.FACT_CHECK: "사실 확인",
    CaseState.CONSENT: "기업 동의",
    CaseState.REVIEW: "검토",
    CaseState.PUBLISHED: "게시",
    CaseState.WITHDRAWN: "게시 중단",
}

MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.DRAFT: frozenset({CaseState.FACT_CHECK, CaseState.WITHDRAWN}),
    CaseState.FACT_CHECK: frozenset({CaseState.DRAFT, CaseState.CONSENT, CaseState.WITHDRAWN}),
    CaseState.CONSENT: frozenset({CaseState.DRAFT, CaseState.REVIEW, CaseState.WITHDRAWN}),
    CaseState.REVIEW: frozenset({CaseState.DRAFT, CaseState.PUBLISHED, CaseState.WITHDRAWN}),
    CaseState.PUBLISHED: frozenset({CaseState.WITHDRAWN}),
    CaseState.WITHDRAWN: frozenset({CaseState.DRAFT}),
}


class ConsentScope(str, enum.Enum):
    """Where the company agreed to be shown, and under which name."""

    NONE = "none"
    ANONYMOUS = "anonymous"
    NAMED = "named"


CONSENT_LABELS = {
    ConsentScope.NONE: "동의 전",
    ConsentScope.ANONYMOUS: "익명으로 공개",
    ConsentScope.NAMED: "기업명 공개",
}

SIZE_BANDS = ((4, "5인 미만"), (9, "5~9인"), (29, "10~29인"), (49, "30~49인"), (99, "50~99인"), (299, "100~299인"))


def size_band(headcount: int | None) -> str:
    """`10~29인`: how an anonymous case speaks of size."""
    if headcount is None:
        return ""
    return next((label for limit, label in SIZE_BANDS if headcount <= limit), "300인 이상")
