"""The brochure (홍보 책자): one campaign on eight pages A4, stapled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from cases.documents.kinds.base import (
    CaseCard,
    Chosen,
    Kind,
    Room,
    Section,
    Slot,
    Style,
    Words,
    case_card,
    entries,
    figure_slots,
    figures,
    section,
    sources,
)
from cases.sheets import service as sheets
from cases.sheets.content import Contact, Figure, Mark, ProgrammeCard, Step, check_counts
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions
from outreach.wording import Text

PAGES, STEPS = 8, 3
LIMITS = {"cases": (1, 4), "programmes": (1, 6), "organisations": (0, 6)}
_T = TypeVar("_T")


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True)
class Brochure:
    """An eight-page brochure of one campaign.

    ``why`` argues, ``audience`` lists the companies meant, ``steps`` is the way with a planner (three steps),
    ``apply`` says how to begin; ``checklist`` is what to have at hand. ``issued_on`` is the day the programme rows
    are judged by.
    """

    title: str
    subtitle: str
    issuer: str
    contact: Contact
    issued_on: date
    why: Section
    audience: tuple[str, ...]
    steps: tuple[Step, ...]
    programmes: tuple[ProgrammeCard, ...]
    cases: tuple[CaseCard, ...]
    apply: Section
    figures: tuple[Figure, ...] = ()
    checklist: tuple[str, ...] = ()
    partners: tuple[Mark, ...] = ()
    sources: tuple[str, ...] = ()
    edition: str = ""
    licence: str = ""
    style: Style = Style.CALM

    def check(self) -> None:
        """Refuse what eight pages cannot hold.

        :raises Invalid: names the field.
        """
        limits = {"audience": (1, 6), "steps": (STEPS, STEPS), "programmes": LIMITS["programmes"],
                  "cases": LIMITS["cases"], "figures": (0, 3), "checklist": (0, 6), "partners": LIMITS["organisations"]}
        check_counts(self, limits, Text("홍보 책자"))

    @property
    def middle(self) -> tuple[MiddlePage, ...]:
        """Pages 4 to 6."""
        return middle_pages(self.programmes, self.cases)


@dataclass(frozen=True)
class MiddlePage:
    """One of pages 4 to 6: ``kind`` is ``programmes``, ``cases`` or ``notes``; ``first`` marks the kind's opening."""

    kind: str
    programmes: tuple[ProgrammeCard, ...] = ()
    cases: tuple[CaseCard, ...] = ()
    first: bool = True


def middle_pages(programmes: tuple[ProgrammeCard, ...], cases: tuple[CaseCard, ...]) -> tuple[MiddlePage, ...]:
    """Share three pages out between 1-6 programmes and 1-4 cases, at most three programmes on a page.

    Programmes take two pages when there are more than three, or when a single case leaves room; with one of each
    the third page is for notes. A brochure is stapled, so there are always eight pages.
    """
    two_for_programmes = len(programmes) > 3 or (len(cases) == 1 and len(programmes) > 1)
    two_for_cases = not two_for_programmes and len(cases) > 1
    pages = [MiddlePage("programmes", programmes=part, first=not at)
             for at, part in enumerate(_shared(programmes, 1 + two_for_programmes))]
    pages += [MiddlePage("cases", cases=part, first=not at)
              for at, part in enumerate(_shared(cases, 1 + two_for_cases))]
    if len(pages) < 3:
        pages.append(MiddlePage("notes"))
    return tuple(pages)


