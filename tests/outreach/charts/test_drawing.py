"""Charts as they are drawn: the SVG itself, and what of it arrives in a PDF."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest

from outreach.charts.drawing import ChartDrawer, drawn
from outreach.charts.palette import PALETTES
from outreach.charts.spec import ChartKind, chart
from outreach.charts.svg import cleaned
from outreach.errors import Unavailable
from outreach.pdf.inspect import inspect
from outreach.pdf.render import render
from outreach.pdf.templates import chart_svg

ROOT = Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"
ALT = "경남이 12곳으로 가장 많고 서울이 그다음이다."
ROWS = {
    ChartKind.BAR: [["경남 <b>", 12], ["서울 &amp; \"구로\"", 9], ["사업시설 관리, 사업 지원 및 임대 서비스업", 3]],
    ChartKind.LINE: [["2023", 120], ["2024", 180], ["2025", 175]],
    ChartKind.SHARE: [["10인 미만", 48], ["10~29인", 30], ["30~99인", 14], ["100~299인", 5], ["300인 이상", 3]],
    ChartKind.BEFORE_AFTER: [["월 연장근무", 22, 9], ["복귀", 0, 4]],
}


def asked(kind: ChartKind):
    return chart({"kind": kind.value, "title": "어디가 많은가", "unit": "곳", "source": "사례 기록", "alt": ALT,
                  "rows": ROWS[kind]})


@pytest.fixture(scope="module")
def drawer() -> Iterator[ChartDrawer]:
    drawer = ChartDrawer()
    yield drawer
    drawer.close()


@pytest.mark.parametrize("kind", list(ChartKind))
def test_every_kind_is_a_plain_svg_with_its_words(kind):
    root = ET.fromstring(drawn(asked(kind), "calm", 240))
    assert root.tag == f"{SVG}svg" and root.get("width") == "240pt" and root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == ALT and "어디가 많은가" in root.findtext(f"{SVG}desc")
    words = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    for label, *values in ROWS[kind]:
        assert all(part in words for part in label.split()) and all(f"{value}곳" in words for value in values)
    assert {element.get("font-family") for element in root.iter(f"{SVG}text")} == {"Pretendard GOV"}
    wide, high = (float(value) for value in root.get("viewBox").split()[2:])
    for element in root.iter(f"{SVG}text"):
        x, y = (float(value) for value in element.get("transform")[10:-1].split(","))
        assert -1 <= x <= wide and 0 <= y <= high


def test_the_same_chart_is_the_same_svg_from_any_process(drawer):
    wanted = asked(ChartKind.BAR)
    assert drawer.draw(wanted, "warm", 240) == drawn(wanted, "warm", 240)
    assert PALETTES["warm"].accent in drawn(wanted, "warm", 240)


def test_what_hostile_svg_holds_does_not_get_through():
    hostile = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"
        viewBox="0 0 9 9" onload="alert(1)"><script>alert(1)</script><foreignObject><p>x</p></foreignObject>
        <style>@import "http://10.0.0.1/"</style><image xlink:href="file:///etc/passwd"/><use xlink:href="#a"/>
        <a xlink:href="javascript:alert(1)"><text>link</text></a><rect fill="url(http://10.0.0.1/)" style="x" x="1"/>
        <text onclick="alert(1)" fill="#111111">남는 말</text></svg>"""
    kept = cleaned(hostile, asked(ChartKind.BAR))
    assert "남는 말" in kept and 'x="1"' in kept
    for word in ("script", "onload", "onclick", "foreignObject", "style", "href", "http://10", "url(", "link"):
        assert word not in kept
    with pytest.raises(ValueError, match="document type"):
        cleaned('<!DOCTYPE svg [<!ENTITY a "aa">]><svg xmlns="http://www.w3.org/2000/svg"/>', asked(ChartKind.BAR))


def test_a_drawer_that_died_or_hangs_is_replaced(drawer):
    drawer.draw(asked(ChartKind.LINE), "calm", 240)
    drawer._process.kill()
    drawer._process.wait()
    drawer._seconds, before = 0.0, drawer._seconds
    with pytest.raises(Unavailable, match="다시"):
        drawer.draw(asked(ChartKind.LINE), "calm", 240)
    drawer._seconds = before
    assert drawer.draw(asked(ChartKind.LINE), "calm", 240).startswith("<svg")


def test_in_a_pdf_the_words_are_text_the_faces_embedded_and_the_alternative_said():
    html = (
        '<!DOCTYPE html><html lang="ko"><head><title>차트</title><style>'
        '@font-face { font-family: "Pretendard GOV"; src: url(vendor/pretendard-gov/PretendardGOV-Regular.ttf) }'
        '@font-face { font-family: "Pretendard GOV"; font-weight: 700;'
        " src: url(vendor/pretendard-gov/PretendardGOV-Bold.ttf) }"
        "body { font-family: 'Pretendard GOV' }</style></head><body>"
        f"<p>{'차트 앞의 글입니다. ' * 9}</p>{chart_svg(asked(ChartKind.BAR), 'calm', 84.5)}</body></html>"
    )
    data = render(html, base_dir=ROOT / "static").data
    facts = inspect(data)
    assert facts.all_fonts_embedded and {font.name for font in facts.fonts} == {"Pretendard-GOV", "Pretendard-GOV-Bold"}
    assert "경남 <b>" in facts.text[0] and "12곳" in facts.text[0]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        figures = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"]
        assert [str(figure.Alt) for figure in figures] == [ALT]


def test_pages_do_not_load_the_drawing_engine():
    program = ("import sys, outreach.pdf.templates, outreach.charts.lines;"
               "sys.exit('altair' in sys.modules or 'vl_convert' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
