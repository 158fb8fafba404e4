"""Registering and editing partners."""

import pytest
import sqlalchemy as sa

from outreach.audit.models import ChangeRecord
from outreach.organisations.models import Organisation
from outreach.regions.loading import load_reference
from outreach.regions.models import Region
from outreach.scope import Role
from tests.people import make_centre, make_organisation, make_user, sign_in


def values(**changes):
    return {
        "kind": "local_government", "name": "시험시청", "name_en": "Test City", "phone": "031-000-0000",
        "homepage": "https://city.example", "mou_from": "2026-01-01", "mou_to": "2026-12-31", "mou_note": "홍보 협력",
    } | changes


def named(session, name):
    return session.scalar(sa.select(Organisation).where(Organisation.name == name))


def test_centre_staff_register_for_their_centre(officer, centre, session):
    load_reference(session)
    bundang = session.scalar(sa.select(Region).where(Region.code == "41135"))
    assert officer.get("/partners/new").status_code == 200
    response = officer.post("/partners/new", data=values(regions=[bundang.id], centre=str(make_centre().id)))
    made = named(session, "시험시청")
    assert response.location == f"/partners/{made.id}"
    assert made.centre_id == centre.id and made.regions == [bundang]
    assert made.mou_to.isoformat() == "2026-12-31"


def test_headquarters_chooses_the_centre(client, centre, session):
    sign_in(client, make_user(Role.HEADQUARTERS))
    client.post("/partners/new", data=values(centre=str(centre.id)))
    client.post("/partners/new", data=values(name="전국단체", centre=""))
    assert named(session, "시험시청").centre_id == centre.id
    assert named(session, "전국단체").centre_id is None


@pytest.mark.parametrize(
    "bad",
    [{"name": "  "}, {"kind": "bank"}, {"mou_to": "2025-12-31"}, {"homepage": "javascript:alert(1)"},
     {"mou_from": "01/01/2026"}, {"regions": ["999999"]}, {"name": "시험산업단지관리공단"}],
)
def test_bad_input_is_shown_again(officer, session, bad):
    before = session.scalar(sa.select(sa.func.count()).select_from(Organisation))
    response = officer.post("/partners/new", data=values(**bad))
    assert response.status_code == 422 and "입력하신 내용을 확인" in response.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == before


def test_an_edit_is_saved_and_kept_in_the_history(officer, partner, session):
    page = officer.get(f"/partners/{partner.id}/edit").text
    assert 'value="시험산업단지관리공단"' in page
    response = officer.post(f"/partners/{partner.id}/edit", data=values(version=partner.version))
    assert response.status_code == 302
    assert partner.name == "시험시청"
    record = session.scalar(sa.select(ChangeRecord).where(ChangeRecord.subject == "organisation"))
    assert record.changes["name"] == ["시험산업단지관리공단", "시험시청"]
    assert "시험산업단지관리공단 → 시험시청" in officer.get(f"/partners/{partner.id}").text


def test_an_edit_begun_on_an_older_version_is_refused(officer, partner):
    version = partner.version
    officer.post(f"/partners/{partner.id}/edit", data=values(version=version))
    response = officer.post(f"/partners/{partner.id}/edit", data=values(name="나중이름", version=version))
    assert response.status_code == 422 and "그 사이 다른 사람이" in response.text
    assert partner.name == "시험시청"


@pytest.mark.parametrize("version", ["x", "-1"])
def test_a_nonsense_version_saves_nothing(officer, partner, version):
    assert officer.post(f"/partners/{partner.id}/edit", data=values(version=version)).status_code == 422
    assert partner.name == "시험산업단지관리공단"


def test_closing_keeps_the_partner(officer, partner):
    assert officer.get(f"/partners/{partner.id}/active").status_code == 405
    officer.post(f"/partners/{partner.id}/active", data={"active": "0"})
    assert partner.active is False
    assert "시험산업단지관리공단" not in officer.get("/partners/").text
    assert "시험산업단지관리공단" in officer.get("/partners/?state=closed").text
    officer.post(f"/partners/{partner.id}/active", data={"active": "1"})
    assert partner.active is True


def test_staff_of_another_centre_do_not_find_it(colleague, partner):
    assert colleague.get(f"/partners/{partner.id}/edit").status_code == 404
    assert colleague.post(f"/partners/{partner.id}/edit", data=values(version="1")).status_code == 404
    assert colleague.post(f"/partners/{partner.id}/active", data={"active": "0"}).status_code == 404


@pytest.mark.parametrize("role", [Role.PLANNER, Role.AUDITOR])
def test_readers_do_not_edit(client, centre, partner, role):
    sign_in(client, make_user(role, **({"centre": centre} if role is Role.PLANNER else {})))
    assert client.get("/partners/new").status_code == 403
    assert client.get(f"/partners/{partner.id}/edit").status_code == 403


def test_the_partner_does_not_edit_its_agreement(insider, partner):
    assert insider.get(f"/partners/{partner.id}/edit").status_code == 403
    assert insider.post(f"/partners/{partner.id}/active", data={"active": "0"}).status_code == 403


def test_names_are_unique_within_a_centre_only(officer, session):
    make_organisation(make_centre(), "시험시청")
    assert officer.post("/partners/new", data=values()).status_code == 302
