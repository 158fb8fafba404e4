"""What a brochure says, as plain data, and how its eight pages are shared out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from cases.sheets.content import Contact, Fact, Figure, Mark, Picture, ProgrammeCard, Quote, Step, check_counts
from outreach.wording import Text

if TYPE_CHECKING:
    from jinja2 import Environment

BROCHURE_PAGES = 8
_TEMPLATE = "pdf/brochure/brochure.html"
_T = TypeVar("_T")


class Style(str, Enum):
    """How the brochure looks; the words are the same."""

    CALM = "calm"
    WARM = "warm"
    GLANCE = "glance"


STYLE_LABELS = {
    Style.CALM: "차분한 제도 안내",
    Style.WARM: "이웃 회사 이야기",
    Style.GLANCE: "한눈에 보는 안내",
}


@dataclass(frozen=True)
class Section:
    """A heading with its opening sentence and paragraphs."""

    title: str
    lead: str = ""
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseCard:
    """A case in brief, as told on a third of a page."""

    title: str
    company: str
    summary: str
    facts: tuple[Fact, ...] = ()
    effect: Figure | None = None
    quote: Quote | None = None
    photo: Picture | None = None
    programmes: tuple[str, ...] = ()


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
        limits = {"audience": (1, 6), "steps": (3, 3), "programmes": (1, 6), "cases": (1, 4), "figures": (0, 3),
                  "checklist": (0, 6), "partners": (0, 6)}
        check_counts(self, limits, Text("홍보 책자"))


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


def to_html(env: Environment, brochure: Brochure) -> str:
    """The brochure as HTML for ``outreach.pdf.render`` (``BROCHURE_PAGES`` pages).

    :param env: from ``outreach.pdf.templates.environment``.
    :raises Invalid: more entries than the pages hold.
    """
    brochure.check()
    return env.get_template(_TEMPLATE).render(
        brochure=brochure, middle=middle_pages(brochure.programmes, brochure.cases))
