"""What brochure, leaflet and handout tell of a campaign, each in its own room: why, for whom, how, and how to begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cases.documents.kinds.base import (
    CaseCard,
    Chosen,
    Paper,
    Room,
    Section,
    Slot,
    Words,
    case_card,
    entries,
    figure_slots,
    figures,
    imprint,
    programme_cards,
    section,
)
from cases.documents.kinds.charts import chart_slots, charts_of
from cases.sheets.content import Figure, ProgrammeCard, Step
from cases.sheets.service import Issue, Pictures
from outreach.wording import Text

STEPS = 3


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True, kw_only=True)
class Campaign(Paper):
    """A paper of one campaign. ``why`` argues, ``audience`` lists the companies meant, ``steps`` is the way with a
    planner, ``apply`` says how to begin; ``checklist`` is what to have at hand."""

    why: Section
    steps: tuple[Step, ...]
    apply: Section
    audience: tuple[str, ...] = ()
    programmes: tuple[ProgrammeCard, ...] = ()
    cases: tuple[CaseCard, ...] = ()
    figures: tuple[Figure, ...] = ()
    checklist: tuple[str, ...] = ()


def told(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures, *, most_figures: int) -> dict[str, Any]:
    """What a ``Campaign`` says, from words and records.

    :raises Invalid: a chart slot can't be read.
    """
    texts = words.texts
    return imprint(words, chosen, issue, pictures) | {
        "why": section(texts, "why"), "steps": steps(texts), "apply": section(texts, "apply"),
        "audience": entries(texts.get("audience", "")), "programmes": programme_cards(chosen),
        "cases": tuple(case_card(case, pictures, issue.day) for case in chosen.cases),
        "figures": tuple(figures(texts, most_figures)), "charts": charts_of(texts),
        "checklist": entries(texts.get("checklist", "")),
    }


# -- what a person writes --------------------------------------------------------------------------------

_WHY = (
    ("why_title", _("제목"), Room.LINE, True, "한 사람의 육아가 회사의 걱정이 되지 않도록"),
    ("why_lead", _("첫 문장"), Room.TEXT, False, "먼저 해 본 이웃 회사의 이야기를 들어 보세요."),
    ("why_text", _("본문"), Room.TEXT, False, ""),
)
_APPLY = (
    ("apply_title", _("제목"), Room.LINE, True, "전화 한 통이면 시작됩니다"),
    ("apply_lead", _("첫 문장"), Room.TEXT, False, "무엇이 걱정인지만 알려 주세요. 상담과 방문은 무료입니다."),
    ("apply_text", _("본문"), Room.TEXT, False, ""),
)
_AUDIENCE = "육아휴직을 쓰겠다는 직원이 처음 나온 회사\n빈자리를 채울 사람을 찾지 못한 회사"
_CHECKLIST = "사업자등록번호와 상시근로자 수\n지금 쓰는 취업규칙이나 근로계약서"
_STEPS = (
    ("전화로 듣습니다", "어떤 일이 걱정인지 10분쯤 이야기합니다. 아직 정해진 것이 없어도 괜찮습니다."),
    ("찾아갑니다", "회사에서 일의 순서와 근무표를 함께 보고, 쓸 수 있는 제도를 고릅니다."),
    ("끝까지 함께합니다", "대체인력 추천, 취업규칙, 지원금 신청까지 같은 사람이 돕습니다."),
)


def campaign_slots(limits: Mapping[str, int], *, most_figures: int, imprint_box: str = "") -> tuple[Slot, ...]:
    """The slots of a campaign's words, as far as ``limits`` (slot name to characters) names them; ``imprint_box``
    is where the sources stand."""
    return tuple(_slots(limits, most_figures, imprint_box))


def _slots(limits: Mapping[str, int], most_figures: int, imprint_box: str) -> Iterator[Slot]:
    for name, label, room, required, opening in _WHY:
        if name in limits:
            yield Slot(name, label, room, limits[name], required, opening, _("취지"))
    if "audience" in limits:
        yield Slot("audience", _("이런 회사에 권합니다"), Room.LIST, limits["audience"], True, _AUDIENCE, box="대상")
    yield from figure_slots(most_figures, box="취지의 숫자")
    yield from chart_slots(1, box="차트")
    yield from step_slots()
    for name, label, room, required, opening in _APPLY:
        if name in limits:
            yield Slot(name, label, room, limits[name], required, opening, _("신청"), box="신청 안내")
    yield Slot("checklist", _("있으면 좋은 것"), Room.LIST, limits["checklist"], False, _CHECKLIST, box="준비할 것")
    yield Slot("sources", _("출처"), Room.LIST, limits["sources"], box=imprint_box)


def step_slots() -> tuple[Slot, ...]:
    """Slots for the three steps with a planner."""
    slots: list[Slot] = []
    for number, (title, text) in enumerate(_STEPS, 1):
        group = Text("이용 절차 %(n)s", n=number)
        slots += [
            Slot(f"step{number}_title", _("제목"), Room.LINE, 30, True, title, group),
            Slot(f"step{number}_when", _("때"), Room.LINE, 30, group=group),
            Slot(f"step{number}_text", _("설명"), Room.TEXT, 200, True, text, group),
        ]
    return tuple(slots)


def steps(texts: Mapping[str, str]) -> tuple[Step, ...]:
    """What ``step_slots`` say."""
    return tuple(
        Step(*(texts.get(f"step{number}_{part}", "") for part in ("title", "text", "when")))
        for number in range(1, STEPS + 1)
    )
