"""From records to what leaflet, posters, table card and handout say; with the words each kind opens with, it prints."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cases.documents.kinds import KINDS, poster_a2
from cases.documents.kinds.base import Chosen, Kind, Style, Words
from cases.sheets import service as sheets
from cases.sheets.content import Contact, Figure
from cases.sheets.service import Issue, Pictures
from tests.cases.documents.prints import printed, words_of
from tests.cases.making import make_case, make_programme
from tests.people import make_organisation

ISSUE = Issue(date(2026, 11, 23), Contact("새길고용센터", "02-000-1350", "https://donghaeng.example/r/7K2M9",
                                          "donghaeng.example/7K2M9"), "새길고용센터", "제1판")


def composed(kind: Kind, chosen: Chosen, **texts: str) -> Any:
    words = Words("아이 키우는 직원과\n오래 함께", "플래너가 함께합니다", Style.GLANCE, kind.opening() | texts)
    return kind.compose(words, chosen, ISSUE, Pictures())


@pytest.fixture
def chosen(app) -> Chosen:
    partner = make_organisation(name="한빛공단")
    return Chosen((make_case(None, fictional=True),), (make_programme("대체인력 지원금"),), (partner,))


@pytest.mark.parametrize("name", ["leaflet", "poster_a3", "table_card", "handout"])
def test_a_document_can_be_printed_before_anyone_has_rewritten_it(chosen: Chosen, name: str) -> None:
    kind = KINDS[name]
    assert kind.missing(kind.opening()) == []
    shown = Chosen(chosen.cases[:kind.room_for("cases")], chosen.programmes, chosen.organisations)
    text = words_of(printed(kind, composed(kind, shown)))
    for words in ("140", "만원/월", "고용보험법 시행령 · 확인 2026. 11. 2.", "한빛공단", "02-000-1350", "제1판"):
        assert words in text
    assert (sheets.FICTIONAL in text) is bool(shown.cases)


def test_the_posters_figure_is_the_one_written_else_the_sum_else_the_outcome(chosen: Chosen) -> None:
    kind = KINDS["poster_a3"]
    written = composed(kind, chosen, figure1_label="상담 비용", figure1_value="0", figure1_unit="원")
    assert written.figure == Figure("상담 비용", "0", "원") and written.programme is None
    summed = composed(kind, chosen)
    assert summed.figure == Figure("대체인력 지원금(30인 미만)", "140", "만원/월") and summed.programme is not None
    told = composed(kind, Chosen(chosen.cases))
    assert (told.figure.value, told.figure.before, told.programme, told.hero) == ("4", "0", None, "figure")
    assert composed(kind, Chosen()).hero == "art"


def test_the_larger_poster_is_composed_on_the_larger_paper(chosen: Chosen) -> None:
    assert composed(poster_a2.KIND, chosen).paper.width == 420


def test_the_handout_counts_its_pages(chosen: Chosen) -> None:
    kind = KINDS["handout"]
    assert composed(kind, chosen).pages == kind.options(composed(kind, chosen)).pages == 6
    assert composed(kind, Chosen(), notes="").pages == 4
