"""Pages of centres and jurisdictions: headquarters and administrators only."""

import pytest
import sqlalchemy as sa

from outreach.regions.loading import load_reference
from outreach.regions.models import Centre, Jurisdiction, Region
from outreach.scope import Role
from tests.people import make_user, sign_in


@pytest.fixture
def centre(session):
    load_reference(session)
    return session.scalar(sa.select(Centre).where(Centre.code == "seongnam"))


@pytest.fixture
def keeper(client, centre):
    return sign_in(client, make_user(Role.HEADQUARTERS))


def row_of(session, code):
    return session.scalar(sa.select(Jurisdiction).join(Region).where(Region.code == code))


def new_row(session, **values):
    region = session.scalar(sa.select(Region).where(Region.code == "11350"))
    return {"region": region.id, "valid_from": "2027-01-01", "source": "직제 시행규칙 별표", "certainty": "V"} | values


def test_the_list_shows_all_centres(keeper):
    page = keeper.get("/centres/").text
    assert "성남고용센터" in page and "서울관악고용센터" in page


def test_a_centre_shows_its_districts(keeper, centre):
    assert "분당구" in keeper.get(f"/centres/{centre.id}").text


def test_past_rows_are_shown_on_request(keeper, session):
    incheon = row_of(session, "28110").centre_id
    assert "2026. 6. 30.(화)" not in keeper.get(f"/centres/{incheon}").text
    assert "2026. 6. 30.(화)" in keeper.get(f"/centres/{incheon}?past=1").text


def test_a_row_is_added(keeper, centre, session):
    response = keeper.post(f"/centres/{centre.id}/jurisdictions", data=new_row(session))
    assert response.status_code == 302
    assert row_of(session, "11350").centre_id == centre.id
    assert "노원구" in keeper.get(f"/centres/{centre.id}").text


@pytest.mark.parametrize("bad", [{"valid_from": "soon"}, {"source": ""}, {"region": "999999"}, {"certainty": "X"}])
def test_bad_input_is_shown_again(keeper, centre, session, bad):
    response = keeper.post(f"/centres/{centre.id}/jurisdictions", data=new_row(session, **bad))
    assert response.status_code == 422
    assert row_of(session, "11350") is None


def test_a_row_before_a_later_one_is_refused(keeper, centre, session):
    region = row_of(session, "11530").region_id
    data = new_row(session, region=region, valid_from="2020-01-01")
    response = keeper.post(f"/centres/{centre.id}/jurisdictions", data=data)
    assert response.status_code == 422 and "이미 있습니다" in response.text


def test_a_row_is_ended(keeper, session):
    row = row_of(session, "41135")
    keeper.post(f"/centres/{row.centre_id}/jurisdictions/{row.id}/end", data={"valid_to": "2026-12-31"})
    assert row.valid_to.isoformat() == "2026-12-31"


@pytest.mark.parametrize("bad", ["", "never", "2000-01-01"])
def test_ending_with_a_bad_day_changes_nothing(keeper, session, bad):
    row = row_of(session, "41135")
    response = keeper.post(
        f"/centres/{row.centre_id}/jurisdictions/{row.id}/end", data={"valid_to": bad}, follow_redirects=True
    )
    assert "종료일" in response.text
    assert row.valid_to is None


def test_ending_a_row_of_another_centre_is_not_found(keeper, session, centre):
    row = row_of(session, "11530")
    url = f"/centres/{centre.id}/jurisdictions/{row.id}/end"
    assert keeper.post(url, data={"valid_to": "2026-12-31"}).status_code == 404


def test_unknown_centre(keeper):
    assert keeper.get("/centres/99999").status_code == 404


@pytest.mark.parametrize("role", [Role.CENTRE_MANAGER, Role.PROMOTION, Role.PLANNER, Role.PARTNER, Role.AUDITOR])
def test_other_roles_are_refused(client, centre, role):
    sign_in(client, make_user(role))
    assert client.get("/centres/").status_code == 403
    assert client.post(f"/centres/{centre.id}/jurisdictions").status_code == 403


def test_anonymous_is_sent_to_sign_in(client, centre):
    assert "/login" in client.get(f"/centres/{centre.id}").location


def test_get_is_refused_where_something_changes(keeper, centre):
    assert keeper.get(f"/centres/{centre.id}/jurisdictions").status_code == 405
