"""The web edition of a material: what its published edition says, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from cases.blocks import cards
from cases.blocks.content import Block
from cases.blocks.writing import to_html
from cases.documents import blocks, service, versions
from cases.documents.printing import read_back
from cases.library.models import Case
from cases.library.rules import Outlet
from cases.materials.models import Edition
from outreach.charts.drawing import drawn
from outreach.charts.spec import Chart, sentence
from outreach.errors import Unavailable
from outreach.programmes.models import ProgrammeVersion

#: Points; the page makes it as wide as there is room, on a phone about as large as on paper.
_CHART_WIDTH = 255.0


def blocks_of(session: Session, edition: Edition) -> list[Block]:
    """What was printed as this edition, in blocks: of a document the version it was made of."""
    material = edition.material
    if material.case is not None:
        return blocks.of_case(material.case)
    document = material.document
    assert document is not None  # the table's check: made of exactly one
    if edition.document_version is None:
        return blocks.of_document(service.kind_of(document), service.words(document), service.chosen(document))
    content = versions.get(session, document, edition.document_version).content
    return blocks.of_document(*read_back(session, document.kind, content))


def shown(session: Session, rows: Sequence[Block], today: date) -> list[Mapping[str, Any]]:
    """The blocks as a page shows them on ``today``. A case that may no longer be shown is left out."""
    made: list[Mapping[str, Any]] = []
    for block in rows:
        if block["kind"] == "case":
            case = session.get(Case, block["case_id"])
            if case is not None and cards.case_problem(case, today, Outlet.WEB) is None:
                made.append({"kind": "case", **cards.case_card(case)})
        elif block["kind"] == "programme":
            version = session.get(ProgrammeVersion, block["version_id"])
            if version is not None:
                made.append({"kind": "programme", **cards.programme_card(version, today)})
        elif block["kind"] == "chart":
            made.append(chart_shown(block))
        elif block["kind"] == "text":
            made.append({"kind": "text", "html": to_html(block["text"])})
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
