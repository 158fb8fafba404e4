"""What a case needs before it may be shown."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from cases.library.rights import Portrait, photo_problems
from cases.library.rules import ConsentScope, Outlet, consent_problems, fact_problems, naming_problems
from cases.library.rules import publication_problems as once_problems
from cases.library.veil import Veil, short_place, shown, size_band, veil_problems

TODAY = date(2026, 11, 23)


def record(**changes: object) -> SimpleNamespace:
    values = {
        "display_name": "인천의 회사", "headline": "나누어 맡다", "summary": "요약", "problem": "어려움", "system": "",
        "effect": "달라짐", "quote": "", "quote_by": "", "photos": [],
        "steps": [{"title": "한 일", "text": "", "when": ""}],
        "figures": [{"label": "지각", "after": "3", "source": "장부"}], "advice": [],
        "consent_scope": ConsentScope.ANONYMOUS, "consent_on": date(2026, 3, 1), "consent_until": None,
        "consent_evidence": "동의서", "consented_by": "관리부장", "outlets": ["print", "mail"], "veil": Veil.TRADE,
        "province": SimpleNamespace(name_ko="인천광역시"), "complex": SimpleNamespace(name="남동산단"), "section": "C",
        "industry": "금속가공", "headcount": 18, "fact_checked_on": date(2026, 3, 2), "fact_checked_by": "정하람",
    }
    return SimpleNamespace(**(values | changes))


def picture(**changes: object) -> SimpleNamespace:
    values = {"caption": "작업장", "rights_holder": "바온금속", "portrait": Portrait.NOBODY, "portrait_evidence": "",
              "evidence_id": None, "rights_until": None}
    return SimpleNamespace(**(values | changes))


def test_a_whole_record_has_no_problems():
    assert fact_problems(record(), TODAY) == consent_problems(record(), TODAY) == []
    assert naming_problems(record(), "바온금속") == []


@pytest.mark.parametrize(("changes", "words"), [
    ({"fact_checked_on": None}, "사실 확인일"), ({"fact_checked_by": ""}, "확인한 사람"),
    ({"fact_checked_on": date(2026, 11, 24)}, "오늘보다 뒤"), ({"effect": ""}, "달라진 점"), ({"steps": []}, "한 단계"),
    ({"figures": []}, "수치를 하나"), ({"figures": [{"label": "지각", "after": "3", "source": ""}]}, "출처"),
])
def test_missing_facts_are_named(changes, words):
    assert words in " ".join(fact_problems(record(**changes), TODAY))


@pytest.mark.parametrize(("changes", "words"), [
    ({"consent_scope": ConsentScope.NONE}, "동의 범위"), ({"consent_on": None}, "동의한 날"),
    ({"consent_evidence": ""}, "증빙"), ({"consent_until": date(2026, 11, 22)}, "기간이 끝났습니다"),
    ({"photos": [picture(rights_holder="")]}, "저작권자"), ({"outlets": []}, "어디에 싣는"),
    ({"outlets": ["web"]}, "동의하지 않았습니다"),
])
def test_missing_consent_is_named(changes, words):
    assert words in " ".join(consent_problems(record(**changes), TODAY))


def test_consent_is_asked_for_each_outlet():
    case = record(photos=[picture(rights_until=date(2026, 1, 1))])
    assert consent_problems(case, TODAY, Outlet.MAIL) == consent_problems(case, TODAY, None) == []
    assert "누리집" in " ".join(map(str, consent_problems(case, TODAY, Outlet.WEB)[0].values.values()))
    assert "기간이 끝났습니다" in consent_problems(case, TODAY, Outlet.PRINT)[0]


@pytest.mark.parametrize(("changes", "words"), [
    ({"caption": ""}, "무엇을 보여"), ({"rights_holder": ""}, "저작권자"), ({"portrait": Portrait.UNKNOWN}, "확인해"),
    ({"portrait": Portrait.REFUSED}, "쓸 수 없습니다"), ({"portrait": Portrait.CONSENTED}, "증빙"),
    ({"rights_until": date(2026, 11, 22)}, "끝났습니다"),
])
def test_a_picture_without_its_rights_is_not_shown(changes, words):
    assert words in " ".join(photo_problems(picture(**changes), TODAY))
    assert words in str(once_problems(record(photos=[picture(), picture(**changes)]), TODAY)[0].values["problem"])


def test_rights_in_order():
    assert photo_problems(picture(rights_until=TODAY), TODAY) == []
    assert photo_problems(picture(portrait=Portrait.CONSENTED, evidence_id=3), TODAY) == []
    assert "동의한 사람" in once_problems(record(consented_by=""), TODAY)[0]


@pytest.mark.parametrize(("veil", "words"), [
    (Veil.TRADE, "인천광역시 · 금속가공 · 10~29인"), (Veil.SECTION, "인천광역시 · 제조업 · 10~29인"),
    (Veil.WIDE, "인천광역시 · 제조업 · 50인 미만"), (Veil.NO_SIZE, "인천광역시 · 제조업"),
    (Veil.NO_PLACE, "제조업 · 50인 미만"),
])
def test_an_anonymous_case_tells_what_its_veil_lets_through(veil, words):
    assert str(shown(record(veil=veil))) == words
    named = record(veil=veil, consent_scope=ConsentScope.NAMED)
    assert str(shown(named)) == "인천광역시 남동산단 · 금속가공 · 18명"


@pytest.mark.parametrize(("changes", "words"), [
    ({"summary": "직원 18명의 회사"}, "18명"), ({"veil": Veil.NO_PLACE}, "인천"),
    ({"veil": Veil.SECTION, "headline": "금속가공 회사 이야기"}, "금속가공"),
])
def test_its_words_must_not_tell_what_the_veil_hides(changes, words):
    assert words in [problem.values["words"] for problem in veil_problems(record(**changes))]
    assert veil_problems(record(**changes, consent_scope=ConsentScope.NAMED)) == []


def test_other_numbers_are_no_headcount():
    assert veil_problems(record(summary="118명이 다녀갔고 18번 고쳤다. 10~18인 이상")) == []
    names = ("인천광역시", "경상남도", "경기도", "전북특별자치도")
    assert [short_place(name) for name in names] == ["인천", "경남", "경기", "전북"]


def test_consent_holds_on_its_last_day():
    assert consent_problems(record(consent_until=TODAY), TODAY) == []


@pytest.mark.parametrize(("changes", "place"), [
    ({"display_name": "㈜바온 금속"}, "표시 이름"), ({"headline": "바온금속이 나누어 맡다"}, "제목"),
    ({"quote_by": "바온금속 대표"}, "말한 사람"), ({"figures": [{"source": "(주)바온금속 장부"}]}, "수치"),
    ({"steps": [{"text": "바온금속은 일을 적었다"}]}, "한 일"), ({"advice": ["바온 금속처럼"]}, "조언"),
])
def test_an_anonymous_case_must_not_give_the_name_away(changes, place):
    assert place in " ".join(naming_problems(record(**changes), "주식회사 바온금속"))


def test_a_named_case_may_say_the_name():
    named = record(consent_scope=ConsentScope.NAMED, display_name="바온금속")
    assert naming_problems(named, "바온금속") == []


@pytest.mark.parametrize(("count", "label"), [
    (None, ""), (4, "5인 미만"), (5, "5~9인"), (299, "100~299인"), (300, "300인 이상"),
])
def test_size_bands(count, label):
    assert size_band(count) == label
