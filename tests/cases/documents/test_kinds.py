"""What holds for every kind of document: its pages can be seen from the start, its slots lead to boxes that exist."""

from __future__ import annotations

import re

import pytest

from cases.documents.kinds import KINDS
from cases.documents.kinds.base import Chosen, Style, Words
from cases.materials.drafts import padded
from cases.sheets import service as sheets
from outreach.pdf.render import render
from outreach.pdf.templates import environment
from tests.cases.paper import ASSETS, STATIC, TEMPLATES, TODAY


@pytest.mark.parametrize("name", ["one_pager", "notice", "collection"])
def test_a_new_document_shows_pages_before_anything_was_written_or_chosen(session, app, name) -> None:
    kind, pictures = KINDS[name], sheets.Pictures()
    issue = sheets.issue(session, None, day=TODAY)
    content = kind.compose(Words("제목", "", Style.CALM, kind.opening()), padded(kind, Chosen()), issue, pictures)
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
