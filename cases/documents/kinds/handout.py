"""The handout of a presentation (발표 자료): A4 landscape, one thought a page, with lines for notes beneath.

The upper 167 mm of a page are a picture of 16:9, as shown on the wall; the cover and the last page take all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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
from cases.documents.kinds.brochure import STEPS, step_slots, steps
from cases.sheets import service as sheets
from cases.sheets.content import Contact, Figure, Mark, ProgrammeCard, Step, check_counts
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions
from outreach.wording import Text

#: Pages that are always there: cover, why, steps, apply.
FIXED_PAGES = 4
LIMITS = {"cases": (0, 3), "programmes": (0, 5), "organisations": (0, 6)}


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True)
class Handout:
    """A handout of one presentation.

    ``occasion`` says when and where it was given; ``notes`` is the heading of the lines for notes, without it there
    are none. ``issued_on`` is the day the programme rows are judged by.
    """

    title: str
    subtitle: str
    issuer: str
    contact: Contact
    issued_on: date
    why: Section
    steps: tuple[Step, ...]
    apply: Section
    occasion: str = ""
    notes: str = ""
    figures: tuple[Figure, ...] = ()
    programmes: tuple[ProgrammeCard, ...] = ()
    cases: tuple[CaseCard, ...] = ()
    checklist: tuple[str, ...] = ()
    partners: tuple[Mark, ...] = ()
    sources: tuple[str, ...] = ()
    edition: str = ""
    licence: str = ""
    style: Style = Style.CALM

    def check(self) -> None:
        """Refuse what the pages cannot hold.

        :raises Invalid: names the field.
        """
        limits = {"steps": (STEPS, STEPS), "figures": (0, 3), "programmes": LIMITS["programmes"],
                  "cases": LIMITS["cases"], "checklist": (0, 5), "partners": LIMITS["organisations"]}
        check_counts(self, limits, Text("발표 자료"))

    @property
    def pages(self) -> int:
        """One page a programme and a case, beside the fixed ones: 4 to 12."""
        return FIXED_PAGES + len(self.programmes) + len(self.cases)


SLOTS: tuple[Slot, ...] = (
    Slot("occasion", _("발표한 자리"), Room.LINE, 60, box="표지 제목",
         hint=_("날짜와 모임 이름. 예: 2026. 11. 23.(월) 한빛산업단지 설명회")),
    Slot("notes", _("필기란 이름"), Room.LINE, 20, False, "메모", hint=_("비우면 필기란 없이 쪽을 넓게 씁니다.")),
    Slot("why_title", _("제목"), Room.LINE, 40, True, "한 사람의 육아가 회사의 걱정이 되지 않도록", _("취지")),
    Slot("why_lead", _("첫 문장"), Room.TEXT, 120, False, "먼저 해 본 이웃 회사의 이야기를 들어 보세요.", _("취지")),
    Slot("why_text", _("본문"), Room.TEXT, 300, group=_("취지")),
    *figure_slots(box="취지의 숫자"),
    *step_slots(),
    Slot("apply_title", _("제목"), Room.LINE, 40, True, "전화 한 통이면 시작됩니다", _("신청"), box="신청 안내"),
    Slot("apply_lead", _("첫 문장"), Room.TEXT, 120, False,
         "무엇이 걱정인지만 알려 주세요. 상담과 방문은 무료입니다.", _("신청"), box="신청 안내"),
    Slot("checklist", _("있으면 좋은 것"), Room.LIST, 200, False,
         "사업자등록번호와 상시근로자 수\n지금 쓰는 취업규칙이나 근로계약서", box="준비할 것"),
    Slot("sources", _("출처"), Room.LIST, 300, box="출처와 펴낸곳"),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Handout:
    """A handout as its pages say it."""
    texts = words.texts
    return Handout(
        title=words.title, subtitle=words.subtitle, issuer=issue.issuer, contact=issue.contact, issued_on=issue.day,
        why=section(texts, "why"), steps=steps(texts), apply=section(texts, "apply"),
        occasion=texts.get("occasion", ""), notes=texts.get("notes", ""), figures=tuple(figures(texts)),
        programmes=tuple(sheets.programme_card(version) for version in chosen.programmes),
        cases=tuple(case_card(case, pictures, issue.day) for case in chosen.cases),
        checklist=entries(texts.get("checklist", "")),
        partners=tuple(sheets.mark(row, pictures) for row in chosen.organisations),
        sources=sources(texts, chosen.cases), edition=issue.edition, licence=issue.licence, style=words.style,
    )


KIND = Kind(
    name="handout", label=_("발표 자료"),
    about=_("설명회에서 나눠 주는 A4 가로 4~12쪽. 제도와 사례를 한 쪽에 하나씩 싣고 아래에 필기란을 둡니다."),
    slots=SLOTS, limits=LIMITS, compose=compose, template="pdf/handout/handout.html",
    options=lambda handout: RenderOptions(pages=handout.pages),
)
