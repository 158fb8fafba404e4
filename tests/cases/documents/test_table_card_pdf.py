"""The table card as it comes out of the renderer, re-opened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pypdfium2 as pdfium
import pytest

from cases.documents.kinds.base import Style
from cases.documents.kinds.table_card import KIND, TableCard
from cases.sheets.content import Amount
from outreach.errors import Invalid
from outreach.pdf.base import prepare
from outreach.pdf.inspect import inspect
from outreach.pdf.options import RenderedPdf
from outreach.pdf.stamp import Edition, stamp
from tests.cases.documents.prints import ENV, assert_accessible, codes, colour_at, printed, words_of
from tests.cases.paper import CONTACT, LONG_NAME, LONG_PROGRAMME, SENTENCE, TODAY, mark, programme


def card(**changes: Any) -> TableCard:
    values: dict[str, Any] = {
        "title": "아이 키우는 직원과\n오래 함께 일하는 법", "subtitle": "플래너가 함께 찾아 드립니다.",
        "issuer": "새길고용센터", "contact": CONTACT, "issued_on": TODAY,
        "call": "휴대전화로 비추면 상담을 신청할 수 있습니다", "back_title": "물어보세요",
        "points": ("대신할 사람이 없다", "아이 때문에 그만두려 한다"), "partners": (mark(1), mark(2, logo=False)),
        "sources": ("고용보험법 제23조",), "edition": "2026년 11월 제1판",
    }
    return TableCard(**(values | changes))


@pytest.fixture(scope="module", params=list(Style))
def made(request: pytest.FixtureRequest) -> RenderedPdf:
    return printed(KIND, card(style=request.param))


def test_one_accessible_sheet_with_a_large_code_on_both_faces(made: RenderedPdf) -> None:
    assert inspect(made.data).sizes == ((210.0, 297.0),)
    assert_accessible(made, "아이 키우는 직원과 오래 함께 일하는 법")
    found = codes(made)
    assert [address for address, _ in found] == [CONTACT.url] * 2
    assert all(side >= 44 for _, side in found)


def test_the_back_stands_on_its_head_above_the_front(made: RenderedPdf) -> None:
    """Folded between them, both read upright: the back from the other side."""
    text = pdfium.PdfDocument(made.data)[0].get_textpage()
    whole = text.get_text_range()
    front, back = whole.index("아이 키우는"), whole.index("대신할 사람이")
    boxes = {at: [text.get_charbox(at), text.get_charbox(at + 1)] for at in (front, back)}
    assert boxes[front][0][0] < boxes[front][1][0]
    assert boxes[back][0][0] > boxes[back][1][0]
    fold = (297 - 120) / 25.4 * 72
    assert boxes[front][0][3] < fold < boxes[back][0][1]


def test_it_says_how_to_fold_and_who_issued_it(made: RenderedPdf) -> None:
    text = words_of(made)
    for words in ("풀칠하는 곳", "접어 세우는 법", "펴낸곳 새길고용센터 · 펴낸날 2026. 11. 23. · 2026년 11월 제1판",
                  "협력기관 2", "고용보험법 제23조"):
        assert words in text


def test_without_words_of_its_own_the_back_repeats_the_front() -> None:
    least = card(subtitle="", points=(), back_title="", partners=(), sources=(), edition="")
    made = printed(KIND, least)
    assert words_of(made).count("오래 함께 일하는 법") == 2
    theirs = stamp(prepare(made.data, made.stamps), Edition(
        "한빛공단", url="https://donghaeng.example/q/hanbit", address="donghaeng.example/q/hanbit"))
    edition = replace(made, data=theirs)
    assert [address for address, _ in codes(edition)] == ["https://donghaeng.example/q/hanbit"] * 2
    text = pdfium.PdfDocument(theirs)[0].get_textpage()
    whole = text.get_text_range()
    names = [at for at in range(len(whole)) if whole.startswith("한빛공단", at)]
    ways = {text.get_charbox(at)[0] < text.get_charbox(at + 1)[0] for at in names}
    assert len(names) == 2 and ways == {True, False}, "the partner's name is upright on one face, turned on the other"
    assert whole.count("donghaeng.example/q/hanbit") == 2


def test_long_names_sums_and_texts_fit() -> None:
    sums = (Amount("1,250,000", "원/월", "임신기 근로시간 단축을 함께 쓰는 경우"),) * 3
    row = programme(1, name=LONG_PROGRAMME, verified=False, amounts=sums)
    made = printed(KIND, card(
        style=Style.GLANCE, issuer=LONG_NAME, subtitle=SENTENCE, programmes=(row, row), points=(SENTENCE[:40],) * 3,
        title="초등학교 입학을 앞둔 아이를 키우는 직원과 작은 회사가 서로 눈치 보지 않고 오래 함께 일하는 법",
        partners=tuple(replace(mark(n, logo=False), name=LONG_NAME[:24]) for n in range(3)), sources=(SENTENCE,) * 3,
        contact=replace(CONTACT, centre=LONG_NAME,
                        address="donghaeng.moel.example.go.kr/outreach/q/cQNJkKHOcMgQhFvAbCdEfGh12"),
    ))
    text = words_of(made)
    assert text.count("신청 전 1350 확인") == 2 and "확인 2026. 11. 2." in text


def test_grounds_run_into_the_bleed() -> None:
    made = printed(KIND, card(style=Style.WARM), bleed_mm=3)
    assert colour_at(made, 1, 160) == (194, 67, 26)  # left of the front
    assert colour_at(made, 1, 1) == (255, 250, 244)  # beyond the back's foot


def test_a_fourth_point_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        KIND.to_html(ENV, card(points=("가",) * 4))
    assert set(refused.value.fields) == {"points"}
