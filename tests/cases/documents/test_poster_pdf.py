"""The posters as they come out of the renderer, re-opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cases.documents.kinds import poster_a2, poster_a3
from cases.documents.kinds.base import Style
from cases.documents.kinds.poster_a3 import A2, KIND, Poster, sum_of
from cases.sheets.content import Amount, Figure
from outreach.errors import Invalid
from outreach.pdf.inspect import inspect
from tests.cases.documents.prints import ENV, assert_accessible, codes, colour_at, lines_of, printed, words_of
from tests.cases.paper import CONTACT, LONG_NAME, LONG_PROGRAMME, PHOTO, SENTENCE, TODAY, mark, programme


def poster(**changes: Any) -> Poster:
    values: dict[str, Any] = {
        "title": "아이 키우는 직원과\n오래 함께 일하는 법", "subtitle": "플래너가 함께 찾아 드립니다.",
        "issuer": "새길고용센터", "contact": CONTACT, "issued_on": TODAY, "call": "전화 한 통이면 시작됩니다",
        "figure": Figure("휴직을 쓰지 않은 곳", "68", "%", "", "입주기업 조사"),
        "partners": (mark(1), mark(2, logo=False)), "sources": ("고용보험법 제23조",), "edition": "2026년 11월 제1판",
    }
    return Poster(**(values | changes))


@pytest.mark.parametrize("style", list(Style))
def test_one_sentence_one_figure_one_code_one_number(style: Style) -> None:
    made = printed(KIND, poster(style=style))
    assert inspect(made.data).sizes == ((297.0, 420.0),)
    assert_accessible(made, "아이 키우는 직원과 오래 함께 일하는 법")
    ((address, side),) = codes(made)
    assert address == CONTACT.url and side >= 40
    lines = lines_of(made)
    assert "68" in words_of(made)
    assert {"02-000-1350", "donghaeng.example/7K2M9", "전화 한 통이면 시작됩니다"} <= set(lines)


def test_a2_is_the_same_sheet_larger() -> None:
    made = printed(poster_a2.KIND, poster(paper=A2))
    assert inspect(made.data).sizes == ((420.0, 594.0),)
    ((_, side),) = codes(made)
    assert side >= 56
    assert poster_a2.KIND.slots == poster_a3.KIND.slots and poster_a2.KIND.name == "poster_a2"


def test_a_photograph_takes_the_figures_place_to_the_papers_edge() -> None:
    content = poster(picture=PHOTO, caption="새봄정밀(주), 교대조를 다시 짰다", partners=(), style=Style.WARM)
    made = printed(KIND, content, bleed_mm=3)
    text = words_of(made)
    assert "새봄정밀(주), 교대조를 다시 짰다 · 사진 새봄정밀" in text and "68%" not in text
    assert colour_at(made, 1, 190) == colour_at(made, 150, 190) != (255, 255, 255)  # the gradient, also in the bleed
    assert colour_at(made, 302, 300) == (194, 67, 26)
    assert [place.kind for place in made.stamps] == ["qr", "address", "accent", "partner"]


def test_a_sum_says_where_it_is_from_and_how_sure_it_is() -> None:
    row = programme(1, verified=False)
    text = words_of(printed(KIND, poster(figure=sum_of(row), programme=row)))
    assert "대체인력 지원금 1(30인 미만)" in text and "140만원/월" in text
    assert "신청 전 1350 확인" in text and "출처 국가법령정보 · 확인 2026. 11. 2." in text


def test_an_ended_sum_says_so() -> None:
    row = programme(1, valid_to=date(2025, 12, 31))
    assert "종료 2025. 12. 31." in words_of(printed(KIND, poster(figure=sum_of(row), programme=row)))


def test_a_right_without_a_sum_is_shown_by_its_length_or_its_name() -> None:
    assert sum_of(programme(1, amounts=(), period="1년(조건에 따라 1년 6개월)")) == Figure("대체인력 지원금 1", "1년")
    assert sum_of(programme(1, amounts=(), period="")) == Figure("사업주에게", "대체인력 지원금 1")


def test_long_names_and_texts_fit() -> None:
    row = programme(1, name=LONG_PROGRAMME, verified=False,
                    amounts=(Amount("1,234,567,890", "원/월", "임신기 근로시간 단축을 함께 쓰는 경우"),))
    made = printed(KIND, poster(
        style=Style.CALM, issuer=LONG_NAME, subtitle=SENTENCE, programme=row, figure=sum_of(row),
        sources=(SENTENCE,) * 3,
        title="초등학교 입학을 앞둔 아이를 키우는 직원과 작은 회사가 서로 눈치 보지 않고 오래 함께 일하는 법",
        partners=tuple(replace(mark(n, logo=False), name=LONG_NAME[:24]) for n in range(6)),
        contact=replace(CONTACT, centre=LONG_NAME,
                        address="donghaeng.moel.example.go.kr/outreach/q/cQNJkKHOcMgQhFvAbCdEfGh12"),
    ))
    assert any("1,234,567,890원/월" in line for line in lines_of(made))


def test_more_partners_than_the_foot_holds_are_refused() -> None:
    with pytest.raises(Invalid, match="담을 수 있는 수"):
        KIND.to_html(ENV, poster(partners=tuple(mark(n) for n in range(7))))
