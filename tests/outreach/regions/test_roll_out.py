"""The service comes to a further centre by adding rows, on the pages: a centre, its districts, its people."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from outreach.accounts.models import User
from outreach.companies import jurisdictions
from outreach.companies.models import Workplace
from outreach.regions.loading import load_reference
from outreach.regions.models import Centre, Region
from outreach.regions.service import centre_for_district
from outreach.scope import Role
from tests.outreach.companies.making import make_company
from tests.people import make_user, sign_in

NEW = {
    "code": "seoul-bukbu", "name_ko": "서울북부고용센터", "name_en": "Seoul Bukbu Centre", "phone": "02-0000-0001",
    "valid_from": "2026-12-01", "source": "직제 시행규칙 별표", "certainty": "V",
}


@pytest.fixture
def reference(session):
    load_reference(session)


@pytest.fixture
def keeper(client, reference):
    return sign_in(client, make_user(Role.ADMINISTRATOR))


def region(session, code: str = "11350") -> Region:
    """노원구, which no pilot centre answers for."""
    return session.scalar(sa.select(Region).where(Region.code == code))


def added(session, code: str = NEW["code"]) -> Centre | None:
    return session.scalar(sa.select(Centre).where(Centre.code == code))


def workplace(session, company) -> Workplace:
    return session.get(Workplace, company.workplaces[0].id, populate_existing=True)


def test_a_further_centre_from_its_row_to_its_first_company(app, keeper, client, session, clock):
    company = make_company(None)
    company.workplaces[0].district_id = region(session).id

    page = keeper.post("/centres/new", data=NEW, follow_redirects=True).text
    assert "서울북부고용센터" in page and "관할이 없습니다" in page
    centre = added(session)
    assert "시작 전" in keeper.get("/centres/").text
    row = {"region": region(session).id, "valid_from": "2026-12-01", "source": "별표", "certainty": "V"}
    keeper.post(f"/centres/{centre.id}/jurisdictions", data=row)
    person = {"email": "first@bukbu.example", "name": "김북부", "role": "promotion", "centre": centre.id}
    assert keeper.post("/accounts/new", data=person).status_code == 200

    assert jurisdictions.follow(app) == 0 and workplace(session, company).centre_id is None
    clock.advance(days=9)
    assert jurisdictions.follow(app) == 1 and jurisdictions.follow(app) == 0
    officer = session.scalar(sa.select(User).where(User.email == person["email"]))
    assert "한빛정밀" in sign_in(client, officer).get("/companies/").text


def test_a_district_that_changes_its_centre_takes_its_workplaces_along(app, keeper, session, clock):
    gwanak = added(session, "seoul-gwanak")
    district = region(session, "11530")  # 구로구
    assert centre_for_district(session, district.id, clock.now().date()).id == gwanak.id
    moving, staying = make_company(gwanak, "옮길정밀", email=None), make_company(gwanak, "남을정밀", email=None)
    moving.workplaces[0].district_id = district.id
    keeper.post("/centres/new", data=NEW)
    row = {"region": district.id, "valid_from": "2026-11-23", "source": "별표", "certainty": "V"}
    keeper.post(f"/centres/{added(session).id}/jurisdictions", data=row)
    assert jurisdictions.follow(app) == 1
    assert workplace(session, moving).centre_id == added(session).id
    assert workplace(session, staying).centre_id == gwanak.id


def test_more_workplaces_than_one_unit_takes(app, keeper, session, monkeypatch):
    monkeypatch.setattr(jurisdictions, "CHUNK", 2)
    gwanak, district = added(session, "seoul-gwanak"), region(session, "11530")
    for number in range(5):
        make_company(None, f"많은정밀{number}", email=None).workplaces[0].district_id = district.id
    session.commit()
    assert jurisdictions.follow(app) == 5
    assert {place.centre_id for place in session.query(Workplace)} == {gwanak.id}


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"code": "Seoul Bukbu"}, "소문자"), ({"code": ""}, ""), ({"code": "seoul-gwanak"}, "이미 쓰는 코드"),
        ({"name_ko": " "}, ""), ({"valid_from": "soon"}, ""), ({"valid_to": "2026-11-30"}, "종료일은 시작일"),
        ({"certainty": "X"}, ""), ({"source": ""}, ""),
    ],
)
def test_bad_input_is_shown_again(keeper, session, bad, says):
    before = session.scalar(sa.select(sa.func.count()).select_from(Centre))
    response = keeper.post("/centres/new", data=NEW | bad)
    assert response.status_code == 422 and says in response.text and "field-errors" in response.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Centre)) == before


def test_a_correction_is_kept_in_the_history_and_outlives_the_shipped_tables(keeper, session):
    centre = added(session, "seoul-gwanak")
    page = keeper.get(f"/centres/{centre.id}/edit").text
    assert centre.name_en in page and 'name="code"' not in page
    values = {key: value for key, value in NEW.items() if key != "code"} | {"name_ko": "서울관악고용복지플러스센터"}
    assert keeper.post(f"/centres/{centre.id}/edit", data=values).status_code == 302
    shown = keeper.get(f"/centres/{centre.id}").text
    assert "서울관악고용복지플러스센터" in shown and "02-0000-0001" in shown
    load_reference(session)
    assert added(session, "seoul-gwanak").name_ko == "서울관악고용복지플러스센터"


def test_a_centre_that_ended_is_listed_no_more(keeper, session, clock):
    centre = added(session, "seoul-gwanak")
    centre.valid_to = clock.now().date().replace(day=1)
    assert "서울관악고용센터" not in keeper.get("/centres/").text


@pytest.mark.parametrize("role", [Role.CENTRE_MANAGER, Role.PROMOTION, Role.PARTNER, Role.AUDITOR])
def test_others_add_no_centre(client, reference, session, role):
    visitor = sign_in(client, make_user(role))
    assert visitor.get("/centres/new").status_code == 403
    assert visitor.post("/centres/new", data=NEW).status_code == 403
    assert added(session) is None
