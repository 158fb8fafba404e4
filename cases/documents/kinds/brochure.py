"""The brochure (홍보 책자): one campaign on eight pages A4, stapled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

from cases.documents.kinds.base import CaseCard, Chosen, Kind, Words
from cases.documents.kinds.campaign import STEPS, Campaign, campaign_slots, told
from cases.sheets.content import ProgrammeCard
from cases.sheets.service import Issue, Pictures
from outreach.pdf.options import RenderOptions

PAGES, FIGURES = 8, 3
#: Programmes stand between these heights of the page, so far apart (mm).
_HEAD, _FOOT, _BETWEEN = 62, 276, 4
LIMITS = {"cases": (1, 4), "programmes": (1, 6), "organisations": (0, 6)}
_T = TypeVar("_T")


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True, kw_only=True)
class Brochure(Campaign):
    """An eight-page brochure of one campaign."""

    NAME = _("홍보 책자")
    COUNTS = {"audience": (1, 6), "steps": (STEPS, STEPS), "programmes": LIMITS["programmes"],
              "cases": LIMITS["cases"], "figures": (0, FIGURES), "charts": (0, 1), "checklist": (0, 6)}

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

    @property
    def places(self) -> tuple[tuple[float, float], ...]:
        """Where each programme stands: its top and height in mm. Those with more to say are higher."""
        wanted = [_height(card) for card in self.programmes]
        room = _FOOT - _HEAD - _BETWEEN * (len(wanted) - 1)
        places, top = [], float(_HEAD)
        for height in wanted:
            share = round(room * height / sum(wanted), 2)
            places.append((round(top, 2), share))
            top += share + _BETWEEN
        return tuple(places)


def _height(card: ProgrammeCard) -> float:
    """About what a programme needs beside its neighbours, in mm."""
    lines = 5 + math.ceil(len(card.summary) / 38) + sum(math.ceil(len(text) / 38) for text in card.conditions)
    return max(14 + 5.6 * lines, 12 + 15.5 * max(1, len(card.amounts)))


def middle_pages(programmes: tuple[ProgrammeCard, ...], cases: tuple[CaseCard, ...]) -> tuple[MiddlePage, ...]:
    """Share three pages out between 1-6 programmes and 1-4 cases, at most three programmes on a page.

    Programmes take two pages when there are more than three, or when a single case leaves room; with one of each
    the third page is for notes. A brochure is stapled, so there are always eight pages.
    """
    two_for_programmes = len(programmes) > 3 or (len(cases) == 1 and len(programmes) > 1)
    two_for_cases = not two_for_programmes and len(cases) > 1
    pages = [MiddlePage("programmes", programmes=part, first=not at)
             for at, part in enumerate(_balanced(programmes) if two_for_programmes else (programmes,))]
    pages += [MiddlePage("cases", cases=part, first=not at)
              for at, part in enumerate(_shared(cases, 1 + two_for_cases))]
    if len(pages) < 3:
        pages.append(MiddlePage("notes"))
    return tuple(pages)


def _balanced(programmes: tuple[ProgrammeCard, ...]) -> tuple[tuple[ProgrammeCard, ...], ...]:
    """Two pages with as equal an amount to read as their order and three a page allow."""
    needs = [_height(card) for card in programmes]
    cuts = range(max(1, len(needs) - 3), min(3, len(needs) - 1) + 1)
    cut = min(cuts, key=lambda at: (abs(sum(needs[:at]) - sum(needs[at:])), -at))
    return programmes[:cut], programmes[cut:]


def _shared(items: tuple[_T, ...], pages: int) -> tuple[tuple[_T, ...], ...]:
    first = -(-len(items) // pages)
    return tuple(part for part in (items[:first], items[first:]) if part)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Brochure:
    """A brochure as its eight pages say it."""
    return Brochure(**told(words, chosen, issue, pictures, most_figures=FIGURES))


KIND = Kind(
    name="brochure", label=_("홍보 책자(8쪽)"),
    about=_("A4 8쪽 중철 책자. 취지, 절차, 지원제도, 사례, 신청을 한 권에 담습니다."),
    slots=campaign_slots(
        {"why_title": 40, "why_lead": 160, "why_text": 600, "audience": 360, "apply_title": 40, "apply_lead": 160,
         "apply_text": 400, "checklist": 300, "sources": 400},
        most_figures=FIGURES,
    ),
    limits=LIMITS, compose=compose, template="pdf/brochure/brochure.html",
    options=lambda brochure: RenderOptions(pages=PAGES),
)
