"""The web edition of a material: what its published edition says, as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from cases.blocks import cards
from cases.blocks.content import Block
from cases.blocks.writing import to_html, to_plain
from cases.documents import blocks, service, versions
from cases.documents.kinds.base import Chosen, Kind, Words
from cases.documents.printing import read_back
from cases.library.models import Case
from cases.library.rules import Outlet
from cases.library.scenes import TOWN, scene
from cases.materials.models import Edition
from cases.sheets.content import Style
from outreach.charts.drawing import drawn
from outreach.charts.spec import Chart, sentence
from outreach.errors import Unavailable
from outreach.programmes.models import ProgrammeVersion

#: Points; the page makes it as wide as there is room, on a phone about as large as on paper.
_CHART_WIDTH = 255.0
PhotoOf = Callable[[Case], Mapping[str, str] | None]


#: Heads for what on paper stands on a page of its own.
_HEADS = {"step": "이렇게 함께합니다", "programme": "활용할 수 있는 제도"}


@dataclass(frozen=True)
class Part:
    """``groups``: what stands together, by its kind; ``title`` is '' for what stands before the first heading."""

    title: str
    groups: list[tuple[str, list[Mapping[str, Any]]]]


@dataclass(frozen=True)
class Page:
    """The page. ``heading`` is its title in the lines of the paper; ``style`` and ``scene`` name a drawing
    (cases.library.scenes), which a ``photo`` {url, alt} replaces; ``then`` is how the page speaks of a programme as it
    was."""

    heading: str
    lead: str
    style: str
    scene: str
    parts: list[Part]
    then: str
    place: str = ""
    photo: Mapping[str, str] | None = None
    partners: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """On one line."""
        return " ".join(self.heading.split())


def page_of(session: Session, edition: Edition, today: date, photo_of: PhotoOf) -> Page:
    """What ``edition`` says, with ``photo_of``: a case -> its leading picture for the page, or None."""
    material, rows = edition.material, blocks_of(session, edition)
    lead = to_plain(rows[0]["text"]) if rows and rows[0]["kind"] == "text" else ""
    parts = in_parts(shown(session, rows[1:] if lead else rows, today, photo_of))
    case = material.case
    if case is not None:
        return Page(
            material.title, lead, Style.WARM.value, scene(case.section), parts, "이 회사가 쓸 때는",
            cards.case_card(case)["place"], photo_of(case),
        )
    kind, words, chosen = _printed(session, edition)
    names = tuple(row.name for row in chosen.organisations) if kind.room_for("organisations") else ()
    return Page(words.title, lead, words.style.value, TOWN, parts, "이 자료를 인쇄할 때는", partners=names)


def in_parts(rows: Iterable[Mapping[str, Any]]) -> list[Part]:
    """From heading to heading, like beside like."""
    made: list[Part] = []
    for kind, found in groupby(rows, key=lambda row: "step" if row.get("step") else row["kind"]):
        items = list(found)
        if kind == "heading":
            made.append(Part(items[-1]["text"], []))
            continue
        if not made or (kind in _HEADS and made[-1].groups):
            made.append(Part(_HEADS.get(kind, ""), []))
        made[-1].groups.append((kind, items))
    return [part for part in made if part.groups]


def _printed(session: Session, edition: Edition) -> tuple[Kind, Words, Chosen]:
    """A document as this edition was made of it."""
    document = edition.material.document
    assert document is not None  # the table's check: made of exactly one
    if edition.document_version is None:
        return service.kind_of(document), service.words(document), service.chosen(document)
    content = versions.get(session, document, edition.document_version).content
    return read_back(session, document.kind, content)


def blocks_of(session: Session, edition: Edition) -> list[Block]:
    """What was printed as this edition, in blocks: of a document the version it was made of."""
    material = edition.material
    if material.case is not None:
        return blocks.of_case(material.case)
    return blocks.of_document(*_printed(session, edition))


def shown(session: Session, rows: Sequence[Block], today: date, photo_of: PhotoOf) -> list[Mapping[str, Any]]:
    """The blocks as a page shows them on ``today``. A case that may not be shown on the web is left out."""
    made: list[Mapping[str, Any]] = []
    for block in rows:
        if block["kind"] == "case":
            case = session.get(Case, block["case_id"])
            if case is not None and cards.case_problem(case, today, Outlet.WEB) is None:
                made.append({"kind": "case", "case": case, "photo": photo_of(case), **cards.case_card(case)})
        elif block["kind"] == "programme":
            version = session.get(ProgrammeVersion, block["version_id"])
            if version is not None:
                made.append({"kind": "programme", **cards.programme_card(version, today)})
        elif block["kind"] == "chart":
            made.append(chart_shown(block))
        elif block["kind"] == "text":
            made.append({"kind": "text", "html": to_html(block["text"]), "step": block.get("step")})
        else:
            made.append(block)
    return made


def chart_shown(block: Block) -> Mapping[str, Any]:
    """A chart as on paper: the same drawing, by the drawer's own process; while that fails, what it says in words."""
    chart = block["chart"]
    try:
        svg = Markup(drawn(chart, block["style"], _CHART_WIDTH))  # noqa: S704 - cleaned by outreach.charts.svg
    except Unavailable:
        svg = Markup()
    return {"kind": "chart", "title": chart.title, "source": chart.source, "svg": svg, "words": sentence(chart)}


def in_words(rows: Sequence[Block]) -> list[Block]:
    """The blocks for a mail, where no drawing can be shown: a chart says its rows."""
    return [_chart_in_words(block["chart"]) if block["kind"] == "chart" else block for block in rows]


def _chart_in_words(chart: Chart) -> Block:
    return {"kind": "text", "text": f"{sentence(chart)} (출처: {chart.source})"}
