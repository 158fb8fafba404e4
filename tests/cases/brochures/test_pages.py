"""The brochure's editor: what can be chosen, in which order, and by whom."""

from __future__ import annotations

from datetime import date

import pytest

from cases.brochures import service, slots
from cases.brochures.models import Brochure
from cases.library.rules import CaseState
from cases.sheets import service as sheets
from outreach.db import db
from outreach.errors import Conflict
from outreach.scope import Role
from tests.cases.making import TODAY, make_brochure, make_case, make_programme
from tests.people import make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


def form(**changes):
    values = {"title": "아이 키우는 직원과\r\n오래 함께", "style": "calm"}
    return values | {f"texts-{name}": text for name, text in slots.opening().items()} | changes


def test_a_brochure_keeps_the_order_chosen(client, officer, centre):
    first, second = make_case(centre, headline="가"), make_case(None, headline="나")
    one, two = make_programme("ㄱ 제도"), make_programme("ㄴ 제도")
    partner = make_organisation(centre)
    data = form(**{
        "cases-0": second.id, "cases-2": first.id, "programmes-0": two.id, "programmes-1": one.id,
        "organisations-0": partner.id, "texts-why_text": "첫 문단\r\n\r\n둘째 문단",
    })
    response = sign_in(client, officer).post("/brochures/new", data=data)
    assert response.status_code == 302
    brochure = db.session.query(Brochure).one()
    assert brochure.title == "아이 키우는 직원과\n오래 함께" and brochure.centre_id == centre.id
    assert service.cases_of(brochure) == [second, first]
    assert service.programmes_of(brochure) == [two, one]
    assert service.organisations_of(brochure) == [partner]
    assert brochure.texts["why_text"] == "첫 문단\n\n둘째 문단"
    page = client.get(response.location).text
    assert f'<option selected value="{second.id}">' in page


def test_only_published_cases_with_standing_consent_are_offered(client, officer, centre):
    draft = make_case(centre, CaseState.DRAFT, headline="쓰는 중")
    lapsed = make_case(centre, headline="동의 끝남", consent_until=date(2026, 11, 22))
    make_case(make_centre(), headline="다른 센터의 게시된 사례")
    page = sign_in(client, officer).get("/brochures/new").text
    assert "다른 센터의 게시된 사례" in page and "쓰는 중" not in page and "동의 끝남" not in page
    for case in (draft, lapsed):
        assert client.post("/brochures/new", data=form(**{"cases-0": case.id})).status_code == 422
    assert db.session.query(Brochure).count() == 0


def test_partners_of_other_centres_are_not_offered(client, officer):
    stranger = make_organisation(make_centre(), "남의 산단")
    assert "남의 산단" not in sign_in(client, officer).get("/brochures/new").text
    assert client.post("/brochures/new", data=form(**{"organisations-0": stranger.id})).status_code == 422


@pytest.mark.parametrize("changes", [{"title": ""}, {"style": "loud"}, {"title": "가" * 121}, {"cases-0": "x"}])
def test_bad_input_is_refused(client, officer, changes):
    assert sign_in(client, officer).post("/brochures/new", data=form(**changes)).status_code == 422
    assert db.session.query(Brochure).count() == 0


def test_an_old_version_is_refused(client, officer, centre):
    brochure = make_brochure(centre, [], [])
    sign_in(client, officer).post(f"/brochures/{brochure.id}", data=form(title="새 제목", version="1"))
    late = client.post(f"/brochures/{brochure.id}", data=form(title="늦은 제목", version="1"))
    assert late.status_code == 422 and "다른 사람이" in late.text
    assert db.session.get(Brochure, brochure.id).title == "새 제목"


def test_reading_and_writing_by_belonging(client, officer, centre):
    brochure = make_brochure(centre, [], [])
    assert client.get(f"/brochures/{brochure.id}").status_code == 302
    sign_in(client, make_user(Role.PLANNER, centre=centre))
    assert client.get(f"/brochures/{brochure.id}").status_code == 200
    assert client.post(f"/brochures/{brochure.id}", data=form(version="1")).status_code == 403
    sign_in(client, make_user(Role.PROMOTION))
    assert client.get(f"/brochures/{brochure.id}").status_code == 404
    sign_in(client, make_user(Role.PARTNER))
    assert client.get(f"/brochures/{brochure.id}").status_code == 403
    sign_in(client, officer)
    assert client.get("/brochures/999").status_code == 404
    assert brochure.title.split("\n")[0] in client.get("/brochures/").text


def test_what_keeps_it_from_print_is_named(app, centre):
    withdrawn = make_case(centre, CaseState.WITHDRAWN, headline="내려간 사례")
    brochure = make_brochure(centre, [withdrawn], [], texts={"why_title": "취지"})
    with pytest.raises(Conflict) as refused:
        service.check_printable(brochure, TODAY)
    for words in ("이용 절차 1 제목", "이런 회사에 권합니다", "지원제도와 사례", "내려간 사례"):
        assert words in refused.value.message


def test_what_is_printed_comes_from_the_records(session, centre):
    case, version = make_case(centre, fictional=True), make_programme()
    brochure = make_brochure(centre, [case], [version], texts=slots.opening() | {
        "figure1_label": "상담 비용", "figure1_value": "0", "figure1_unit": "원", "checklist": "하나\n\n둘",
    })
    brochure.organisations = [make_organisation(centre, "가온산단")]
    issue = sheets.issue(session, centre, day=TODAY, response_url="https://outreach.example/q/abc")
    content = service.brochure_content(brochure, issue, sheets.Pictures())
    assert content.contact.address == "outreach.example/q/abc" and content.issuer == centre.name_ko
    assert content.programmes[0].amounts[0].value == "140" and content.programmes[0].amounts[0].unit == "만원/월"
    assert content.cases[0].effect.before == "0" and content.cases[0].programmes == ()
    assert [figure.label for figure in content.figures] == ["상담 비용"] and content.checklist == ("하나", "둘")
    assert [mark.name for mark in content.partners] == ["가온산단"] and content.partners[0].logo is None
    assert sheets.FICTIONAL in content.sources
