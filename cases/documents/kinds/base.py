"""What a kind of document is: the words a person writes for it, the records it shows, and how both become pages.

A document keeps its words by slot name (``texts``). Paragraphs are separated by an empty line, list entries by line
ends. A kind turns words and records into plain content and names the template that sets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from cases.library.models import Case
from cases.library.scenes import TOWN, scene
from cases.sheets import service as sheets
from cases.sheets.content import Contact, Fact, Figure, Mark, Picture, ProgrammeCard, Quote, Style, check_counts
from cases.sheets.service import Issue, Pictures
from outreach.charts.spec import Chart
from outreach.organisations.models import Organisation
from outreach.pdf.options import RenderOptions
from outreach.programmes.models import ProgrammeVersion
from outreach.wording import Text

if TYPE_CHECKING:
    from jinja2 import Environment

FIGURES, MAX_PARTNERS = 3, 6


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


STYLE_LABELS = {
    Style.CALM: _("차분한 제도 안내"),
    Style.WARM: _("이웃 회사 이야기"),
    Style.GLANCE: _("한눈에 보는 안내"),
}


class Room(str, Enum):
    """How a slot is written: one line, a text, a list with one entry a line, or one of its choices."""

    LINE = "line"
    TEXT = "text"
    LIST = "list"
    CHOICE = "choice"


@dataclass(frozen=True)
class Slot:
    """``limit`` in characters; ``opening``: what a new document begins with; ``group`` is the heading under which
    the editor shows it together with its neighbours of the same group; ``hint``: how to write it; ``box``: the name
    (``data-fit``) of the box it is set in on paper, if that is neither its group nor its label; ``choices``: values
    with their labels, of which ``read`` finds the one that older words mean."""

    name: str
    label: str
    room: Room
    limit: int
    required: bool = False
    opening: str = ""
    group: str = ""
    hint: str = ""
    box: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    read: Callable[[str], str] = str

    def shown(self, written: str) -> str:
        """What a person is told that the slot says: the words, or the label of the choice."""
        return dict(self.choices).get(self.read(written), written) if written else written


@dataclass(frozen=True)
class Words:
    """What a person wrote."""

    title: str
    subtitle: str
    style: Style
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Chosen:
    """The records a document shows, each in the order chosen."""

    cases: tuple[Case, ...] = ()
    programmes: tuple[ProgrammeVersion, ...] = ()
    organisations: tuple[Organisation, ...] = ()


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of document.

    ``name`` is kept in the record and names the folder of its templates; ``about`` says in one sentence what for,
    on which paper and how many pages. ``limits``: how few and how many ``cases``, ``programmes`` and
    ``organisations`` it shows. ``compose`` makes its content, frozen data without records; ``template`` is given
    that as ``doc``, and ``options`` says how it is printed. ``counted`` are charts of the records themselves.
    """

    name: str
    label: str
    about: str
    slots: tuple[Slot, ...]
    limits: Mapping[str, tuple[int, int]]
    compose: Callable[[Words, Chosen, Issue, Pictures], Any]
    template: str
    options: Callable[[Any], RenderOptions]
    counted: Callable[[Chosen], tuple[Chart, ...]] = lambda _chosen: ()

    @property
    def slot_names(self) -> frozenset[str]:
        """The names of its slots."""
        return frozenset(slot.name for slot in self.slots)

    def room_for(self, records: str) -> int:
        """How many ``cases``, ``programmes`` or ``organisations`` it shows at most."""
        return self.limits.get(records, (0, 0))[1]

    def opening(self) -> dict[str, str]:
        """What a new document of this kind says before anyone has written."""
        return {slot.name: slot.opening for slot in self.slots if slot.opening}

    def missing(self, texts: Mapping[str, str]) -> list[str]:
        """Labels of required slots without words."""
        return [labelled(slot) for slot in self.slots if slot.required and not (texts.get(slot.name) or "").strip()]

    def to_html(self, env: Environment, content: Any) -> str:
        """The content as HTML for ``outreach.pdf.render``, with ``options(content)``.

        :param env: from ``outreach.pdf.templates.environment``.
        :raises Invalid: more entries than the pages hold, where the content can ``check()`` itself.
        """
        if hasattr(content, "check"):
            content.check()
        return env.get_template(self.template).render(doc=content)


def labelled(slot: Slot) -> str:
    """The slot's label, with its group where it alone would not say what is meant."""
    if not slot.group:
        return slot.label
    return Text("%(group)s: %(label)s", group=Text(slot.group), label=Text(slot.label))


