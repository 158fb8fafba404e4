"""States of a best-practice case, what the featured company consented to, and what publication needs."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol

from cases.library.rights import photo_problems
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


class Outlet(str, enum.Enum):
    """Where a company agreed that its case may be shown."""

    PRINT = "print"
    WEB = "web"
    MAIL = "mail"
    PRESS = "press"


OUTLET_LABELS = {
    Outlet.PRINT: _("인쇄물(사례집, 책자)"),
    Outlet.WEB: _("누리집 사례관"),
    Outlet.MAIL: _("안내 메일"),
    Outlet.PRESS: _("보도자료, 언론"),
}


class Need(str, enum.Enum):
    """What a company was worried about, in a few fixed words: by them cases are found and compared."""

    SUBSTITUTE = "substitute"
    LEAVE = "leave"
    SHORTER_HOURS = "shorter_hours"
    FLEXIBLE = "flexible"
    SHARING = "sharing"
    RETURN = "return"
    CHILDCARE = "childcare"
    CULTURE = "culture"


NEED_LABELS = {
    Need.SUBSTITUTE: _("대체인력"),
    Need.LEAVE: _("육아휴직 쓰기"),
    Need.SHORTER_HOURS: _("근로시간 단축"),
    Need.FLEXIBLE: _("유연근무"),
    Need.SHARING: _("업무 나누기"),
    Need.RETURN: _("복직과 적응"),
    Need.CHILDCARE: _("자녀 돌봄"),
    Need.CULTURE: _("제도와 분위기"),
}

#: A record is written in these states; afterwards it goes back to DRAFT first.
WRITABLE = frozenset({CaseState.DRAFT, CaseState.FACT_CHECK, CaseState.CONSENT})

#: What a record is called that an interview has just begun.
UNTITLED, UNNAMED = "제목을 정하지 않은 조사", "표시 이름을 정하지 않음"

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
    photos: Any
    steps: Any
    figures: Any
    advice: Any
    consent_scope: Any
    outlets: Any
    consent_on: Any
    consent_until: Any
    consent_evidence: Any
    consented_by: Any
    fact_checked_on: Any
    fact_checked_by: Any


def fact_problems(case: Record, today: date) -> list[str]:
    """What keeps the facts from counting as checked."""
    problems: list[str] = []
    if UNTITLED in case.headline or UNNAMED in case.display_name:
        problems.append(Text("제목과 표시 이름을 정해 주세요."))
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


def consent_problems(case: Record, today: date, outlet: Outlet | None = Outlet.PRINT) -> list[str]:
    """What keeps the case from being shown on ``today`` in ``outlet`` (None: anywhere at all): the company's consent,
    and on paper the rights to the leading picture, which stands on it."""
    problems = _standing_problems(case, today)
    if not problems and outlet is not None and outlet.value not in case.outlets:
        problems.append(Text("기업이 ‘%(outlet)s’에 싣는 데 동의하지 않았습니다.", outlet=Text(OUTLET_LABELS[outlet])))
    if outlet is Outlet.PRINT and case.photos:
        problems += photo_problems(case.photos[0], today)
    return problems


def _standing_problems(case: Record, today: date) -> list[str]:
    if case.consent_scope is ConsentScope.NONE:
        return [Text("기업의 공개 동의 범위를 골라 주세요.")]
    problems: list[str] = []
    if not case.consent_on or not case.consent_evidence:
        problems.append(Text("동의한 날과 증빙을 적어 주세요."))
    elif case.consent_on > today:
        problems.append(Text("동의한 날이 오늘보다 뒤입니다."))
    if case.consent_until and case.consent_until < today:
        problems.append(Text("기업의 공개 동의 기간이 끝났습니다."))
    if not case.outlets:
        problems.append(Text("어디에 싣는 데 동의했는지 골라 주세요."))
    return problems


def publication_problems(case: Record, today: date) -> list[str]:
    """What is asked for once, before publication, beside facts and consent: who consented, and that no picture goes
    along whose rights are not in order."""
    problems: list[str] = []
    if case.consent_scope is not ConsentScope.NONE and not case.consented_by:
        problems.append(Text("회사에서 동의한 사람의 이름을 적어 주세요."))
    for number, photo in enumerate(case.photos, 1):
        problems += [Text("사진 %(number)s: %(problem)s", number=number, problem=text)
                     for text in photo_problems(photo, today)]
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
        ("인용문", case.quote), ("말한 사람", case.quote_by),
    )
    yield from (("한 일", " ".join(step.values())) for step in case.steps)
    yield from (("수치", " ".join(map(str, row.values()))) for row in case.figures)
    yield from (("조언", text) for text in case.advice)
    yield from (("사진 설명", photo.caption) for photo in case.photos)
