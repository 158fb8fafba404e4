"""The partners' reading room and the public link: who gets what, and what is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from cases.library.rules import CaseState, ConsentScope
from cases.materials import service
from cases.materials.models import Download, MaterialGrant
from cases.materials.rules import EditionState, Way
from outreach import links
from outreach.db import db
from outreach.scope import Role
from tests.cases.making import TODAY, add_edition, make_material, published
from tests.people import NOW, make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def partner(centre):
    return make_user(Role.PARTNER, organisation=make_organisation(centre, "가온산단"))


def give(material, user, **values):
    db.session.add(MaterialGrant(
        material_id=material.id, organisation_id=user.organisation_id, direct=True, granted_at=NOW, **values
    ))


def url(app, material):
    return links.material_url("", app.extensions["outreach"].signer, material.id)


def test_a_partner_downloads_what_it_was_granted(app, client, centre, partner):
    material = make_material(app, centre, title="교대조 이야기")
    give(material, partner)
    page = sign_in(client, partner).get("/portal/").text
    assert "교대조 이야기" in page
    response = client.get(f"/portal/materials/{material.id}.pdf")
    assert response.data.startswith(b"%PDF")
    assert "%EA%B5%90%EB%8C%80%EC%A1%B0" in response.headers["Content-Disposition"]
    row = db.session.query(Download).one()
    assert (row.way, row.organisation_id, row.edition_id) == (
        Way.PORTAL, partner.organisation_id, published(material).id)
    assert "받은 횟수 1" in client.get("/portal/").text
    assert client.get(f"/portal/materials/{material.id}/page-1.png").mimetype == "image/png"
    assert "교대조 이야기" in client.get("/").text


def test_a_full_shelf_asks_the_database_no_more_than_a_short_one(app, client, centre, partner):
    def asked() -> int:
        db.session.expire_all()
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert client.get("/portal/").status_code == 200
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    give(make_material(app, centre), partner)
    sign_in(client, partner)
    short = asked()
    for number in range(3):
        give(make_material(app, centre, title=f"사례 {number}"), partner)
    assert asked() == short


def test_another_partner_finds_nothing(app, client, centre, partner):
    material = make_material(app, centre, title="교대조 이야기")
    give(material, partner)
    other = make_user(Role.PARTNER, organisation=make_organisation(centre))
    sign_in(client, other)
    assert client.get(f"/portal/materials/{material.id}.pdf").status_code == 404
    assert client.get(f"/portal/materials/{material.id}/page-1.png").status_code == 404
    assert "교대조 이야기" not in client.get("/portal/").text + client.get("/").text
    assert db.session.query(Download).count() == 0


@pytest.mark.parametrize("state", [EditionState.READY, EditionState.WITHDRAWN, EditionState.FAILED])
def test_only_published_materials_are_seen(app, client, centre, partner, state):
    material = make_material(app, centre, state)
    give(material, partner)
    sign_in(client, partner)
    assert material.title not in client.get("/portal/").text
    assert client.get(f"/portal/materials/{material.id}.pdf").status_code == 404


@pytest.mark.parametrize("change", [
    {"consent_until": TODAY - timedelta(days=1)}, {"consent_scope": ConsentScope.NONE}, {"state": CaseState.WITHDRAWN},
])
def test_nothing_is_given_out_without_the_company_s_consent(app, client, centre, partner, change):
    material = make_material(app, centre, title="교대조 이야기")
    give(material, partner)
    assert client.get(url(app, material)).status_code == 200
    for name, value in change.items():
        setattr(material.case, name, value)
    db.session.flush()
    assert client.get(url(app, material)).status_code == 410
    sign_in(client, partner)
    assert "교대조 이야기" not in client.get("/portal/").text + client.get("/").text
    assert client.get(f"/portal/materials/{material.id}.pdf").status_code == 404
    assert client.get(f"/portal/materials/{material.id}/page-1.png").status_code == 404


def test_partners_always_get_the_published_edition(app, client, centre, partner):
    material = make_material(app, centre)
    add_edition(app, material, EditionState.READY)
    give(material, partner)
    sign_in(client, partner).get(f"/portal/materials/{material.id}.pdf")
    assert db.session.query(Download).one().edition_id == published(material).id


def test_the_room_is_for_partners(app, client, centre):
    material = make_material(app, centre)
    for path in ("/portal/", f"/portal/materials/{material.id}.pdf"):
        assert client.get(path).status_code == 302
    sign_in(client, make_user(Role.HEADQUARTERS))
    assert client.get("/portal/").status_code == 403


def test_downloads_are_told_by_partner_and_edition(app, session, centre, partner):
    material = make_material(app, centre)
    second = add_edition(app, material, EditionState.READY)
    first = published(material)
    for edition, organisation_id in ((first, partner.organisation_id),) * 2 + ((second, None),):
        service.count_download(
            session, edition.id, Way.PORTAL if organisation_id else Way.LINK, organisation_id=organisation_id,
            user_id=None, now=NOW,
        )
    rows = service.downloads(session, material.id)
    assert [(row.number, row.organisation, row.count) for row in rows] == [(2, None, 1), (1, "가온산단", 2)]
    assert service.own_downloads(session, partner.organisation_id, [material.id]) == {material.id: 2}


def test_the_public_link_opens_the_published_edition(app, client, centre):
    material = make_material(app, centre)
    response = client.get(url(app, material))
    assert response.data.startswith(b"%PDF") and db.session.query(Download).one().way is Way.LINK
    assert client.head(url(app, material)).status_code == 200
    assert db.session.query(Download).count() == 1


def test_a_withdrawn_material_names_what_to_read_instead(app, client, centre):
    material = make_material(app, centre, EditionState.WITHDRAWN, title="지난 이야기")
    other = make_material(app, centre, title="새 이야기")
    make_material(app, make_centre(), title="다른 센터 이야기")
    response = client.get(url(app, material))
    assert response.status_code == 410
    assert "지난 이야기" in response.text and "새 이야기" in response.text and "다른 센터" not in response.text
    assert url(app, other) in response.text and centre.name_ko in response.text
    assert db.session.query(Download).count() == 0


@pytest.mark.parametrize("token", ["x", "bQGm9OHq8fFMWlx1", "a" * 500])
def test_a_forged_link_opens_nothing(client, token):
    response = client.get(f"/m/{token}")
    assert response.status_code == 404 and "열 수 없는 링크" in response.text


def test_a_link_of_another_purpose_opens_nothing(app, client, centre):
    material = make_material(app, centre)
    token = app.extensions["outreach"].signer.sign(links.PLACE, material.id)
    assert client.get(f"/m/{token}").status_code == 404


def test_a_file_gone_from_the_disk_is_not_counted(app, client, centre):
    material = make_material(app, centre)
    published(material).sha256 = "0" * 64
    assert client.get(url(app, material)).status_code == 404
    assert db.session.query(Download).count() == 0
