"""The case sheet as it comes out of the renderer, re-opened."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import zxingcpp
from PIL import Image

from cases.sheets.content import SHEET_PAGES, CaseSheet, Fact, Figure, Mark, Picture, Step, Style, to_html
from outreach.errors import Invalid
from outreach.pdf.inspect import inspect, thumbnails
from outreach.pdf.options import RenderedPdf, RenderOptions
from outreach.pdf.render import render
from outreach.pdf.templates import environment
from tests.cases.paper import (
    ASSETS,
    CONTACT,
    LONG_NAME,
    LONG_PROGRAMME,
    PHOTO,
    SENTENCE,
    STATIC,
    TEMPLATES,
    mark,
    programme,
    sheet,
)
from tests.standards import faults

ENV = environment(TEMPLATES)


def printed(content: CaseSheet) -> RenderedPdf:
    return render(to_html(ENV, content), base_dir=STATIC, assets=ASSETS, options=RenderOptions(pages=SHEET_PAGES))


def text_of(content: CaseSheet) -> str:
    return " ".join(" ".join(inspect(printed(content).data).text).split())


@pytest.fixture(scope="module", params=list(Style))
def made(request: pytest.FixtureRequest) -> RenderedPdf:
    return printed(sheet(style=request.param, photo=None if request.param is Style.CALM else PHOTO))


def test_two_accessible_pages_tell_the_story(made: RenderedPdf) -> None:
    facts = inspect(made.data)
    assert facts.pages == 2 and faults(made.data) == []
    assert (facts.title, facts.language) == ("교대조를 다시 짜니 남성 육아휴직이 나왔다", "ko")
    assert facts.tagged and facts.pdf_ua and facts.all_fonts_embedded
    text = " ".join(" ".join(facts.text).split())
    for words in ("새봄정밀(주)", "한 사람이 빠지면 다음 조가", "대체표를 만들다", "사실 확인 2026. 11. 2.",
                  "담당 플래너 김동행", CONTACT.address):
        assert words in text
    (picture,) = thumbnails(made.data, width=1240, pages=[1])
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text == CONTACT.url
    assert (code.position.top_right.x - code.position.top_left.x) / 1240 * 210 >= 20  # mm


@pytest.mark.parametrize("changes", [
    {"photo": None}, {"photo": None, "quote": None, "effects": (Figure("퇴사", "0", "명"),)},
    {"programmes": (), "advice": (), "partners": (), "quote": None, "sources": (), "planner": ""},
    {"effects": (Figure("퇴사", "0", "명", "12"),) * 4, "facts": (Fact("지역", "경남 창원시 성산구"),) * 6},
])
def test_missing_parts_leave_no_hole(changes: dict[str, object]) -> None:
    assert printed(sheet(**changes)).pages == 2


def test_without_a_photo_no_figure_is_lost() -> None:
    text = text_of(sheet(photo=None))
    assert "육아휴직 뒤 복귀" in text and "연장근무" in text


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("photo", [True, False])
def test_numbers_in_millions_stay_whole(count: int, photo: bool) -> None:
    long = Figure("1인당 연간 생산액", "12,345,678", "원", "11,987,654", "회사 결산")
    content = sheet(effects=(long,) * count) if photo else sheet(effects=(long,) * count, photo=None)
    front = inspect(printed(content).data).text[0]
    assert front.count("12,345,678원") == count


def test_an_anonymous_company_is_explained() -> None:
    assert "이름을 밝히지 않았습니다" in text_of(sheet(anonymous=True, company="경남의 기계부품 회사"))


def test_everything_long_at_once() -> None:
    content = sheet(
        title="주야 이교대 사업장에서 교대조를 처음부터 다시 짜니 창사 이래 첫 남성 육아휴직이 나오기까지의 기록",
        lead=SENTENCE * 3, company=LONG_NAME, problem=SENTENCE * 5,
        facts=(Fact("업종", "금속 절삭가공 및 유사처리업"),) * 6,
        actions=(Step("혼자만 아는 공정을 찾아 대체표를 만들고 배우다", SENTENCE * 2, "2025년 3월부터 5월까지"),) * 5,
        effects=(Figure("육아휴직을 마치고 제자리로 돌아온 직원", "1,234", "시간/월", "12,345", LONG_NAME),) * 4,
        programmes=tuple(programme(n, name=LONG_PROGRAMME, verified=False) for n in range(4)),
        advice=(SENTENCE,) * 5, partners=tuple(replace(mark(n, logo=False), name=LONG_NAME[:20]) for n in range(6)),
        sources=(SENTENCE,) * 2, contact=replace(CONTACT, centre=LONG_NAME),
    )
    assert printed(content).pages == 2


def test_too_many_entries_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        to_html(ENV, sheet(actions=(Step("가", "나"),) * 6))
    assert "1~5개" in refused.value.fields["actions"]


@pytest.mark.parametrize(("width", "height"), [(1200, 200), (400, 400), (200, 900)])
def test_marks_weigh_the_same(width: int, height: int) -> None:
    printed_width, printed_height = Mark("기관", Picture("a", "기관", width, height)).size()
    assert printed_width <= 46 and printed_height <= 16
    assert printed_width / printed_height == pytest.approx(width / height, rel=0.02)
