"""What a chart may be, by declaration and as a person types it."""

from __future__ import annotations

import pytest

from outreach.charts.lines import rows, typed
from outreach.charts.spec import Chart, ChartKind, chart, number_text, sentence
from outreach.errors import Invalid

DECLARED = {
    "kind": "bar", "title": "지역별 사례", "unit": "곳", "source": "사례 기록", "alt": "경남이 12곳으로 가장 많다.",
    "rows": [["경남", 12], ["서울", 9.5]],
}


def refused(**changes) -> dict[str, str]:
    with pytest.raises(Invalid) as error:
        chart(DECLARED | changes)
    return error.value.fields


def test_a_declaration_is_read_and_told_again():
    made = chart(DECLARED)
    assert made.kind is ChartKind.BAR and made.rows[1].value == 9.5
    assert chart(made.asked()) == made
    then = chart(DECLARED | {"kind": "before_after", "rows": [["연장근무", 22, 9]]})
    assert (then.rows[0].before, then.rows[0].value) == (22, 9) and chart(then.asked()) == then


def test_without_alternative_text_there_is_no_chart_but_a_proposal():
    reason = refused(alt=" ")["alt"]
    assert "지역별 사례 막대그래프. 경남 12곳, 서울 9.5곳." in reason
    assert refused(source="") and refused(title="")


@pytest.mark.parametrize(("changes", "word"), [
    ({"rows": []}, "1~20줄"), ({"rows": [[f"{n}", n] for n in range(21)]}, "지금 21줄"),
    ({"rows": [["경남", -1]]}, "0 이상"), ({"rows": [["경남", float("nan")]]}, "0 이상"),
    ({"rows": [["경남", float("inf")]]}, "0 이상"), ({"rows": [["경남", 1], ["경남", 2]]}, "두 번"),
    ({"rows": [["긴 이름" * 8, 1]]}, "24자"), ({"rows": [["가\x00나", 1]]}, "이름"),
    ({"rows": [["경남", 1, 2]]}, "이름; 값"),
    ({"kind": "before_after"}, "이름; 전; 후"),
    ({"kind": "share", "unit": "%", "rows": [["가", 40], ["나", 40]]}, "80%"),
])
def test_rows_that_can_not_be_drawn_are_named(changes, word):
    assert word in refused(**changes)["rows"]


def test_what_is_no_chart_at_all_is_refused():
    assert refused(kind="pie") == {}
    assert refused(rows=[["경남"]]) == {} and refused(rows=[["경남", "많음"]]) == {}
    with pytest.raises(Invalid, match="script"):
        chart(DECLARED | {"script": "alert(1)"})


def test_a_chart_is_typed_line_by_line():
    made = typed("전과 후", "달라진 점", "시간", "연장근무; 1,022; 9.5\n\n회의; 3; 1\n", "근태기록",
        "연장근무가 줄었다.")
    assert made.kind is ChartKind.BEFORE_AFTER and made.rows[0].before == 1022
    assert typed("", "ㄱ", "", "가; 1", "ㄴ", "ㄷ").kind is ChartKind.BAR
    for line in ("경남", "경남; 12곳", "; 3", "경남; 1; 2; 3", "경남; 1e9", "경남; ١"):
        with pytest.raises(Invalid, match="2번째 줄"):
            rows(f"서울; 1\n{line}")
    with pytest.raises(Invalid, match="막대, 꺾은선"):
        typed("원", "ㄱ", "", "가; 1", "ㄴ", "ㄷ")


def test_numbers_and_sentences_read_as_offices_write_them():
    assert [number_text(value) for value in (0, 9.5, 1250, 12.345, 1_000_000)] == ["0", "9.5", "1,250", "12.35",
        "1,000,000"]
    then = Chart(ChartKind.BEFORE_AFTER, "근무", (chart(DECLARED | {"kind": "before_after",
        "rows": [["야근", 5, 2]]}).rows), "", "", "회")
    assert sentence(then) == "근무 전후 비교 그래프. 야근 5회에서 2회."
