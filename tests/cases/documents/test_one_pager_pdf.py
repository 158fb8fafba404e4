"""The one-pager of a programme as it comes out of the renderer, re-opened, and how records become one."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from cases.documents.kinds.base import Chosen, Style, Words
from cases.documents.kinds.one_pager import KIND, NearCase, OnePager, ProgrammePage, compose, questions
from cases.sheets import service as sheets
from cases.sheets.content import Amount, Fact, Figure
from outreach.charts.spec import chart
from outreach.errors import Invalid
from outreach.pdf.errors import RenderError
from outreach.pdf.inspect import inspect, thumbnails
from outreach.pdf.options import PARTNER, RenderedPdf
from outreach.pdf.render import render
from outreach.pdf.templates import environment
from outreach.regions.models import Certainty
from tests.cases.making import make_case, make_programme
from tests.cases.paper import (
    ASSETS,
    CONTACT,
    LONG_NAME,
    LONG_PROGRAMME,
    SENTENCE,
    STATIC,
    TEMPLATES,
    TODAY,
    mark,
    programme,
)
from tests.people import make_centre
from tests.standards import faults

ENV = environment(TEMPLATES)
FAQ = (
    "파견 직원을 써도 되나요? 됩니다. 파견계약서를 함께 냅니다.\n"
    "가족을 채용해도 되나요? 배우자와 직계존비속은 제외됩니다."
)
CHART = chart({"kind": "before_after", "title": "먼저 한 곳의 변화", "unit": "시간", "source": "근태기록",
               "alt": "월 연장근무가 22시간에서 9시간으로 줄었다.", "rows": [["월 연장근무", 22, 9]]})
NEAR = NearCase("교대조를 다시 짜니 휴직이 가능해졌다", "새봄정밀(주)", (Fact("지역", "경남"),),
                Figure("육아휴직 뒤 복귀", "4", "명", "0", "회사 인사기록"), "일이 몰린 곳을 처음 보았어요.")
FULL = ProgrammePage(
    programme(1, name="대체인력 지원금", amounts=(
        Amount("140", "만원/월", "육아휴직, 30인 미만"), Amount("130", "만원/월", "육아휴직, 30인 이상"),
        Amount("120", "만원/월", "육아기 근로시간 단축")), conditions=(SENTENCE, "휴직을 30일 이상 허용", SENTENCE)),
    who="우선지원대상기업 사업주", when="휴직이 끝난 뒤 12개월 안에",
    papers=("지원금 신청서", "근로계약서", "임금대장"),
    questions=questions(FAQ), combination="육아휴직 지원금 특례와는 함께 받을 수 없습니다.",
    source_address="https://www.work24.go.kr/", near=NEAR, chart=CHART,
)
LEAST = ProgrammePage(programme(2, name="육아휴직", amounts=(), conditions=("자녀가 만 8세 이하",), basis="", agency="",
                                period="1년(조건에 따라 1년 6개월)", verified=False))


def one_pager(**changes: Any) -> OnePager:
    values: dict[str, Any] = {
        "title": "지원제도 한 장 안내", "call": "우리 회사도 되는지 물어보세요", "issuer": "새길고용센터",
        "contact": CONTACT,
        "issued_on": TODAY, "pages": (FULL, LEAST), "partners": (mark(1), mark(2, logo=False)), "edition": "제1판",
        "licence": "공공누리 제1유형",
    }
    return OnePager(**(values | changes))


def printed(content: OnePager) -> RenderedPdf:
    return render(KIND.to_html(ENV, content), base_dir=STATIC, assets=ASSETS, options=KIND.options(content))


@pytest.fixture(scope="module", params=[Style.CALM, Style.GLANCE])  # the third is set by the longest words below
def made(request: pytest.FixtureRequest) -> RenderedPdf:
    return printed(one_pager(style=request.param, partners=() if request.param is Style.CALM else (mark(1),)))


def test_a_page_for_each_programme_that_anyone_can_read(made: RenderedPdf) -> None:
    facts = inspect(made.data)
    assert facts.pages == 2 and set(facts.sizes) == {(210.0, 297.0)}
    assert (facts.title, facts.language, facts.tagged, facts.pdf_ua) == ("지원제도 한 장 안내", "ko", True, True)
    assert facts.all_fonts_embedded and len(facts.fonts) == 2 and faults(made.data) == []
    first, second = (" ".join(text.split()) for text in facts.text)
    for words in ("대체인력 지원금", "140", "130", "120", "우선지원대상기업 사업주", "12개월 안에", "임금대장",
        "파견 직원을 써도",
                  "배우자와 직계존비속은", "먼저 해 본 회사", "확인 2026. 11. 2.", "근거", "02-000-1350",
                  "공공누리 제1유형"):
        assert words in first
    assert "신청 전 1350 확인" in second and "1년" in second and "조건에 따라 1년 6개월" in second
    assert "확인 중" not in first and "근거" not in second and "자주 묻는" not in second


def test_its_code_can_be_read_and_is_large_enough(made: RenderedPdf) -> None:
    (picture,) = thumbnails(made.data, width=1240, pages=[0])
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text == CONTACT.url
    assert (code.position.top_right.x - code.position.top_left.x) / 1240 * 210 >= 20  # mm
    assert [place.page for place in made.stamps if place.kind == PARTNER] == [1, 2], "also beside its hosts"


def test_long_names_sums_and_answers_fit() -> None:
    long = ProgrammePage(
        programme(1, name=LONG_PROGRAMME, summary=SENTENCE, conditions=(SENTENCE,) * 4, verified=False,
                  amounts=(Amount("1,234,567,890", "원/월",
                      "임신기 근로시간 단축을 함께 쓰는 경우"),) * 3),
        who=SENTENCE, when=SENTENCE, papers=(SENTENCE[:30],) * 4, questions=questions(FAQ + "\n" + FAQ),
        combination=SENTENCE, near=replace(NEAR, company=LONG_NAME),
        source_address="https://www.work24.go.kr/" + "a" * 90,
    )
    content = one_pager(pages=(long,), contact=replace(CONTACT, centre=LONG_NAME), style=Style.WARM, issuer=LONG_NAME,
                        partners=tuple(mark(n, logo=n % 2 == 0) for n in range(6)), call="가" * 30)
    text = " ".join(inspect(printed(content).data).text[0].split())
    assert text.count("1,234,567,890") == 3
    with pytest.raises(RenderError, match="1쪽 ‘제도 1’"):
        printed(one_pager(pages=(replace(long, combination=SENTENCE * 40),)))


def test_records_become_pages_and_a_case_stands_by_the_programme_it_used(session, app) -> None:
    one = make_programme("대체인력 지원금", audience="우선지원대상기업", combination="하나만 받습니다.")
    two = make_programme("업무분담 지원금", certainty=Certainty.SECONDARY, certainty_note="금액만 2차 자료")
    used = make_case(make_centre(), headline="나눠 맡은 자리", fictional=True)
    used.programmes = [two]
    texts = KIND.opening() | {"p1_who": "", "p2_who": "중소기업", "p2_faq": FAQ, "p1_papers": "신청서\n\n임금대장"}
    issue = sheets.issue(session, None, day=TODAY)
    content = compose(Words("한 장", "", Style.WARM, texts), Chosen((used,), (one, two)), issue, sheets.Pictures())
    first, second = content.pages
    assert first.who == "우선지원대상기업" and first.papers == ("신청서", "임금대장") and first.near is None
    assert second.who == "중소기업" and second.near and second.near.title == "나눠 맡은 자리"
    assert second.questions[0].answer == "됩니다. 파견계약서를 함께 냅니다."
    assert first.programme.amounts == (Amount("140", "만원/월", "30인 미만"),)
    assert sheets.FICTIONAL in content.sources
    html = KIND.to_html(ENV, content)
    assert "2차 자료" not in html  # what the office notes for itself; the badge says what a company has to do
    assert html.count("신청 전 1350 확인") == 1 and 'data-stamp="partner"' in html


def test_a_chart_is_written_in_slots_and_its_faults_name_them(session, app) -> None:
    texts = {"chart1_title": "변화", "chart1_rows": "연장근무; 22; 9", "chart1_kind": "전과 후",
        "chart1_source": "근태기록",
             "chart1_alt": "줄었다."}
    issue, row = sheets.issue(session, None, day=TODAY), make_programme(valid_to=date(2026, 12, 31))

    def made(**changes: str) -> OnePager:
        words = Words("한 장", "", Style.CALM, texts | changes)
        return compose(words, Chosen(programmes=(row,)), issue, sheets.Pictures())

    assert made().pages[0].chart == replace(CHART, title="변화", rows=made().pages[0].chart.rows, unit="",
        alt="줄었다.")
    assert made(chart1_title="", chart1_rows="").pages[0].chart is None
    for name, value, word in (("chart1_alt", "", "예: 변화 전후"), ("chart1_rows", "연장근무", "1번째 줄"),
                              ("chart1_kind", "원", "막대"), ("chart1_source", "", "출처")):
        with pytest.raises(Invalid) as refused:
            made(**{name: value})
        assert set(refused.value.fields) == {name} and word in refused.value.fields[name]
