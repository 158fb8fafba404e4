"""The brochure as it comes out of the renderer, re-opened."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pypdfium2 as pdfium
import pytest
import zxingcpp
from PIL import Image

from cases.documents.kinds.base import Section, Style
from cases.documents.kinds.brochure import KIND, PAGES, Brochure, middle_pages
from cases.sheets.content import Amount, Figure, Step
from outreach.errors import Invalid
from outreach.pdf.errors import RenderError
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
    brochure,
    case,
    mark,
    programme,
)

ENV = environment(TEMPLATES)


def printed(content: Brochure) -> RenderedPdf:
    return render(KIND.to_html(ENV, content), base_dir=STATIC, assets=ASSETS, options=RenderOptions(pages=PAGES))


def printed_lines(content: Brochure) -> list[str]:
    return [line.strip() for text in inspect(printed(content).data).text for line in text.splitlines()]


def text_of(content: Brochure) -> str:
    return " ".join(" ".join(inspect(printed(content).data).text).split())


@pytest.mark.parametrize("style", list(Style))
def test_eight_accessible_pages(style: Style) -> None:
    facts = inspect(printed(brochure(style=style)).data)
    assert facts.pages == 8
    assert set(facts.sizes) == {(210.0, 297.0)}
    assert facts.title == "아이 키우는 직원과 오래 함께 일하는 법"
    assert (facts.language, facts.tagged, facts.pdf_ua) == ("ko", True, True)
    assert facts.all_fonts_embedded
    assert {font.name for font in facts.fonts} == {"Pretendard-GOV", "Pretendard-GOV-Bold"}


def test_what_the_office_wrote_is_there_to_copy_and_search() -> None:
    text = text_of(brochure())
    for words in ("대체인력 지원금 1", "고용보험법 시행령 제29조", "확인 2026. 11. 2.", "02-000-1350", "협력기관 2",
                  "교대제 사업장"):
        assert words in text
    assert "\u2060" not in text


@pytest.mark.parametrize("page", [7])
def test_the_qr_code_can_be_read_from_the_page(page: int) -> None:
    (picture,) = thumbnails(printed(brochure()).data, width=1240, pages=[page - 1])
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text == CONTACT.url
    assert code.ec_level in ("M", "Q", "H")
    corners = code.position
    assert (corners.top_right.x - corners.top_left.x) / 1240 * 210 >= 20  # mm


def test_uncertain_and_ended_programmes_say_so() -> None:
    rows = (programme(1, verified=False), programme(2, valid_to=date(2025, 12, 31)), programme(3))
    text = text_of(brochure(programmes=rows, cases=(case(1), case(2))))
    assert "신청 전 1350 확인" in text
    assert "종료 2025. 12. 31." in text
    assert text.count("신청 전 1350 확인") == 1


@pytest.mark.parametrize("programmes", range(1, 7))
@pytest.mark.parametrize("cases", range(1, 5))
def test_any_number_of_programmes_and_cases_fills_three_pages(programmes: int, cases: int) -> None:
    pages = middle_pages(tuple(programme(n) for n in range(programmes)), tuple(case(n) for n in range(cases)))
    assert len(pages) == 3
    assert sum(len(page.programmes) for page in pages) == programmes
    assert sum(len(page.cases) for page in pages) == cases
    assert all(len(page.programmes) <= 3 and len(page.cases) <= 4 for page in pages)


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize(("programmes", "cases", "partners"), [(1, 1, 0), (2, 2, 1), (3, 1, 3), (6, 4, 6)])
def test_few_and_many_still_make_eight_pages(style: Style, programmes: int, cases: int, partners: int) -> None:
    content = brochure(
        style=style, programmes=tuple(programme(n) for n in range(programmes)),
        cases=tuple(case(n, photo=PHOTO if n % 2 else None) for n in range(cases)),
        partners=tuple(mark(n, logo=bool(n % 2)) for n in range(partners)), figures=(), checklist=(),
    )
    text = text_of(content)
    assert all(f"다시 짜니 휴직이 가능해졌다 {n}" in text for n in range(cases))


@pytest.mark.parametrize("style", list(Style))
def test_long_names_and_texts_fit(style: Style) -> None:
    content = brochure(
        style=style, issuer=LONG_NAME,
        title="초등학교 입학을 앞둔 아이를 키우는 직원과 작은 회사가 서로 눈치 보지 않고 오래 함께 일하는 법",
        subtitle=SENTENCE * 2,
        why=Section("작은 회사일수록 한 사람의 빈자리가 크고 그래서 제도가 있어도 쓰기 어렵다고 합니다", SENTENCE,
                    (SENTENCE * 3,) * 2),
        audience=(SENTENCE[:40],) * 6, figures=(Figure(SENTENCE[:40], "1,234,567", "만원", "", LONG_NAME),) * 3,
        steps=(Step("이야기를 자세히 듣고 함께 정리합니다", SENTENCE * 3, "신청 뒤 3일 안에"),) * 3,
        programmes=tuple(programme(n, name=LONG_PROGRAMME, conditions=(SENTENCE[:40],) * 4, summary=SENTENCE * 2,
                                   verified=False,
                                   amounts=(Amount("1,250,000", "원/월", "임신기 근로시간 단축을 함께 쓰는 경우"),) * 3)
                         for n in range(6)),
        cases=tuple(case(n, company=LONG_NAME, summary=SENTENCE * 3) for n in range(4)),
        partners=tuple(replace(mark(n, logo=False), name=LONG_NAME[:24]) for n in range(6)),
        checklist=(SENTENCE[:40],) * 6,
        contact=replace(CONTACT, centre=LONG_NAME, place=SENTENCE, regions=SENTENCE * 2), sources=(SENTENCE,) * 6,
    )
    assert printed(content).pages == 8


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("cases", [1, 2, 3, 4])
def test_long_numbers_stay_in_their_fields(style: Style, cases: int) -> None:
    long = Figure("1인당 연간 생산액", "12,345,678", "원", "11,987,654", "회사 결산")
    sums = (Amount("1,234,567,890", "원", "최대"), Amount("위 금액의 2배", "", "육아기 자녀가 있는 노동자"))
    lines = printed_lines(brochure(
        style=style, figures=(replace(long, before=""),) * 3, cases=tuple(case(n, effect=long) for n in range(cases)),
        programmes=(programme(1, amounts=sums), programme(2, amounts=sums), programme(3, amounts=sums)),
    ))
    for whole in ("12,345,678원", "1,234,567,890원", "위 금액의 2배"):
        assert any(whole in line for line in lines)


def test_an_address_of_three_lines_keeps_clear_of_the_telephone() -> None:
    address = "donghaeng.moel.example.go.kr/outreach/q/cQNJkKHOcMgQhFvAbCdEfGh12"
    document = pdfium.PdfDocument(printed(brochure(contact=replace(CONTACT, address=address))).data)
    text = document[6].get_textpage()
    bottom = min(box[1] for box in _boxes(text, "cQNJkKHOcMgQhFvAbCdEfGh12"))
    assert bottom > max(box[3] for box in _boxes(text, "전화", last=True)) + 6  # points; the rule lies between


def _boxes(text: pdfium.PdfTextPage, words: str, last: bool = False) -> list[tuple[float, float, float, float]]:
    whole = text.get_text_range()
    at = whole.rindex(words) if last else whole.index(words)
    return [text.get_charbox(index) for index in range(at, at + len(words))]


def test_a_right_without_a_sum_shows_its_length_and_no_empty_row() -> None:
    right = programme(1, amounts=(), basis="", period="1년(조건에 따라 1년 6개월)")
    lines = printed_lines(brochure(programmes=(right,)))
    assert "1년" in lines and "조건에 따라 1년 6개월" in lines
    assert not any(line.startswith("근거") for line in lines)


def test_one_case_is_not_called_several() -> None:
    assert "먼저 해 본 회사들" not in text_of(brochure(cases=(case(1),)))


def test_a_character_no_font_has_names_the_box() -> None:
    with pytest.raises(RenderError, match=r"‘표지 제목’.*😀"):
        printed(brochure(title="아이와 함께 😀"))


def test_text_beyond_all_room_names_the_box() -> None:
    with pytest.raises(RenderError, match="2쪽 ‘취지’"):
        printed(brochure(why=Section("취지", "", (SENTENCE * 60,))))


def test_more_than_the_pages_hold_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        KIND.to_html(ENV, brochure(programmes=tuple(programme(n) for n in range(7)), cases=()))
    assert set(refused.value.fields) == {"programmes", "cases"}


def test_a_name_cannot_smuggle_markup_in() -> None:
    text = text_of(brochure(subtitle='<img src="file:///etc/passwd">&amp;'))
    assert '<img src="file:///etc/passwd">&amp;' in text


def test_a_logo_that_was_lost_stops_the_printing() -> None:
    with pytest.raises(RenderError, match="logo"):
        render(KIND.to_html(ENV, brochure()), base_dir=STATIC, assets={"photo": ASSETS["photo"]})
