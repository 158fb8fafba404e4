"""The material library for staff: publishing by a second person, grants, downloads."""

from __future__ import annotations

from datetime import date

import pytest

from cases.library.rules import CaseState
from cases.materials.models import Download, Edition, Material, MaterialGrant
from cases.materials.rules import EditionState, Way
from outreach.db import db
from outreach.scope import Role
from tests.cases.making import add_edition, make_material, published
from tests.people import make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def officer(centre):
    return make_user(Role.PROMOTION, centre=centre)


@pytest.fixture
def manager(centre):
    return make_user(Role.CENTRE_MANAGER, centre=centre)


def test_a_second_person_publishes(app, client, officer, manager, centre):
    material = make_material(app, centre, EditionState.READY, created_by=officer.id)
    path = f"/materials/{material.id}/editions/1/publish"
    assert "만든 사람은 게시할 수 없습니다" in sign_in(client, officer).post(path, follow_redirects=True).text
    sign_in(client, manager).post(path)
    edition = db.session.query(Edition).one()
    assert edition.state is EditionState.PUBLISHED and edition.published_by == manager.id
    assert client.get(path).status_code == 405


def test_a_new_edition_replaces_the_published_one(app, client, manager, centre):
    material = make_material(app, centre)
    add_edition(app, material, EditionState.READY, created_by=10**6)
    sign_in(client, manager).post(f"/materials/{material.id}/editions/2/publish")
    db.session.refresh(material)
    assert [edition.state for edition in material.editions] == [EditionState.PUBLISHED, EditionState.WITHDRAWN]
    assert material.editions[1].withdrawn_at is not None


def test_warnings_must_be_read_before_publishing(app, client, manager, centre):
    material = make_material(app, centre, EditionState.READY, created_by=10**6, warnings=["제도: 확인되지 않은 내용"])
    path = f"/materials/{material.id}/editions/1/publish"
    sign_in(client, manager).post(path)
    assert db.session.query(Edition).one().state is EditionState.READY
    client.post(path, data={"acknowledged": "1"})
    assert db.session.query(Edition).one().state is EditionState.PUBLISHED


def test_a_case_withdrawn_meanwhile_is_not_published(app, client, manager, centre):
    material = make_material(app, centre, EditionState.READY, created_by=10**6)
    material.case.state = CaseState.WITHDRAWN
    page = sign_in(client, manager).post(f"/materials/{material.id}/editions/1/publish", follow_redirects=True).text
    assert "게시된 사례만" in page and db.session.query(Edition).one().state is EditionState.READY


def test_a_material_whose_consent_ended_is_pointed_out(app, client, manager, centre):
    material = make_material(app, centre)
    assert "배포를 중단해야" not in sign_in(client, manager).get(f"/materials/{material.id}").text
    material.case.consent_until = date(2026, 11, 22)
    assert "배포를 중단해야" in client.get(f"/materials/{material.id}").text


@pytest.mark.parametrize(("state", "act"), [
    (EditionState.FAILED, "publish"), (EditionState.WITHDRAWN, "publish"), (EditionState.READY, "withdraw"),
])
def test_moves_follow_the_table(app, client, manager, centre, state, act):
    material = make_material(app, centre, state)
    page = sign_in(client, manager).post(
        f"/materials/{material.id}/editions/1/{act}", data={"reason": "x", "replacement": "0"}, follow_redirects=True,
    ).text
    assert "바꿀 수 없습니다" in page and db.session.query(Edition).one().state is state


def test_grants_are_given_and_taken_back(app, client, officer, centre):
    material, partner = make_material(app, centre), make_organisation(centre, "가온산단")
    sign_in(client, officer)
    page = client.post(f"/materials/{material.id}/grants", data={"organisation_id": partner.id}, follow_redirects=True)
    assert "가온산단" in page.text and db.session.query(MaterialGrant).one().direct
    client.post(f"/materials/{material.id}/grants/{partner.id}/revoke")
    assert db.session.query(MaterialGrant).count() == 0
    assert client.post(f"/materials/{material.id}/grants/{partner.id}/revoke").status_code == 404


