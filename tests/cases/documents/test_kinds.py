"""What holds for every kind of document: its pages can be seen from the start, its slots lead to boxes that exist."""

from __future__ import annotations

import re

import pytest

from cases.documents.kinds import KINDS
from cases.documents.kinds.base import Chosen, Style, Words
from cases.library.scenes import scene
from cases.materials.drafts import padded
from cases.sheets import service as sheets
from outreach.companies.ksic import SECTIONS
from outreach.pdf.render import render
from outreach.pdf.templates import environment
from tests.cases.paper import ASSETS, STATIC, TEMPLATES, TODAY


@pytest.mark.parametrize("name", ["one_pager", "notice", "collection"])
def test_a_new_document_shows_pages_before_anything_was_written_or_chosen(session, app, name) -> None:
    kind, pictures = KINDS[name], sheets.Pictures()
    issue = sheets.issue(session, None, day=TODAY)
    content = kind.compose(Words("제목", "", Style.WARM, kind.opening()), padded(kind, Chosen()), issue, pictures)
    html = kind.to_html(environment(TEMPLATES), content)
    assert render(html, base_dir=STATIC, assets=ASSETS, options=kind.options(content)).pages >= 1


@pytest.mark.parametrize("name", ["one_pager", "notice", "collection"])
def test_the_box_of_a_slot_is_on_paper(name) -> None:
    """So that the editor can lead from an overflow to the words."""
    folder = TEMPLATES / "pdf" / name
    text = "".join(path.read_text(encoding="utf-8") for path in [*folder.glob("*.html"),
        TEMPLATES / "pdf/shared/desk.html"])
    boxes = {re.sub(r"\{\{.*?\}\}", "1", box) for box in re.findall(r'data-fit="([^"]*)"', text)}
    named = {slot.box for slot in KINDS[name].slots if slot.box}
    assert named <= boxes


CHART = {
    "chart1_kind": "line", "chart1_title": "걸린 날", "chart1_unit": "일", "chart1_source": "조사",
    "chart1_rows": "10인 미만; 38\n100인 이상; 17", "chart1_alt": "회사가 작을수록 오래 걸린다.",
}


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if "chart1_rows" in kind.slot_names])
def test_a_figure_may_be_a_chart_in_every_kind(session, app, name) -> None:
    kind, pictures = KINDS[name], sheets.Pictures()
    words = Words("제목", "", Style.GLANCE, kind.opening() | CHART)
    content = kind.compose(words, padded(kind, Chosen()), sheets.issue(session, None, day=TODAY), pictures)
    html = kind.to_html(environment(TEMPLATES), content)
    assert html.count(">회사가 작을수록 오래 걸린다.</title>") == 1 and "출처 조사" in html and "걸린 날" in html


def test_only_what_has_no_room_for_a_chart_has_no_slot() -> None:
    assert {name for name, kind in KINDS.items() if "chart1_rows" not in kind.slot_names} == {"table_card"}


@pytest.mark.parametrize("style", list(Style))
def test_there_is_a_drawing_for_every_trade_in_every_style(style: Style) -> None:
    drawn = {path.stem for path in (STATIC / "pdf/scenes" / style.value).glob("*.svg")}
    assert {scene(section) for section in (*SECTIONS, None, "")} == drawn
