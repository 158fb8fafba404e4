"""What a case needs before it may be shown."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from cases.library.rules import ConsentScope, consent_problems, fact_problems, naming_problems, size_band

TODAY = date(2026, 11, 23)


def record(**changes: object) -> SimpleNamespace:
    values = {
        "display_name": "인천의 회사", "headline": "나누어 맡다", "summary": "요약", "problem": "어려움", "system": "",
        "effect": "달라짐", "quote": "", "quote_by": "", "photo_caption": "", "photo_rights": "", "photo_id": None,
        "steps": [{"title": "한 일", "text": "", "when": ""}],
        "figures": [{"label": "지각", "after": "3", "source": "장부"}], "advice": [],
        "consent_scope": ConsentScope.ANONYMOUS, "consent_on": date(2026, 3, 1), "consent_until": None,
        "consent_evidence": "동의서", "fact_checked_on": date(2026, 3, 2), "fact_checked_by": "정하람",
    }
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
    ({"photo_id": 1}, "권리 관계"),
])
def test_missing_consent_is_named(changes, words):
    assert words in " ".join(consent_problems(record(**changes), TODAY))


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
