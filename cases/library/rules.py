"""States of a best-practice case, what the featured company consented to, and what publication needs."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol

from outreach.companies.identity import normalise_company_name
from outreach.wording import Text


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


class CaseState(str, enum.Enum):
    DRAFT = "draft"
    FACT_CHECK = "fact_check"
    CONSENT = "consent"
    REVIEW = "review"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STATE_LABELS = {
    CaseState.DRAFT: _("작성 중"),
    CaseState.FACT_CHECK: _("사실 확인"),
    CaseState.CONSENT: _("기업 동의"),
    CaseState.REVIEW: _("검토"),
    CaseState.PUBLISHED: _("게시"),
    CaseState.WITHDRAWN: _("게시 중단"),
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
    ConsentScope.NONE: _("동의 전"),
    ConsentScope.ANONYMOUS: _("익명으로 공개"),
    ConsentScope.NAMED: _("기업명 공개"),
}

SIZE_BANDS = ((4, "5인 미만"), (9, "5~9인"), (29, "10~29인"), (49, "30~49인"), (99, "50~99인"), (299, "100~299인"))


def size_band(headcount: int | None) -> str:
    """`10~29인`: how an anonymous case speaks of size."""
    if headcount is None:
        return ""
    return next((label for limit, label in SIZE_BANDS if headcount <= limit), "300인 이상")


#: A record is written in these states; afterwards it goes back to DRAFT first.
WRITABLE = frozenset({CaseState.DRAFT, CaseState.FACT_CHECK, CaseState.CONSENT})

#: What the case sheet has room for (cases.sheets.content).
MAX_STEPS, MAX_FIGURES, MAX_ADVICE, MAX_PROGRAMMES = 5, 4, 5, 4

#: A shorter name is too common a word to look for in whole sentences.
_TELLING_NAME = 3


class Record(Protocol):
    """A case, as far as the rules of publication look at it."""

    display_name: Any
    headline: Any
    summary: Any
    problem: Any
    system: Any
    effect: Any
    quote: Any
    quote_by: Any
    photo_caption: Any
    photo_rights: Any
    photo_id: Any
    steps: Any
    figures: Any
    advice: Any
    consent_scope: Any
    consent_on: Any
    consent_until: Any
    consent_evidence: Any
    fact_checked_on: Any
    fact_checked_by: Any


def fact_problems(case: Record, today: date) -> list[str]:
    """What keeps the facts from counting as checked."""
    problems: list[str] = []
    if not (case.fact_checked_on and case.fact_checked_by):
        problems.append(Text("사실 확인일과 확인한 사람을 적어 주세요."))
    elif case.fact_checked_on > today:
        problems.append(Text("사실 확인일이 오늘보다 뒤입니다."))
    if not (case.summary and case.problem and case.effect):
        problems.append(Text("요약, 어려움, 달라진 점을 모두 적어 주세요."))
    if not case.steps:
        problems.append(Text("한 일을 한 단계 이상 적어 주세요."))
    if not case.figures:
        problems.append(Text("효과를 보여 주는 수치를 하나 이상 적어 주세요."))
    problems += [
        Text("수치 ‘%(label)s’의 출처를 적어 주세요.", label=row["label"])
        for row in case.figures if not row.get("source")
    ]
    return problems


def consent_problems(case: Record, today: date) -> list[str]:
    """What is wrong with the company's consent on ``today``."""
    if case.consent_scope is ConsentScope.NONE:
        return [Text("기업의 공개 동의 범위를 골라 주세요.")]
    problems: list[str] = []
    if not case.consent_on or not case.consent_evidence:
        problems.append(Text("동의한 날과 증빙을 적어 주세요."))
    elif case.consent_on > today:
        problems.append(Text("동의한 날이 오늘보다 뒤입니다."))
    if case.consent_until and case.consent_until < today:
        problems.append(Text("기업의 공개 동의 기간이 끝났습니다."))
    if case.photo_id and not case.photo_rights:
        problems.append(Text("사진의 권리 관계(촬영자, 초상 동의)를 적어 주세요."))
    return problems


def naming_problems(case: Record, company_name: str) -> list[str]:
    """Where a case that must stay anonymous gives the company's name away."""
    key = normalise_company_name(company_name) if company_name else ""
    if case.consent_scope is ConsentScope.NAMED or len(key) < 2:
        return []
    titles = {"표시 이름": case.display_name, "제목": case.headline}
    found = [label for label, text in titles.items() if key in normalise_company_name(text or "")]
    if len(key) >= _TELLING_NAME:
        found += [label for label, text in _texts(case) if key in normalise_company_name(text or "")]
    return [
        Text("익명 공개인데 ‘%(field)s’에 기업 이름이 들어 있습니다.", field=Text(label))
        for label in dict.fromkeys(found)
    ]


def _texts(case: Record) -> Iterator[tuple[str, str]]:
    yield from (
        ("요약", case.summary), ("어려움", case.problem), ("찾은 방법", case.system), ("달라진 점", case.effect),
        ("인용문", case.quote), ("말한 사람", case.quote_by), ("사진 설명", case.photo_caption),
    )
    yield from (("한 일", " ".join(step.values())) for step in case.steps)
    yield from (("수치", " ".join(map(str, row.values()))) for row in case.figures)
    yield from (("조언", text) for text in case.advice)
