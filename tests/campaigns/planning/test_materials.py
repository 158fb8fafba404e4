"""Materials of a campaign: its partners are granted them as long as they take part, and its QR code is printed."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.planning import materials, service
from campaigns.planning.models import Campaign
from campaigns.planning.rules import PartnerRole
from campaigns.responses.models import ResponsePlace
from cases.documents.models import Document
from cases.materials import grants
from cases.materials import service as library
from cases.materials.jobs import templates_folder
from cases.materials.models import Edition, Material, MaterialGrant
from outreach import links
from outreach.audit.service import SERVICE
from outreach.db import db
from outreach.scope import Role
from tests.cases.making import make_material
from tests.people import make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION)


@pytest.fixture
def partner(officer):
    return make_organisation(officer.centre, "가온산단")


def plan(officer, now, *partners) -> Campaign:
    values = {"name": "구로 산단 캠페인", "starts_on": date(2026, 12, 1), "ends_on": date(2027, 2, 28)}
    campaign = service.create(db.session, officer.scope(), SERVICE, values, now=now)
    chosen = [(row.id, PartnerRole.INVITES, "") for row in partners]
    service.set_partners(db.session, SERVICE, campaign, chosen, now=now)
    return campaign


def granted() -> set[tuple[int, int]]:
    return {(row.material_id, row.organisation_id) for row in db.session.query(MaterialGrant)}


def test_adding_grants_and_removing_revokes(app, client, officer, partner, now):
    campaign, material = plan(officer, now, partner), make_material(app, officer.centre)
    sign_in(client, officer)
    page = client.post(f"/campaigns/{campaign.id}/materials", data={"material_id": material.id}, follow_redirects=True)
    assert material.title in page.text and granted() == {(material.id, partner.id)}
    assert "캠페인을 통해 준" in client.post(
        f"/materials/{material.id}/grants/{partner.id}/revoke", follow_redirects=True).text
    client.post(f"/campaigns/{campaign.id}/materials/{material.id}/remove")
    assert granted() == set()
    assert client.post(f"/campaigns/{campaign.id}/materials/{material.id}/remove").status_code == 404


def test_what_was_given_by_hand_or_elsewhere_stays(app, session, officer, partner, now):
    first, second = plan(officer, now, partner), plan(officer, now, partner)
    by_hand, twice = make_material(app, officer.centre), make_material(app, officer.centre)
    grants.grant(session, officer.scope(), SERVICE, by_hand, partner.id, now=now)
    for material in (by_hand, twice):
        materials.add(session, officer.scope(), SERVICE, first, material.id, now=now)
    materials.add(session, officer.scope(), SERVICE, second, twice.id, now=now)
    for material in (by_hand, twice):
        materials.remove(session, SERVICE, first, material.id, now=now)
    assert granted() == {(by_hand.id, partner.id), (twice.id, partner.id)}
    grants.revoke(session, SERVICE, by_hand, partner.id, now=now)
    materials.remove(session, SERVICE, second, twice.id, now=now)
    assert granted() == set()


def test_grants_follow_the_partners(app, session, officer, partner, now):
    campaign, material = plan(officer, now), make_material(app, officer.centre)
    materials.add(session, officer.scope(), SERVICE, campaign, material.id, now=now)
    assert granted() == set()
    service.set_partners(session, SERVICE, campaign, [(partner.id, PartnerRole.INVITES, "")], now=now)
    assert granted() == {(material.id, partner.id)}
    service.set_partners(session, SERVICE, campaign, [], now=now)
    assert granted() == set()


def test_the_campaign_s_code_is_printed(app, client, officer, now):
    campaign, material = plan(officer, now), make_material(app, officer.centre)
    materials.add(db.session, officer.scope(), SERVICE, campaign, material.id, now=now)
    response = sign_in(client, officer).post(f"/campaigns/{campaign.id}/materials/{material.id}/render")
    assert response.location == f"/materials/{material.id}"
    place = db.session.query(ResponsePlace).one()
    assert (place.campaign_id, place.material_id) == (campaign.id, material.id)
    edition = db.session.query(Edition).filter_by(number=2).one()
    assert edition.response_url == links.place_url("http://localhost", app.extensions["outreach"].signer, place.id)
    client.post(f"/campaigns/{campaign.id}/materials/{material.id}/render")
    assert db.session.query(ResponsePlace).count() == 1 and db.session.query(Edition).count() == 2


def test_a_material_begun_in_a_campaign_is_the_campaign_s_from_the_start(app, client, officer, partner, now):
    campaign = plan(officer, now, partner)
    response = sign_in(client, officer).post(f"/campaigns/{campaign.id}/materials/new", data={"kind": "notice"})
    document = db.session.query(Document).one()
    assert response.location == f"/documents/{document.id}" and document.title == "구로 산단 캠페인"
    material = db.session.query(Material).one()
    assert granted() == {(material.id, partner.id)} and document.organisations == [partner]
    place = db.session.query(ResponsePlace).one()
    assert material.response_url == links.place_url("http://localhost", app.extensions["outreach"].signer, place.id)
    page = client.get(f"/campaigns/{campaign.id}").text
    assert "상담 신청 화면" in page.split('id="materials"')[1]
    assert client.get(f"/materials/{material.id}").status_code == 200
    sheet = make_material(app, officer.centre)
    sheet.editions, sheet.response_url = [], material.response_url
    edition = library.request_edition(db.session, SERVICE, sheet, templates_folder(app), now=now)
    assert edition.response_url == material.response_url and edition.licence is sheet.licence
    assert client.post(f"/campaigns/{campaign.id}/materials/new", data={"kind": "x"}).location.endswith("#materials")
    assert db.session.query(Document).count() == 1


def test_others_can_not_add_or_print(app, client, officer, now):
    campaign, material = plan(officer, now), make_material(app, officer.centre)
    stranger = make_material(app, make_centre())
    sign_in(client, make_user(Role.PROMOTION))
    assert client.post(f"/campaigns/{campaign.id}/materials", data={"material_id": material.id}).status_code == 404
    sign_in(client, make_user(Role.PLANNER, centre=officer.centre))
    assert client.post(f"/campaigns/{campaign.id}/materials", data={"material_id": material.id}).status_code == 403
    sign_in(client, officer)
    client.post(f"/campaigns/{campaign.id}/materials", data={"material_id": stranger.id})
    assert db.session.get(Campaign, campaign.id).materials == []
    sign_in(client, make_user(Role.PROMOTION))
    assert client.post(f"/campaigns/{campaign.id}/materials/new", data={"kind": "notice"}).status_code == 404
    sign_in(client, officer)
    assert client.post(f"/campaigns/{campaign.id}/materials/{material.id}/render").status_code == 404
    assert client.get(f"/campaigns/{campaign.id}/materials").status_code == 405