def test_another_centre_s_partner_can_not_be_granted(app, client, officer, centre):
    material, stranger = make_material(app, centre), make_organisation(make_centre())
    sign_in(client, officer).post(f"/materials/{material.id}/grants", data={"organisation_id": stranger.id})
    assert db.session.query(MaterialGrant).count() == 0


def test_staff_downloads_are_counted_by_edition(app, client, officer, centre):
    material = make_material(app, centre)
    sign_in(client, officer)
    response = client.get(f"/materials/{material.id}/editions/1.pdf")
    assert response.data.startswith(b"%PDF") and response.mimetype == "application/pdf"
    assert "filename*=UTF-8''" in response.headers["Content-Disposition"]
    row = db.session.query(Download).one()
    assert (row.way, row.edition_id, row.user_id) == (Way.STAFF, published(material).id, officer.id)
    assert "직원" in client.get(f"/materials/{material.id}").text


@pytest.mark.parametrize(("method", "headers", "status", "counted"), [
    ("GET", {"Range": "bytes=0-99"}, 206, 1), ("GET", {"Range": "bytes=100-199"}, 206, 0), ("HEAD", {}, 200, 0),
    ("GET", {"Range": "bytes=-50"}, 206, 0), ("GET", {"Range": "bytes=999999-"}, 416, 0),
])
def test_ranges_and_heads_are_counted_once_at_most(app, client, officer, centre, method, headers, status, counted):
    material = make_material(app, centre)
    response = sign_in(client, officer).open(f"/materials/{material.id}/editions/1.pdf", method=method, headers=headers)
    assert response.status_code == status and db.session.query(Download).count() == counted


def test_an_unchanged_file_is_not_sent_or_counted_again(app, client, officer, centre):
    path = f"/materials/{make_material(app, centre).id}/editions/1.pdf"
    etag = sign_in(client, officer).get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert db.session.query(Download).count() == 1


def test_belonging_and_roles(app, client, centre):
    material = make_material(app, centre)
    paths = [f"/materials/{material.id}", f"/materials/{material.id}/editions/1.pdf",
             f"/materials/{material.id}/editions/1/page-1.png"]
    for path in paths:
        assert client.get(path).status_code == 302
    sign_in(client, make_user(Role.PROMOTION))
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]
    assert client.post(f"/materials/{material.id}/editions/1/withdraw").status_code == 404
    assert material.title not in client.get("/materials/").text
    sign_in(client, make_user(Role.PLANNER, centre=centre))
    assert [client.get(path).status_code for path in paths] == [200, 200, 200]
    assert client.post(f"/materials/{material.id}/render").status_code == 403
    sign_in(client, make_user(Role.PARTNER))
    assert [client.get(path).status_code for path in paths] == [403, 403, 403]


def test_headquarters_materials_are_read_but_not_changed_by_centres(app, client, officer):
    material = make_material(app, None)
    assert sign_in(client, officer).get(f"/materials/{material.id}").status_code == 200
    assert client.post(f"/materials/{material.id}/editions/1/withdraw").status_code == 403


def test_bad_numbers_are_not_found(app, client, officer, centre):
    material = make_material(app, centre)
    sign_in(client, officer)
    for path in ("/materials/999", f"/materials/{material.id}/editions/9.pdf", "/materials/x"):
        assert client.get(path).status_code == 404


def test_the_list_is_filtered(app, client, officer, centre):
    make_material(app, centre, title="게시한 것")
    make_material(app, centre, EditionState.READY, title="검토할 것")
    sign_in(client, officer)
    assert "검토할 것" not in client.get("/materials/?published=yes").text
    assert "게시한 것" not in client.get("/materials/?published=no").text
    assert "조건에 맞는 홍보물이 없습니다" in client.get("/materials/?kind=brochure").text
    assert db.session.query(Material).count() == 2
