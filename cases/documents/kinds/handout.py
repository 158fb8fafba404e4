"""The handout of a presentation (발표 자료): A4 landscape, one thought a page, with lines for notes beneath.

The upper 167 mm of a page are a picture of 16:9, as shown on the wall; the cover and the last page take all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.documents.kinds.base import Chosen, Kind, Room, Slot, Words
from cases.documents.kinds.campaign import STEPS, Campaign, campaign_slots, told
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions

#: Pages that are always there: cover, why, steps, apply.
FIXED_PAGES, FIGURES = 4, 3
LIMITS = {"cases": (0, 3), "programmes": (0, 5), "organisations": (0, 6)}


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True, kw_only=True)
class Handout(Campaign):
    """A handout of one presentation.

    ``occasion`` says when and where it was given; ``notes`` is the heading of the lines for notes, without it there
    are none.
    """

    NAME = _("발표 자료")
    COUNTS = {"steps": (STEPS, STEPS), "figures": (0, FIGURES), "charts": (0, 1), "programmes": LIMITS["programmes"],
              "cases": LIMITS["cases"], "checklist": (0, 5)}

    occasion: str = ""
    notes: str = ""

    @property
    def pages(self) -> int:
        """One page a chart, a programme and a case, beside the fixed ones: 4 to 13."""
        return FIXED_PAGES + len(self.charts) + len(self.programmes) + len(self.cases)


SLOTS: tuple[Slot, ...] = (
    Slot("occasion", _("발표한 자리"), Room.LINE, 60, box="표지 제목",
         hint=_("날짜와 모임 이름. 예: 2026. 11. 23.(월) 한빛산업단지 설명회")),
    Slot("notes", _("필기란 이름"), Room.LINE, 20, False, "메모", hint=_("비우면 필기란 없이 쪽을 넓게 씁니다.")),
    *campaign_slots(
        {"why_title": 40, "why_lead": 120, "why_text": 300, "apply_title": 40, "apply_lead": 120, "checklist": 200,
         "sources": 300},
        most_figures=FIGURES, imprint_box="출처와 펴낸곳",
    ),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Handout:
    """A handout as its pages say it."""
    return Handout(
        occasion=words.texts.get("occasion", ""), notes=words.texts.get("notes", ""),
        **told(words, chosen, issue, pictures, most_figures=FIGURES),
    )


KIND = Kind(
    name="handout", label=_("발표 자료"),
    about=_("설명회에서 나눠 주는 A4 가로 4~13쪽. 제도와 사례를 한 쪽에 하나씩 싣고 아래에 필기란을 둡니다."),
    slots=SLOTS, limits=LIMITS, compose=compose, template="pdf/handout/handout.html",
    options=lambda handout: RenderOptions(pages=handout.pages),
)