# -- parts that several kinds share ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What every paper says of itself: its title, who issues it and when, whose marks it bears, where it read what.

    ``issued_on`` is the day the programme rows are judged by. ``NAME`` and ``COUNTS`` say, for those who write it,
    what it is and how few and many entries its lists hold.
    """

    NAME: ClassVar[str]
    COUNTS: ClassVar[Mapping[str, tuple[int, int]]]

    title: str
    issuer: str
    contact: Contact
    issued_on: date
    subtitle: str = ""
    charts: tuple[Chart, ...] = ()
    partners: tuple[Mark, ...] = ()
    sources: tuple[str, ...] = ()
    edition: str = ""
    licence: str = ""
    style: Style = Style.CALM

    def check(self) -> None:
        """Refuse what the pages cannot hold.

        :raises Invalid: names the field.
        """
        check_counts(self, {"partners": (0, MAX_PARTNERS), **self.COUNTS}, Text(self.NAME))


def imprint(words: Words, chosen: Chosen, issue: Issue, pictures: Pictures) -> dict[str, Any]:
    """What a ``Paper`` says of itself, from the records."""
    return {
        "title": words.title, "subtitle": words.subtitle, "issuer": issue.issuer, "contact": issue.contact,
        "issued_on": issue.day, "edition": issue.edition, "licence": issue.licence, "style": words.style,
        "partners": tuple(sheets.mark(row, pictures) for row in chosen.organisations),
        "sources": sources(words.texts, chosen.cases),
    }


def programme_cards(chosen: Chosen) -> tuple[ProgrammeCard, ...]:
    """The chosen programmes as printed."""
    return tuple(sheets.programme_card(version) for version in chosen.programmes)


@dataclass(frozen=True)
class Section:
    """A heading with its opening sentence and paragraphs."""

    title: str
    lead: str = ""
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseCard:
    """A case in brief; ``scene`` is drawn where there is no photograph."""

    title: str
    company: str
    summary: str
    facts: tuple[Fact, ...] = ()
    effect: Figure | None = None
    quote: Quote | None = None
    photo: Picture | None = None
    programmes: tuple[str, ...] = ()
    scene: str = TOWN


def paragraphs(text: str) -> tuple[str, ...]:
    """``text`` cut at empty lines; single line ends are spaces."""
    return tuple(" ".join(part.split()) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def entries(text: str) -> tuple[str, ...]:
    """One entry a line."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def section(texts: Mapping[str, str], name: str) -> Section:
    """What the slots ``name_title``, ``name_lead`` and ``name_text`` say."""
    return Section(
        texts.get(f"{name}_title", ""), texts.get(f"{name}_lead", ""), paragraphs(texts.get(f"{name}_text", ""))
    )


def figure_slots(count: int = FIGURES, box: str = "") -> tuple[Slot, ...]:
    """Slots for ``count`` figures with label, value, unit and source, set in ``box``."""
    labels = (("label", _("무엇"), 40), ("value", _("수"), 10), ("unit", _("단위"), 10), ("source", _("출처"), 80))
    return tuple(
        Slot(f"figure{number}_{key}", label, Room.LINE, limit, group=Text("숫자 %(n)s", n=number), box=box)
        for number in range(1, count + 1) for key, label, limit in labels
    )


def figures(texts: Mapping[str, str], count: int = FIGURES) -> Iterable[Figure]:
    """What ``figure_slots`` say, where both label and value are written."""
    for number in range(1, count + 1):
        label, value, unit, source = (
            texts.get(f"figure{number}_{key}", "") for key in ("label", "value", "unit", "source")
        )
        if label and value:
            yield Figure(label, value, unit, "", source)


def case_card(case: Case, pictures: Pictures, day: date) -> CaseCard:
    """A case in brief, as its record says it on ``day``."""
    return CaseCard(
        title=case.headline, company=case.display_name, summary=case.summary, facts=sheets.facts(case),
        effect=sheets.figure(case.figures[0]) if case.figures else None, quote=sheets.quote(case),
        photo=sheets.photo(case, pictures, day),
        programmes=tuple(version.programme.name_ko for version in case.programmes), scene=scene(case.section),
    )


def sources(texts: Mapping[str, str], cases: Iterable[Case]) -> tuple[str, ...]:
    """The slot ``sources``, and that a case is made up where one is."""
    written = entries(texts.get("sources", ""))
    return (*written, sheets.FICTIONAL) if any(case.fictional for case in cases) else written
