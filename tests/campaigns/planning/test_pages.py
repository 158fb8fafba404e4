"""Campaign pages: who may see and change what, and that nobody overwrites another's edit."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.planning import service
from campaigns.planning.models import Campaign
from campaigns.planning.rules import CampaignState, PartnerRole, StageKind, StageState
from outreach.audit.service import SERVICE
from outreach.db import db
from outreach.errors import Conflict, StaleEdit
from outreach.scope import Role
from tests.people import make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def officer(app):
    return make_user(Role.PROMOTION)


@pytest.fixture
def campaign(app, officer, now) -> Campaign:
    values = {"name": "구로 산단 캠페인", "starts_on": date(2026, 12, 1), "ends_on": date(2027, 2, 28)}
    return service.create(db.session, officer.scope(), SERVICE, values, now=now)


def test_a_new_campaign_has_the_eight_stages_in_order(campaign):
    assert [stage.kind for stage in campaign.stages] == list(StageKind)
    assert {stage.state for stage in campaign.stages} == {StageState.OPEN}


def test_moves_follow_the_table(campaign, now):
    with pytest.raises(Conflict, match="준비 중"):
        service.move(db.session, SERVICE, campaign, CampaignState.FINISHED, now=now)
    service.move(db.session, SERVICE, campaign, CampaignState.ACTIVE, now=now)
    assert campaign.state is CampaignState.ACTIVE


def test_a_campaign_without_period_can_not_start(campaign, now):
    campaign.ends_on = None
    with pytest.raises(Conflict, match="기간"):
        service.move(db.session, SERVICE, campaign, CampaignState.ACTIVE, now=now)


def test_an_old_version_is_refused(campaign, now):
    service.edit(db.session, SERVICE, campaign, {"name": "새 이름"}, version=campaign.version, now=now)
    with pytest.raises(StaleEdit):
        service.edit(db.session, SERVICE, campaign, {"name": "늦은 이름"}, version=campaign.version - 1, now=now)
    assert campaign.name == "새 이름"


def test_the_officer_makes_a_campaign_on_the_page(app, officer):
    client = app.test_client()
    sign_in(client, officer)
    data = {"name": "남동 산단", "starts_on": "2026-12-01", "ends_on": "2026-12-31", "targets-responses": "30"}
    response = client.post("/campaigns/new", data=data)
    assert response.status_code == 302
    made = db.session.query(Campaign).filter_by(name="남동 산단").one()
    assert made.centre_id == officer.centre_id
    assert made.targets == {"responses": 30}
    page = client.get(response.location).text
    assert "남동 산단" in page and "우수사례 발굴" in page


def test_an_end_before_the_start_is_refused_with_its_reason(app, officer):
    client = app.test_client()
    sign_in(client, officer)
    page = client.post("/campaigns/new", data={"name": "x", "starts_on": "2026-12-02", "ends_on": "2026-12-01"})
    assert "종료일이 시작일보다 빠릅니다" in page.text
    assert db.session.query(Campaign).count() == 0


def test_partners_are_added_and_removed(app, officer, campaign):
    partner = make_organisation(centre=officer.centre, name="가온산업단지관리공단")
    client = app.test_client()
    sign_in(client, officer)
    data = {"organisation_id": partner.id, "role": PartnerRole.INVITES.value, "note": "회원사 안내"}
    page = client.post(f"/campaigns/{campaign.id}/partners", data=data, follow_redirects=True).text
    assert "가온산업단지관리공단" in page and "회원사 초대" in page
    client.post(f"/campaigns/{campaign.id}/partners/{partner.id}/remove")
    assert db.session.get(Campaign, campaign.id).partners == []


def test_a_partner_that_was_closed_stays_until_it_is_taken_out(app, officer, campaign):
    closed, other = (make_organisation(centre=officer.centre) for _ in range(2))
    client = sign_in(app.test_client(), officer)
    data = {"organisation_id": closed.id, "role": PartnerRole.VENUE.value}
    client.post(f"/campaigns/{campaign.id}/partners", data=data)
    closed.active = False
    client.post(f"/campaigns/{campaign.id}/partners", data={**data, "organisation_id": other.id})
    assert {row.organisation_id for row in campaign.partners} == {closed.id, other.id}
    client.post(f"/campaigns/{campaign.id}/partners/{closed.id}/remove")
    assert {row.organisation_id for row in campaign.partners} == {other.id}
    assert client.post(f"/campaigns/{campaign.id}/partners/{closed.id}/remove").status_code == 404


def test_a_stage_is_done_once_and_says_when(app, officer, campaign):
    client = app.test_client()
    sign_in(client, officer)
    stage = campaign.stages[0]
    data = {"state": "done", "owner_id": str(officer.id), "due_on": "2026-12-10", "note": "결재 완료", "version": "1"}
    assert client.post(f"/campaigns/{campaign.id}/stages/{stage.id}", data=data).status_code == 302
    db.session.refresh(stage)
    assert stage.state is StageState.DONE and stage.done_at is not None and stage.owner_id == officer.id


@pytest.mark.parametrize("role", [Role.PROMOTION, Role.PLANNER, Role.CENTRE_MANAGER])
def test_another_centre_finds_nothing(app, campaign, role):
    client = app.test_client()
    sign_in(client, make_user(role, centre=make_centre()))
    assert client.get(f"/campaigns/{campaign.id}").status_code == 404
    assert campaign.name not in client.get("/campaigns/").text


def test_a_planner_of_the_centre_reads_but_does_not_edit(app, officer, campaign):
    client = app.test_client()
    sign_in(client, make_user(Role.PLANNER, centre=officer.centre))
    assert client.get(f"/campaigns/{campaign.id}").status_code == 200
    assert client.get(f"/campaigns/{campaign.id}/edit").status_code == 403


def test_partners_and_strangers_are_kept_out(app, campaign):
    client = app.test_client()
    assert client.get(f"/campaigns/{campaign.id}").status_code == 302
    sign_in(client, make_user(Role.PARTNER))
    assert client.get(f"/campaigns/{campaign.id}").status_code == 403


def test_get_changes_nothing(app, officer, campaign):
    client = app.test_client()
    sign_in(client, officer)
    assert client.get(f"/campaigns/{campaign.id}/state").status_code == 405
