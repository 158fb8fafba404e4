"""The leaflet as it comes out of the renderer, re-opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pypdfium2 as pdfium
import pytest

from cases.documents.kinds.base import Section, Style
from cases.documents.kinds.leaflet import KIND, Leaflet
from cases.sheets.content import Amount, Figure, Step
from outreach.errors import Invalid
from outreach.pdf.inspect import inspect
from outreach.pdf.options import PARTNER, RenderedPdf
from tests.cases.documents.prints import ENV, assert_accessible, codes, colour_at, lines_of, printed, words_of
from tests.cases.paper import CONTACT, LONG_NAME, LONG_PROGRAMME, PHOTO, SENTENCE, TODAY, case, mark, programme

#: Panels by the page they are on: where each begins and ends, in mm from the left.
PANELS = {"flap": (0, 0, 97), "back": (0, 97, 197), "cover": (0, 197, 297),
          "one": (1, 0, 100), "two": (1, 100, 200), "three": (1, 200, 297)}


def leaflet(**changes: Any) -> Leaflet:
    values: dict[str, Any] = {
        "title": "아이 키우는 직원과\n오래 함께 일하는 법", "subtitle": "플래너가 함께 찾아 드립니다.",
        "issuer": "새길고용센터", "contact": CONTACT, "issued_on": TODAY,
        "why": Section("한 사람의 육아가 회사의 걱정이 되지 않도록", "작은 회사일수록 빈자리가 큽니다.", (SENTENCE,)),
        "audience": ("육아휴직을 처음 준비하는 회사", "교대제 사업장"),
        "programmes": (programme(1), programme(2), programme(3)),
        "steps": tuple(Step(title, SENTENCE, "3일 안에") for title in ("이야기를 듣습니다", "함께 봅니다", "돕습니다")),
        "apply": Section("전화 한 통이면 시작됩니다", "무엇이 걱정인지만 알려 주세요."),
        "figures": (Figure("휴직을 쓰지 않은 곳", "68", "%", "", "입주기업 조사"),),
        "cases": (case(1, photo=PHOTO),), "checklist": ("사업자등록번호", "직원 수와 교대 형태"),
        "partners": (mark(1), mark(2, logo=False)), "sources": ("고용보험법 제23조",), "edition": "2026년 11월 제1판",
    }
    return Leaflet(**(values | changes))


@pytest.fixture(scope="module", params=list(Style))
def made(request: pytest.FixtureRequest) -> RenderedPdf:
    return printed(KIND, leaflet(style=request.param))


def test_two_accessible_sides_with_a_code_to_scan(made: RenderedPdf) -> None:
    facts = inspect(made.data)
    assert facts.sizes == ((297.0, 210.0),) * 2
    assert_accessible(made, "아이 키우는 직원과 오래 함께 일하는 법")
    ((address, side),) = codes(made)
    assert address == CONTACT.url and side >= 28


def test_panels_lie_in_the_order_of_a_letter_fold(made: RenderedPdf) -> None:
    told = {"cover": "플래너가", "flap": "먼저 해 본 회사", "back": "02-000-1350", "one": "한 사람의 육아가",
            "two": "대체인력 지원금 1", "three": "이야기를 듣습니다"}
    for panel, words in told.items():
        page, left, right = PANELS[panel]
        begin, end = _extent(made, page, words)
        assert left < begin and end < right, panel


def _extent(made: RenderedPdf, page: int, words: str) -> tuple[float, float]:
    """Where ``words`` begin and end on a page, in mm from the left."""
    text = pdfium.PdfDocument(made.data)[page].get_textpage()
    at = text.get_text_range().index(words)
    boxes = [text.get_charbox(index) for index in range(at, at + len(words))]
    return boxes[0][0] / 72 * 25.4, boxes[-1][2] / 72 * 25.4


def test_the_sheet_says_what_the_office_wrote(made: RenderedPdf) -> None:
    text = words_of(made)
    for words in ("확인 2026. 11. 2.", "donghaeng.example/ 7K2M9", "협력기관 2", "고용보험법 제23조", "교대제 사업장",
                  "2026년 11월 제1판", "새길구, 한빛구"):
        assert words in text


def test_the_least_there_can_be_asks_on_the_flap_and_leaves_room_for_a_partner() -> None:
    right = programme(1, amounts=(), period="1년(조건에 따라 1년 6개월)")
    least = leaflet(subtitle="", programmes=(right,), figures=(), cases=(), checklist=(), partners=(),
                    sources=(), edition="", why=Section("취지"), audience=("교대제 사업장",))
    made = printed(KIND, least)
    assert made.pages == 2
    lines = lines_of(made)
    assert "1년" in lines and "기간 · 조건에 따라 1년 6개월" in lines
    assert "먼저 해 본 회사" not in lines and "교대제 사업장" in lines
    assert [place.name for place in made.stamps if place.kind == PARTNER] == ["표지 협력기관", "뒷면 협력기관"]
    hosted = KIND.to_html(ENV, leaflet())
    assert hosted.count('data-stamp="partner"') == 1, "whoever hands it out stands on the back, its hosts on the cover"


def test_uncertain_and_ended_programmes_say_so() -> None:
    rows = (programme(1, verified=False), programme(2, valid_to=date(2025, 12, 31)))
    text = words_of(printed(KIND, leaflet(programmes=rows, cases=(case(1),), figures=())))
    assert "신청 전 1350 확인" in text and "종료 2025. 12. 31." in text


def test_long_names_and_texts_fit() -> None:
    sums = (Amount("1,250,000", "원/월", "임신기 근로시간 단축을 함께 쓰는 경우"),) * 3
    rows = tuple(programme(n, name=LONG_PROGRAMME, summary=SENTENCE * 2, verified=False,
                           amounts=sums) for n in range(4))
    made = printed(KIND, leaflet(
        style=Style.GLANCE, issuer=LONG_NAME, subtitle=SENTENCE, programmes=rows,
        title="초등학교 입학을 앞둔 아이를 키우는 직원과 작은 회사가 서로 눈치 보지 않고 오래 함께 일하는 법",
        cases=tuple(case(n, company=LONG_NAME, summary=SENTENCE * 3) for n in range(2)),
        why=Section("작은 회사일수록 한 사람의 빈자리가 크고 그래서 어렵다", SENTENCE * 2, (SENTENCE * 5,)),
        audience=(SENTENCE[:40],) * 5, figures=(Figure(SENTENCE[:40], "1,234,567", "만원", "", LONG_NAME),),
        steps=(Step("이야기를 자세히 듣고 함께 정리합니다", SENTENCE * 4, "신청 뒤 3일 안에"),) * 3,
        checklist=(SENTENCE[:40],) * 4,
        partners=tuple(replace(mark(n, logo=False), name=LONG_NAME[:24]) for n in range(6)),
        contact=replace(CONTACT, centre=LONG_NAME, place=SENTENCE, regions=SENTENCE,
                        address="donghaeng.moel.example.go.kr/outreach/q/cQNJkKHOcMgQhFvAbCdEfGh12"),
        sources=(SENTENCE,) * 3, apply=Section("전화 한 통이면 시작됩니다 전화 한 통이면", SENTENCE * 2),
    ))
    assert any(line.count("1,250,000원/월") for line in lines_of(made))


def test_grounds_run_into_the_bleed() -> None:
    made = printed(KIND, leaflet(style=Style.WARM), bleed_mm=3)
    assert inspect(made.data).sizes[0] == (303.0, 216.0)
    persimmon = (194, 67, 26)
    assert colour_at(made, 301, 1) == persimmon  # beyond the cover's corner
    assert colour_at(made, 1, 214, page=1) == persimmon  # beyond panel 1


def test_more_than_the_panels_hold_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        KIND.to_html(ENV, leaflet(programmes=tuple(programme(n) for n in range(5)), audience=()))
    assert set(refused.value.fields) == {"programmes", "audience"}