def _shared(items: tuple[_T, ...], pages: int) -> tuple[tuple[_T, ...], ...]:
    first = -(-len(items) // pages)
    return tuple(part for part in (items[:first], items[first:]) if part)


# -- what a person writes, and how it becomes a brochure -------------------------------------------------

_STEP_OPENINGS = (
    ("전화로 듣습니다", "어떤 일이 걱정인지 10분쯤 이야기합니다. 아직 정해진 것이 없어도 괜찮습니다.", ""),
    ("찾아갑니다", "회사에서 일의 순서와 근무표를 함께 보고, 쓸 수 있는 제도를 고릅니다.", ""),
    ("끝까지 함께합니다", "대체인력 추천, 취업규칙, 지원금 신청까지 같은 사람이 돕습니다.", ""),
)


def step_slots() -> tuple[Slot, ...]:
    """Slots for the three steps with a planner."""
    slots: list[Slot] = []
    for number, (title, text, when) in enumerate(_STEP_OPENINGS, 1):
        group = Text("이용 절차 %(n)s", n=number)
        slots += [
            Slot(f"step{number}_title", _("제목"), Room.LINE, 30, True, title, group),
            Slot(f"step{number}_when", _("때"), Room.LINE, 30, False, when, group),
            Slot(f"step{number}_text", _("설명"), Room.TEXT, 200, True, text, group),
        ]
    return tuple(slots)


def steps(texts: Mapping[str, str]) -> tuple[Step, ...]:
    """What ``step_slots`` say."""
    return tuple(
        Step(*(texts.get(f"step{number}_{part}", "") for part in ("title", "text", "when")))
        for number in range(1, STEPS + 1)
    )


SLOTS: tuple[Slot, ...] = (
    Slot("why_title", _("제목"), Room.LINE, 40, True, "한 사람의 육아가 회사의 걱정이 되지 않도록", _("취지")),
    Slot("why_lead", _("첫 문장"), Room.TEXT, 160, False, "먼저 해 본 이웃 회사의 이야기를 들어 보세요.", _("취지")),
    Slot("why_text", _("본문"), Room.TEXT, 600, group=_("취지")),
    Slot("audience", _("이런 회사에 권합니다"), Room.LIST, 360, True,
         "육아휴직을 쓰겠다는 직원이 처음 나온 회사\n빈자리를 채울 사람을 찾지 못한 회사", box="대상"),
    *figure_slots(box="취지의 숫자"),
    *step_slots(),
    Slot("apply_title", _("제목"), Room.LINE, 40, True, "전화 한 통이면 시작됩니다", _("신청"), box="신청 안내"),
    Slot("apply_lead", _("첫 문장"), Room.TEXT, 160, False,
         "무엇이 걱정인지만 알려 주세요. 상담과 방문은 무료입니다.", _("신청"), box="신청 안내"),
    Slot("apply_text", _("본문"), Room.TEXT, 400, group=_("신청"), box="신청 안내"),
    Slot("checklist", _("있으면 좋은 것"), Room.LIST, 300, False,
         "사업자등록번호와 상시근로자 수\n지금 쓰는 취업규칙이나 근로계약서", box="준비할 것"),
    Slot("sources", _("출처"), Room.LIST, 400),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Brochure:
    """A brochure as its eight pages say it."""
    texts = words.texts
    return Brochure(
        title=words.title, subtitle=words.subtitle, issuer=issue.issuer, contact=issue.contact,
        issued_on=issue.day, why=section(texts, "why"), audience=entries(texts.get("audience", "")),
        steps=steps(texts), programmes=tuple(sheets.programme_card(version) for version in chosen.programmes),
        cases=tuple(case_card(case, pictures, issue.day) for case in chosen.cases), apply=section(texts, "apply"),
        figures=tuple(figures(texts)), checklist=entries(texts.get("checklist", "")),
        partners=tuple(sheets.mark(row, pictures) for row in chosen.organisations),
        sources=sources(texts, chosen.cases), edition=issue.edition, licence=issue.licence, style=words.style,
    )


KIND = Kind(
    name="brochure", label=_("홍보 책자(8쪽)"),
    about=_("A4 8쪽 중철 책자. 취지, 절차, 지원제도, 사례, 신청을 한 권에 담습니다."),
    slots=SLOTS, limits=LIMITS, compose=compose, template="pdf/brochure/brochure.html",
    options=lambda brochure: RenderOptions(pages=PAGES),
)
