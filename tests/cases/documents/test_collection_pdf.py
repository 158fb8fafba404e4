"""The case collection as it comes out of the renderer, re-opened, and how records become one."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pikepdf
import pytest
import zxingcpp
from PIL import Image

from cases.documents.kinds.base import Chosen, Style, Words
from cases.documents.kinds.charts import counted
from cases.documents.kinds.collection import KIND, MAX_CASES, Collection, Story, compose
from cases.sheets import service as sheets
from cases.sheets.content import Fact, Figure, Quote, Step
from outreach.charts.spec import Chart
from outreach.errors import Invalid
from outreach.pdf.inspect import PdfFacts, inspect, thumbnails
from outreach.pdf.options import RenderedPdf
from outreach.pdf.render import render
from outreach.pdf.templates import environment
from tests.cases.making import make_case
from tests.cases.paper import ASSETS, CONTACT, LONG_NAME, PHOTO, SENTENCE, STATIC, TEMPLATES, TODAY, mark, programme
from tests.people import make_centre
from tests.standards import faults

ENV = environment(TEMPLATES)
TEXT = SENTENCE.strip()
FIGURES = (Figure("육아휴직 뒤 복귀", "4", "명", "0", "회사 인사기록"), Figure("월 연장근무", "9", "시간", "22"),
    Figure("이직", "0", "명"))
REGIONS, INDUSTRIES = ("경남", "서울", "부산"), ("제조업", "정보통신업")


def story(number: int, **changes: Any) -> Story:
    values: dict[str, Any] = {
        "number": number, "title": f"이야기 {number}", "lead": "한 사람의 자리를 비우는 법.",
        "company": f"회사 {number}",
        "region": REGIONS[number % 3], "industry": INDUSTRIES[number % 2], "problem": (TEXT,),
        "found": (TEXT,), "steps": (Step("대체표를 만들다", TEXT, "2025년 3월"), Step("서로 배우다", TEXT)),
        "effect": (TEXT,),
        "figures": FIGURES[:1 + number % 3], "quote": Quote("처음 보게 됐어요.", "차장"), "advice": ("세어 보세요.",),
        "programmes": (programme(number, verified=number != 2),),
        "facts": (Fact("지역", "경남"),),
        "planner": "김동행", "fact_checked_on": date(2026, 11, 2),
    }
    return Story(**(values | changes))


def charts(stories: tuple[Story, ...]) -> tuple[Chart, ...]:
    """The stories by region and industry, as far as they differ."""
    labels = (("어느 지역의 회사인가", "region"), ("어떤 일을 하는 회사인가", "industry"))
    found = (counted(title, (getattr(item, name) for item in stories), unit="곳", source="이 모음집")
             for title, name in labels)
    return tuple(chart for chart in found if chart is not None)


def collection(*stories: Story, **changes: Any) -> Collection:
    values: dict[str, Any] = {
        "title": "먼저 해 본\n회사들의 이야기", "subtitle": "이웃 회사는 이렇게 풀었습니다.",
        "issuer": "새길고용센터", "contact": CONTACT,
        "issued_on": TODAY, "stories": stories, "charts": charts(stories), "foreword_title": "머리말",
        "foreword": (TEXT, TEXT),
        "sources": ("고용보험법 제23조",), "credits": ("글 김동행",), "registration": "11-1492000-000123-01",
        "licence": "공공누리 제1유형(출처표시)", "partners": (mark(1), mark(2, logo=False)),
    }
    return Collection(**(values | changes))


def printed(content: Collection) -> RenderedPdf:
    return render(KIND.to_html(ENV, content), base_dir=STATIC, assets=ASSETS, options=KIND.options(content))


STORIES = (story(1), story(2, photo=PHOTO), story(3, problem=(TEXT,) * 8, found=(TEXT,) * 8),
    story(4, photo=PHOTO, found=(TEXT,) * 8))


@pytest.fixture(scope="module")
def made() -> RenderedPdf:
    return printed(collection(*STORIES))


@pytest.fixture(scope="module")
def facts(made: RenderedPdf) -> PdfFacts:
    return inspect(made.data)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_book_with_cover_contents_stories_index_and_colophon(made: RenderedPdf, facts: PdfFacts) -> None:
    assert facts.pages == 3 + 1 + 1 + 2 + 2 + 2 and set(facts.sizes) == {(210.0, 297.0)}
    assert (facts.title, facts.language, facts.tagged, facts.pdf_ua) == ("먼저 해 본 회사들의 이야기", "ko", True, True)
    assert facts.all_fonts_embedded and len(facts.fonts) == 2 and faults(made.data) == []
    text = [flat(page) for page in facts.text]
    assert "차례" in text[1] and "한눈에 보는 4곳" in text[2] and "찾아보기" in text[-2]
    for words in ("11-1492000-000123-01", "공공누리 제1유형", "글 김동행", "고용보험법 제23조", "협력기관 2",
        "사진 새봄정밀 5쪽"):
        assert words in text[-1]
    assert sum("신청 전 1350 확인" in page for page in text) == 1
    assert "사실 확인 2026. 11. 2." in text[3]


def test_page_numbers_of_contents_and_index_lead_to_the_stories(facts: PdfFacts) -> None:
    begins = {
        number: next(page for page, text in enumerate(facts.text, 1) if page > 3 and f"이야기 {number}" in text)
        for number in range(1, 5)
    }
    assert begins == {1: 4, 2: 5, 3: 6, 4: 8}
    listed = re.findall(r"\d 이야기 (\d) (\d+) 회사 \d · ", flat(facts.text[1]))
    assert [(int(number), int(page)) for number, page in listed] == list(begins.items())
    index = flat(facts.text[-2])
    places = [index.index(word) for word in ("지역별", "경남", "부산", "서울", "업종별", "정보통신업", "제조업")]
    assert places == sorted(places)
    for number, page in begins.items():
        assert len(re.findall(rf"회사 {number} 이야기 {number}\s+{page}\b", index)) == 2


def test_running_heads_name_book_and_company_and_pages_are_numbered(facts: PdfFacts) -> None:
    assert flat(facts.text[3]).count("회사 1") == 2 and "먼저 해 본 회사들의 이야기" in flat(facts.text[3])
    assert "회사 3" in facts.text[6]  # the second page of its story bears its name only in the head
    for page, text in enumerate(facts.text[1:-1], 2):
        assert str(page) in text.split()
    assert flat(facts.text[4]).count("회사 2") == 1  # a picture at the top leaves no room for a head


def test_links_alternatives_and_the_code_work(made: RenderedPdf) -> None:
    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        assert sum(len(page.get("/Annots", [])) for page in pdf.pages) >= 4 + 1 + 2 * 4
        alternatives = [str(item.Alt) for item in pdf.objects if isinstance(item,
            pikepdf.Dictionary) and "/Alt" in item]
        assert sum("막대그래프" in text for text in alternatives) == 2 and PHOTO.alt in alternatives
    (picture,) = thumbnails(made.data, width=1240, pages=[10])
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text == CONTACT.url
    assert (code.position.top_right.x - code.position.top_left.x) / 1240 * 210 >= 20  # mm


def test_the_least_and_the_most_fit() -> None:
    bare = story(1, lead="", problem=(), found=(), steps=(), effect=(), figures=(), quote=None, advice=(),
        programmes=(),
                 facts=(), region="", industry="", planner="", fact_checked_on=None)
    most = story(
        2, title=SENTENCE[:50], lead=SENTENCE * 2, company=LONG_NAME, problem=(TEXT * 4,) * 2, found=(TEXT * 4,),
        effect=(TEXT * 3,),
        steps=(Step(TEXT[:24], TEXT * 2, "2025년 3월"),) * 6,
        figures=(Figure(TEXT[:30], "12,345,678", "원", "11,987,654", LONG_NAME),) * 3,
        quote=Quote(SENTENCE * 2, LONG_NAME), advice=(TEXT,) * 5, programmes=(programme(1, name=LONG_NAME),) * 4,
        photo=PHOTO,
    )
    spare = {"foreword": (), "partners": (), "charts": (), "sources": (), "credits": (), "licence": ""}
    assert printed(collection(bare, most, style=Style.GLANCE, **spare)).pages == 3 + 1 + 2 + 2


def test_records_become_stories_and_are_counted(session, app) -> None:
    centre = make_centre()
    cases = tuple(
        make_case(centre, headline=f"이야기 {n}", section=section, headcount=size, system="함께 찾은 길",
                  fictional=n == 1)
        for n, (section, size) in enumerate([("C", 42), ("C", 7), ("N", 120)])
    )
    texts = {
        "chart1_title": "더", "chart1_rows": "가; 1", "chart1_source": "조사", "chart1_alt": "가 하나.",
        "credits": "글 가\n글 나",
    }
    issue = sheets.issue(session, centre, day=TODAY)
    content = compose(Words("모음", "", Style.CALM, texts), Chosen(cases), issue, sheets.Pictures())
    assert [story.industry for story in content.stories[:2]] == ["제조업", "제조업"]
    assert content.stories[0].found == ("함께 찾은 길",)
    industries, sizes, own = content.charts
    assert (industries.rows[0].label, industries.rows[0].value) == ("제조업", 2) and own.title == "더"
    assert [row.label for row in sizes.rows] == ["5~9인", "30~49인", "100~299인"] and "30~49인 1곳" in sizes.alt
    assert sheets.FICTIONAL in content.sources and content.credits == ("글 가", "글 나")


def test_counts_keep_the_rest_together_and_compare_only_what_differs() -> None:
    many = counted("업종", [f"업종 {n}" for n in range(12) for _ in range(12 - n)], unit="곳", source="기록", most=4)
    assert many is not None and [row.label for row in many.rows] == ["업종 0", "업종 1", "업종 2", "그 밖"]
    assert sum(row.value for row in many.rows) == sum(range(1, 13))
    assert counted("업종", ["제조업", "제조업", ""], unit="곳", source="기록") is None


def test_one_story_or_too_many_are_no_collection() -> None:
    for number in (1, MAX_CASES + 1):
        with pytest.raises(Invalid) as refused:
            KIND.to_html(ENV, collection(*(story(n) for n in range(1, number + 1)), charts=()))
        assert set(refused.value.fields) == {"stories"}
