"""One programme on one page, from the dated catalogue: what, who, how much, when, how; as many pages as programmes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cases.documents.kinds.base import Chosen, Kind, Paper, Room, Slot, Words, entries, imprint, sources
from cases.documents.kinds.charts import chart_slots, charts_of
from cases.library.models import Case
from cases.sheets import service as sheets
from cases.sheets.content import Fact, Figure, ProgrammeCard
from cases.sheets.service import Issue, Pictures
from outreach.charts.spec import Chart
from outreach.pdf.options import RenderOptions
from outreach.programmes.models import ProgrammeVersion
from outreach.wording import Text

MAX_PROGRAMMES = 4


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


@dataclass(frozen=True)
class Question:
    """What a company asks, and the answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class NearCase:
    """A company that used the programme, in brief."""

    title: str
    company: str
    facts: tuple[Fact, ...] = ()
    effect: Figure | None = None
    quote: str = ""


@dataclass(frozen=True)
class ProgrammePage:
    """Everything a page says of one programme. ``source_address`` is where the source can be read."""

    programme: ProgrammeCard
    who: str = ""
    when: str = ""
    papers: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    combination: str = ""
    source_address: str = ""
    near: NearCase | None = None
    chart: Chart | None = None

    @property
    def words(self) -> int:
        """How much there is to set, in letters; the less, the larger it is set."""
        words = (self.who, self.when, self.combination, *self.papers, *self.programme.conditions,
                 *(text for item in self.questions for text in (item.question, item.answer)))
        boxes = 140 * ((self.near is not None) + (self.chart is not None))
        return sum(map(len, words)) + boxes


@dataclass(frozen=True, kw_only=True)
class OnePager(Paper):
    """One page for each programme. ``title`` stands small above each name, ``call`` above the telephone."""

    NAME = _("지원제도 한 장 안내")
    COUNTS = {"pages": (1, MAX_PROGRAMMES)}

    call: str
    pages: tuple[ProgrammePage, ...]


def _programme_slots() -> tuple[Slot, ...]:
    slots: list[Slot] = []
    for number in range(1, MAX_PROGRAMMES + 1):
        group = Text("제도 %(n)s", n=number)
        slots += [
            Slot(f"p{number}_who", _("누가 받나요"), Room.TEXT, 160, group=group,
                 hint=_("비워 두면 지원제도에 적힌 대상이 들어갑니다.")),
            Slot(f"p{number}_when", _("신청하는 때"), Room.TEXT, 120, group=group),
            Slot(f"p{number}_papers", _("필요한 서류"), Room.LIST, 300, group=group),
            Slot(f"p{number}_faq", _("자주 묻는 질문"), Room.LIST, 700, group=group,
                 hint=_("한 줄에 하나씩 ‘질문? 답’으로 적어 주세요.")),
        ]
    return tuple(slots)


SLOTS = (
    Slot("call", _("전화번호 위의 한마디"), Room.LINE, 30, True, "우리 회사도 되는지 물어보세요", box="문의"),
    *_programme_slots(),
    *chart_slots(1, box="제도 1"),
    Slot("sources", _("출처"), Room.LIST, 300),
)


def compose(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> OnePager:
    """The pages of the chosen programmes; a chosen case goes with the programme it used.

    :raises Invalid: a chart slot can't be read.
    """
    texts = words.texts
    near = _near(chosen)
    charts = charts_of(texts)
    pages = tuple(
        _page(number, version, texts, case, charts[0] if charts and number == 1 else None)
        for number, (version, case) in enumerate(zip(chosen.programmes, near, strict=True), 1)
    )
    shown = (case for case in near if case is not None)
    return OnePager(**imprint(words, chosen, issue, pictures) | {
        "call": texts.get("call", ""), "pages": pages, "sources": sources(texts, shown)})


def _near(chosen: Chosen) -> list[Case | None]:
    """For each programme the first case that used it; cases that used none of them fill the pages left."""
    used = {version.programme_id: case for case in reversed(chosen.cases) for version in case.programmes}
    found = [used.get(version.programme_id) for version in chosen.programmes]
    left = [case for case in chosen.cases if case not in found]
    return [case or (left.pop(0) if left else None) for case in found]


def _page(
    number: int, version: ProgrammeVersion, texts: Mapping[str, str], case: Case | None, chart: Chart | None
) -> ProgrammePage:
    said = {key: texts.get(f"p{number}_{key}", "") for key in ("who", "when", "papers", "faq")}
    return ProgrammePage(
        programme=sheets.programme_card(version), who=said["who"] or version.audience or "", when=said["when"],
        papers=entries(said["papers"]), questions=questions(said["faq"]), combination=version.combination or "",
        source_address=version.source_url or "",
        near=_near_case(case) if case is not None else None, chart=chart,
    )


def _near_case(case: Case) -> NearCase:
    return NearCase(case.headline, case.display_name, sheets.facts(case),
                    sheets.figure(case.figures[0]) if case.figures else None, case.quote)


def questions(text: str) -> tuple[Question, ...]:
    """One a line, cut after its first question mark; a line without one is a note, its answer empty."""
    found = []
    for line in entries(text):
        question, mark, answer = line.partition("?")
        found.append(Question(question + mark, answer.strip()))
    return tuple(found)


KIND = Kind(
    name="one_pager", label=_("지원제도 한 장 안내"),
    about=_("지원제도 하나를 A4 한 쪽에 담아 상담 때 건네는 안내입니다. 제도를 고른 만큼 쪽이 생깁니다."),
    slots=SLOTS, limits={"cases": (0, 4), "programmes": (1, MAX_PROGRAMMES), "organisations": (0, 6)},
    compose=compose, template="pdf/one_pager/one_pager.html",
    options=lambda content: RenderOptions(pages=len(content.pages)),
)
