"""The notice of a briefing event as it comes out of the renderer, re-opened, and how words become one."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from cases.documents.kinds.base import Chosen, Style, Words
from cases.documents.kinds.notice import KIND, Item, Notice, compose, timetable
from cases.sheets import service as sheets
from cases.sheets.content import Fact
from outreach.errors import Invalid
from outreach.pdf.inspect import inspect, thumbnails
from outreach.pdf.options import RenderedPdf
from outreach.pdf.render import render
from outreach.pdf.templates import environment
from tests.cases.documents.prints import assert_room_for_a_partner, words_of
from tests.cases.making import make_programme
from tests.cases.paper import ASSETS, CONTACT, LONG_NAME, SENTENCE, STATIC, TEMPLATES, TODAY, mark, programme
from tests.standards import faults

ENV = environment(TEMPLATES)
PARTS = "13:40 등록\n14:00~14:20 제도 안내; 김동행 플래너\n끝나고 회사별 상담"


def notice(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "title": "아이 키우는 직원과 오래 함께 일하는 법", "subtitle": "두 시간에 알아봅니다.",
        "eyebrow": "기업 설명회",
        "day": "2026. 12. 14.(월)", "starts_on": date(2026, 12, 14), "time": "14:00~16:00",
        "place": "복지회관 2층 대강당",
        "address": "새길구 한빛로 12", "issuer": "새길고용센터", "contact": CONTACT, "issued_on": TODAY,
        "timetable": timetable(PARTS), "audience": ("휴직이 처음인 회사", "교대제 사업장"),
        "apply": ("전화로 신청합니다.",),
        "terms": (Fact("신청 마감", "2026. 12. 10.(목)"), Fact("자리", "40명")),
        "directions": ("한빛역 3번 출구에서 5분",),
        "hosts": (Fact("주최", "새길고용센터"),), "programmes": (programme(1),
            programme(2, verified=False)),
        "partners": (mark(1), mark(2, logo=False)), "note": "주차는 두 시간 무료입니다.", "edition": "제1판",
    }
    return Notice(**(values | changes))


def printed(content: Notice) -> RenderedPdf:
    return render(KIND.to_html(ENV, content), base_dir=STATIC, assets=ASSETS, options=KIND.options(content))


@pytest.fixture(scope="module", params=list(Style))
def made(request: pytest.FixtureRequest) -> RenderedPdf:
    return printed(notice(style=request.param))


def test_one_page_tells_when_where_what_and_how_to_come(made: RenderedPdf) -> None:
    facts = inspect(made.data)
    assert facts.pages == 1 and facts.sizes == ((210.0, 297.0),)
    assert (facts.language, facts.tagged, facts.pdf_ua, facts.all_fonts_embedded) == ("ko", True, True, True)
    assert faults(made.data) == []
    text = " ".join(facts.text[0].split())
    for words in ("12. 14.", "월요일", "14:00~16:00", "대강당", "한빛로 12", "한빛역 3번", "13:40", "제도 안내",
        "김동행 플래너",
                  "교대제 사업장", "2026. 12. 10.(목)까지 신청", "40명", "주최 새길고용센터", "02-000-1350",
                  "donghaeng.example/7K2M9",
                  "신청 전 1350 확인", "확인 2026. 11. 2."):
        assert words in text
    (picture,) = thumbnails(made.data, width=1240)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text == CONTACT.url
    assert (code.position.top_right.x - code.position.top_left.x) / 1240 * 210 >= 20  # mm


def test_little_and_much_both_fill_the_page() -> None:
    least = notice(subtitle="", address="", directions=(), hosts=(), programmes=(), partners=(), note="", terms=(),
        edition="",
                   starts_on=None, day="2026. 12. 14.부터 사흘", timetable=timetable("14:00 상담"),
                   audience=("누구나",))
    page = printed(least)
    assert "사흘" in inspect(page.data).text[0] and "담당 지역 새길구, 한빛구" in words_of(page)
    assert_room_for_a_partner(page)
    most = notice(
        title=SENTENCE[:40] * 2, subtitle=SENTENCE * 2, place=LONG_NAME, address=SENTENCE, style=Style.WARM,
        timetable=tuple(Item("14:00~14:20", SENTENCE[:30], "김동행") for _ in range(8)), audience=(SENTENCE[:40],) * 5,
        directions=(SENTENCE[:40],) * 2, programmes=tuple(programme(n) for n in range(4)),
        contact=replace(CONTACT, centre=LONG_NAME),
        hosts=(Fact("주최", LONG_NAME[:30]),) * 4, partners=tuple(mark(n, logo=False) for n in range(6)),
        note=SENTENCE * 2,
    )
    assert printed(most).pages == 1


def composed(session, chosen: Chosen = Chosen(), **texts: str) -> Notice:
    written = KIND.opening() | {"day": "2026. 12. 14.(월)", "time": "14:00", "place": "강당"} | texts
    return compose(Words("설명회", "", Style.CALM, written), chosen, sheets.issue(session, None, day=TODAY),
        sheets.Pictures())


def test_words_become_a_notice(session, app) -> None:
    content = composed(session, Chosen(programmes=(make_programme(),)), hosts="주최; 새길고용센터\n한빛산단",
        deadline="2026. 12. 10.(목)")
    assert content.starts_on == date(2026, 12, 14) and content.call == "2026. 12. 10.(목)까지 신청"
    assert content.hosts == (Fact("주최", "새길고용센터"), Fact("주최", "한빛산단"))
    assert content.programmes[0].name == "대체인력 지원금" and Fact("참가비", "무료") in content.terms
    assert composed(session, day="12월 둘째 주").starts_on is None
    assert timetable(PARTS)[1:] == (Item("14:00~14:20", "제도 안내", "김동행 플래너"), Item("", "끝나고 회사별 상담"))


@pytest.mark.parametrize(("texts", "slot", "word"), [
    ({"day": "2026. 12. 14.(화)"}, "day", "2026. 12. 14.(월)"), ({"day": "2026. 2. 30."}, "day", "없는 날짜"),
    ({"deadline": "2026. 12. 15.(화)"}, "deadline", "늦습니다"),
])
def test_a_day_that_is_not_so_is_refused(session, app, texts, slot, word) -> None:
    with pytest.raises(Invalid) as refused:
        composed(session, **texts)
    assert word in refused.value.fields[slot]
