"""A case collection (우수사례 모음집): companies' stories with contents, a summary in charts, index and colophon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cases.documents.kinds.base import Chosen, Kind, Paper, Room, Slot, Words, entries, imprint, paragraphs
from cases.documents.kinds.charts import chart_slots, charts_of, counted
from cases.library.models import Case
from cases.library.rules import ConsentScope
from cases.library.scenes import TOWN, scene
from cases.library.veil import LARGEST, SIZE_BANDS, WIDE_BANDS, shown, size_band
from cases.sheets import service as sheets
from cases.sheets.content import Fact, Figure, Picture, ProgrammeCard, Quote, Step, check_counts
from cases.sheets.service import Issue, Pictures
from outreach.charts.spec import MAX_LABEL, Chart
from outreach.companies.ksic import SECTIONS
from outreach.pdf.options import RenderOptions
from outreach.wording import Text

MAX_CASES = 60
#: A story with more letters than this takes two pages; a photograph needs room, too, and so does a long quote.
_ONE_PAGE, _BESIDE_PHOTO, _BESIDE_QUOTE = 850, 420, 0.75


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True)
class Story:
    """One company's story. ``region`` and ``industry`` are what the index lists it under; ``anchor`` is where
    contents and index lead."""

    number: int
    title: str
    lead: str
    company: str
    region: str
    industry: str
    problem: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    effect: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    quote: Quote | None = None
    advice: tuple[str, ...] = ()
    programmes: tuple[ProgrammeCard, ...] = ()
    photo: Picture | None = None
    facts: tuple[Fact, ...] = ()
    planner: str = ""
    fact_checked_on: date | None = None
    scene: str = TOWN

    @property
    def anchor(self) -> str:
        return f"story-{self.number}"

    @property
    def words(self) -> int:
        """Letters of its body."""
        steps = (text for step in self.steps for text in (step.title, step.text, step.when))
        return sum(map(len, (*self.problem, *self.found, *self.effect, *steps, *self.advice)))

    @property
    def long(self) -> bool:
        """Whether it takes two pages."""
        return self.words > (_BESIDE_PHOTO if self.photo else _ONE_PAGE) * (_BESIDE_QUOTE if self.squeezed else 1)

    @property
    def squeezed(self) -> bool:
        """Whether a quote stands in a line of its own, since figures take the width."""
        return self.quote is not None and len(self.figures) > 1


@dataclass(frozen=True)
class Group:
    """The stories of one region or industry, for the index."""

    label: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, kw_only=True)
class Collection(Paper):
    """A collection of 2 to 60 stories; ``charts`` count them and may add figures of their own."""

    NAME = _("우수사례 모음집")
    COUNTS = {"stories": (2, MAX_CASES), "charts": (0, 4)}

    stories: tuple[Story, ...]
    foreword_title: str = ""
    foreword: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    registration: str = ""

    @property
    def regions(self) -> tuple[Group, ...]:
        """The stories by region, in the order of the Korean alphabet."""
        return _groups((story.region, story) for story in self.stories)

    @property
    def industries(self) -> tuple[Group, ...]:
        """The stories by industry, in the order of the Korean alphabet."""
        return _groups((story.industry, story) for story in self.stories)

    def check(self) -> None:
        """Refuse what the pages cannot hold.

        :raises Invalid: names the field.
        """
        super().check()
        for story in self.stories:
            limits = {"steps": (0, 6), "figures": (0, 4), "advice": (0, 5), "programmes": (0, 4)}
            check_counts(story, limits, Text("사례 ‘%(title)s’", title=story.title))


def _groups(pairs: Iterable[tuple[str, Story]]) -> tuple[Group, ...]:
    found: dict[str, list[Story]] = {}
    for label, story in pairs:
        if label:
            found.setdefault(label, []).append(story)
    return tuple(Group(label, tuple(found[label])) for label in sorted(found))


SLOTS = (
    Slot("foreword_title", _("제목"), Room.LINE, 40, False, "먼저 해 본 회사에게 듣습니다", _("머리말")),
    Slot("foreword", _("본문"), Room.TEXT, 700, False,
         "작은 회사일수록 한 사람의 빈자리가 큽니다. 그래도 길을 찾은 이웃 회사들이 있습니다. "
         "무엇이 어려웠고 어떻게 풀었는지, 그 회사의 말로 옮겼습니다.", _("머리말")),
    *chart_slots(1),
    Slot("credits", _("만든 사람들"), Room.LIST, 400, box="판권"),
    Slot("registration", _("발간등록번호"), Room.LINE, 40, box="판권"),
    Slot("sources", _("출처"), Room.LIST, 400, box="판권"),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> Collection:
    """The chosen cases as stories in their order, counted by region, industry and size.

    :raises Invalid: too few or many cases, or a chart slot can't be read.
    """
    texts = words.texts
    stories = tuple(_story(number, case, pictures, issue.day) for number, case in enumerate(chosen.cases, 1))
    return Collection(
        **imprint(words, chosen, issue, pictures), stories=stories, foreword_title=texts.get("foreword_title", ""),
        foreword=paragraphs(texts.get("foreword", "")), charts=counts(chosen) + charts_of(texts),
        credits=entries(texts.get("credits", "")), registration=texts.get("registration", ""),
    )


def _story(number: int, case: Case, pictures: Pictures, day: date) -> Story:
    return Story(
        number=number, title=case.headline, lead=case.summary, company=case.display_name,
        region=_region(case), industry=SECTIONS.get(case.section, ""), problem=paragraphs(case.problem),
        found=paragraphs(case.system),
        steps=tuple(Step(row.get("title", ""), row.get("text", ""), row.get("when", "")) for row in case.steps),
        effect=paragraphs(case.effect), figures=tuple(sheets.figure(row) for row in case.figures),
        quote=sheets.quote(case),
        advice=tuple(case.advice),
        programmes=tuple(sheets.programme_card(version) for version in sheets.in_force(case, day)),
        photo=sheets.photo(case, pictures, day), facts=sheets.facts(case), planner=case.planner_name,
        fact_checked_on=case.fact_checked_on, scene=scene(case.section),
    )


def _region(case: Case) -> str:
    return case.province.name_ko if case.province and shown(case).place else ""


def _size(case: Case) -> str:
    """How large the company is, in bands; of an anonymous one only as much as tells nobody who it is."""
    return size_band(case.headcount) if case.consent_scope is ConsentScope.NAMED else shown(case).size


def counts(chosen: Chosen) -> tuple[Chart, ...]:
    """The chosen cases by region, industry and size as charts; what all have in common is no chart."""
    cases, source = chosen.cases, f"이 모음집에 실린 {len(chosen.cases)}곳"
    bands = [label for _limit, label in sorted((*SIZE_BANDS, *WIDE_BANDS))] + [LARGEST]
    industries = (_short(SECTIONS.get(case.section, "")) for case in cases)
    found = (
        counted("어느 지역의 회사인가", map(_region, cases), unit="곳", source=source, most=8),
        counted("어떤 일을 하는 회사인가", industries, unit="곳", source=source, most=8),
        counted("얼마나 큰 회사인가", map(_size, cases), unit="곳", source=source, order=bands),
    )
    return tuple(chart for chart in found if chart is not None)


def _short(label: str) -> str:
    """As long as a chart's label may be."""
    return label if len(label) <= MAX_LABEL else f"{label[:MAX_LABEL - 1]}…"


KIND = Kind(
    name="collection", label=_("우수사례 모음집"),
    about=_("여러 회사의 이야기를 차례, 찾아보기와 함께 엮은 A4 책입니다. 사례 하나에 한두 쪽, 60곳까지 담습니다."),
    slots=SLOTS, limits={"cases": (2, MAX_CASES), "programmes": (0, 0), "organisations": (0, 6)},
    compose=compose, template="pdf/collection/collection.html", options=lambda collection: RenderOptions(),
    counted=counts,
)
