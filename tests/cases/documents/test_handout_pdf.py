"""The handout as it comes out of the renderer, re-opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cases.documents.kinds.base import Section, Style
from cases.documents.kinds.handout import KIND, Handout
from cases.sheets.content import Amount, Figure, Step
from outreach.errors import Invalid
from outreach.pdf.inspect import inspect
from outreach.pdf.options import RenderedPdf
from tests.cases.documents.prints import ENV, assert_accessible, codes, colour_at, printed, words_of
from tests.cases.paper import CONTACT, LONG_NAME, LONG_PROGRAMME, PHOTO, SENTENCE, TODAY, case, mark, programme


def handout(**changes: Any) -> Handout:
    values: dict[str, Any] = {
        "title": "아이 키우는 직원과\n오래 함께 일하는 법", "subtitle": "플래너가 함께 찾아 드립니다.",
        "issuer": "새길고용센터", "contact": CONTACT, "issued_on": TODAY,
        "why": Section("한 사람의 육아가 회사의 걱정이 되지 않도록", "작은 회사일수록 빈자리가 큽니다.", (SENTENCE,)),
        "steps": tuple(Step(title, SENTENCE, "3일 안에") for title in ("이야기를 듣습니다", "함께 봅니다", "돕습니다")),
        "apply": Section("전화 한 통이면 시작됩니다", "무엇이 걱정인지만 알려 주세요."),
        "occasion": "2026. 11. 23.(월) 한빛산업단지 설명회", "notes": "메모",
        "figures": (Figure("휴직을 쓰지 않은 곳", "68", "%", "", "입주기업 조사"), Figure("상담 비용", "0", "원")),
        "programmes": (programme(1), programme(2, valid_to=date(2025, 12, 31))),
        "cases": (case(1, photo=PHOTO), case(2)), "checklist": ("사업자등록번호",),
        "partners": (mark(1), mark(2, logo=False)), "sources": ("고용보험법 제23조",), "edition": "2026년 11월 제1판",
    }
    return Handout(**(values | changes))


@pytest.fixture(scope="module", params=list(Style))
def made(request: pytest.FixtureRequest) -> RenderedPdf:
    return printed(KIND, handout(style=request.param))


def test_a_page_for_each_programme_and_case(made: RenderedPdf) -> None:
    facts = inspect(made.data)
    assert facts.sizes == ((297.0, 210.0),) * 8
    assert_accessible(made, "아이 키우는 직원과 오래 함께 일하는 법")
    opening = ("한빛산업단지 설명회", "68%", "대체인력 지원금 1", "종료 2025. 12. 31.",
               "휴직이 가능해졌다 1", "휴직이 가능해졌다 2", "이야기를 듣습니다", "02-000-1350")
    for text, words in zip(facts.text, opening, strict=True):
        assert words in " ".join(text.split())


def test_running_heads_page_numbers_and_lines_for_notes(made: RenderedPdf) -> None:
    texts = [" ".join(text.split()) for text in inspect(made.data).text]
    for number, text in enumerate(texts[1:-1], 2):
        assert f"{number} / 8" in text and "메모" in text
        assert "아이 키우는 직원과 오래 함께 일하는 법" in text
    assert "활용할 수 있는 제도" in texts[2] and "출처 국가법령정보 · 확인 2026. 11. 2." in texts[2]


def test_the_code_can_be_read_from_the_last_page(made: RenderedPdf) -> None:
    ((address, side),) = codes(made, page=7)
    assert address == CONTACT.url and side >= 50


def test_the_least_is_four_pages_without_lines() -> None:
    least = handout(subtitle="", occasion="", notes="", figures=(), programmes=(), cases=(), checklist=(), partners=(),
                    sources=(), edition="", why=Section("취지"), style=Style.WARM)
    made = printed(KIND, least, bleed_mm=3)
    assert made.pages == 4 and "메모" not in words_of(made)
    assert colour_at(made, 1, 1, page=1) == (194, 67, 26)  # the sentence alone takes the page, bleed and all
    assert colour_at(made, 1, 214, page=2) == (255, 250, 244)
    assert [(place.kind, place.page) for place in made.stamps] == [
        ("accent", 1), ("partner", 1), ("qr", 4), ("address", 4)]


def test_long_names_and_texts_fit() -> None:
    sums = (Amount("1,250,000", "원/월", "임신기 근로시간 단축을 함께 쓰는 경우"),) * 3
    row = programme(1, name=LONG_PROGRAMME, conditions=(SENTENCE[:40],) * 4, summary=SENTENCE * 2, amounts=sums)
    long = Figure("1인당 연간 생산액", "12,345,678", "원", "11,987,654", "회사 결산")
    made = printed(KIND, handout(
        style=Style.GLANCE, issuer=LONG_NAME, subtitle=SENTENCE, programmes=(row,),
        title="초등학교 입학을 앞둔 아이를 키우는 직원과 작은 회사가 서로 눈치 보지 않고 오래 함께 일하는 법",
        cases=(case(1, company=LONG_NAME, summary=SENTENCE * 5, effect=long),),
        why=Section("작은 회사일수록 한 사람의 빈자리가 크고 그래서 제도가 있어도 어렵다", SENTENCE * 2,
                    (SENTENCE * 6,)),
        figures=(Figure(SENTENCE[:40], "1,234,567", "만원", "", LONG_NAME),) * 3,
        steps=(Step("이야기를 자세히 듣고 함께 정리합니다", SENTENCE * 4, "신청 뒤 3일 안에"),) * 3,
        checklist=(SENTENCE[:40],) * 5, apply=Section("전화 한 통이면 시작됩니다 전화 한 통이면", SENTENCE * 2),
        partners=tuple(replace(mark(n, logo=False), name=LONG_NAME[:24]) for n in range(6)), sources=(SENTENCE,) * 5,
        contact=replace(CONTACT, centre=LONG_NAME, place=SENTENCE, regions=SENTENCE,
                        address="donghaeng.moel.example.go.kr/outreach/q/cQNJkKHOcMgQhFvAbCdEfGh12"),
    ))
    text = words_of(made)
    assert text.count("1,250,000원/월") == 3 and "12,345,678원" in text


def test_more_than_twelve_pages_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        KIND.to_html(ENV, handout(programmes=tuple(programme(n) for n in range(6)), cases=(case(1),) * 4))
    assert set(refused.value.fields) == {"programmes", "cases"}
