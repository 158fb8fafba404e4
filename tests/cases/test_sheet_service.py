"""From records to a sheet's content: what may be told, and how sums are set."""

from __future__ import annotations

import pytest

from cases.library.rules import ConsentScope
from cases.sheets import service
from cases.sheets.content import Standing
from outreach.regions.models import Certainty
from tests.cases.making import TODAY, make_case, make_programme
from tests.people import make_centre


def sheet(session, case, **values):
    issue = service.issue(session, case.centre, day=TODAY, **values)
    return service.sheet(case, issue, service.Pictures())


def test_an_anonymous_case_tells_size_in_bands(session, app):
    case = make_case(make_centre())
    content = sheet(session, case)
    assert content.anonymous and content.company == "경남의 금속가공 회사"
    assert [fact.value for fact in content.facts] == ["금속가공", "30~49인"]


def test_a_named_case_tells_its_size(session, app):
    content = sheet(session, make_case(make_centre(), consent_scope=ConsentScope.NAMED))
    assert content.facts[-1].value == "42명" and not content.anonymous


def test_steps_are_framed_by_what_was_found_and_what_came_of_it(session, app):
    content = sheet(session, make_case(None, system="대체표를 함께 그렸다."))
    titles = [step.title for step in content.actions]
    assert titles == ["플래너와 함께 찾은 방법", "대체표를 만들다", "그 뒤로 달라진 점"]
    full = make_case(None, steps=[{"when": "", "title": str(n), "text": ""} for n in range(5)], system="방법")
    assert len(sheet(session, full).actions) == 5


def test_without_a_form_the_code_dials(session, app):
    centre = make_centre()
    assert sheet(session, make_case(centre)).contact.url == "tel:0200000000"
    assert sheet(session, make_case(None)).contact.url == "tel:1350"
    linked = sheet(session, make_case(centre), response_url="https://outreach.example/q/abc").contact
    assert (linked.url, linked.address) == ("https://outreach.example/q/abc", "outreach.example/q/abc")


def test_an_unverified_programme_says_so_on_paper(session, app):
    case = make_case(None)
    case.programmes = [make_programme(certainty=Certainty.SECONDARY)]
    card = sheet(session, case).programmes[0]
    assert card.standing(TODAY) is Standing.CHECKING and card.standing_label(TODAY) == "신청 전 1350 확인"


@pytest.mark.parametrize(("row", "expected"), [
    ({"amount_won": 1_400_000, "unit": "원/월", "label": "30인 미만", "note": ""}, ("140", "만원/월", "30인 미만")),
    ({"amount_won": 20_000_000, "unit": "원", "label": "투자비", "note": "한도"}, ("2,000", "만원", "투자비(한도)")),
    ({"amount_won": 12_345, "unit": "원", "label": "", "note": ""}, ("12,345", "원", "")),
    ({"amount_won": 0, "unit": "원", "label": "이용료", "note": "무료"}, ("무료", "", "이용료")),
    ({"amount_won": None, "unit": "원/월", "label": "", "note": "위 금액의 2배"}, ("위 금액의 2배", "", "")),
    ({"amount_won": None, "unit": "원", "label": "", "note": ""}, ("확인 필요", "", "")),
])
def test_sums_are_split_for_setting(row, expected):
    amount = service.amount(row)
    assert (amount.value, amount.unit, amount.label) == expected
