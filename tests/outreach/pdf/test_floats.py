"""Boxes that WeasyPrint would quietly enlarge or break: floats in a fixed height, and a flow that leaves the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.pdf.errors import RenderError
from outreach.pdf.render import render

STATIC = Path(__file__).resolve().parents[3] / "static"
WORDS = "가나다라 마바사아 자차카타 " * 40


def printed(style: str, body: str) -> int:
    html = (
        '<!DOCTYPE html><html lang="ko"><head><title>칸</title><style>@font-face { font-family: "Pretendard GOV";'
        ' src: url(vendor/pretendard-gov/PretendardGOV-Regular.ttf) } @page { size: 100mm 100mm; margin: 10mm }'
        f' html {{ font: 10pt/16pt "Pretendard GOV" }} {style}</style></head><body>{body}</body></html>'
    )
    return render(html, base_dir=STATIC).pages


def test_floats_do_not_stretch_a_box_unseen() -> None:
    style = ".box { position: absolute; top: 0; width: 60mm; height: 40mm } .half { float: left; width: 29mm }"
    fits = '<div class="box" data-fit="칸"><div class="half">짧은 말</div><div class="half">짧은 말</div></div>'
    assert printed(style, fits) == 1
    with pytest.raises(RenderError, match="1쪽 ‘칸’"):
        printed(style, fits.replace("짧은 말", WORDS, 1))


def test_a_box_that_runs_on_to_the_next_page_does_not_fit() -> None:
    with pytest.raises(RenderError, match="1쪽 ‘칸’"):
        printed("", f'<div data-fit="칸">{"<p>" + WORDS + "</p>"}</div>')
