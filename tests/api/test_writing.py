"""Writing through the API: contacts, suppressions, campaigns, audiences, leads; versions and repeated requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from campaigns.planning.models import Campaign
from outreach.accounts import service as accounts
from outreach.audit.models import ChangeRecord
from outreach.companies.consent import is_suppressed
from outreach.companies.models import Contact
from outreach.leads.rules import LeadState
from outreach.regions.models import Region, RegionLevel
from outreach.scope import Role
from outreach.web import idempotency
from outreach.web.feature import forget_answers
from outreach.web.idempotency import KeptAnswer
from tests.api.calling import wrong_fields
from tests.outreach.leads.making import answer, make_company
from tests.people import NOW, make_organisation, make_user


@pytest.fixture
def company(centre):
    return make_company(centre)


@pytest.fixture
def new_contact(company):
    place = company.workplaces[0].id
    return {"workplace_id": place, "name": "박새로", "email": "Saero@Company.Example", "title": "과장"}


# -- contacts ----------------------------------------------------------------------------------------------


def test_a_contact_from_beginning_to_end(planner, new_contact, session):
    made = planner.post("/contacts", new_contact)
    assert made.status_code == 201 and made.headers["ETag"] == '"1"'
    place = f"/contacts/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1{place}"
    assert planner.get(place).json == made.json

    changed = planner.patch(place, {"phone": "02-1234-5678", "version": 1})
    assert changed.status_code == 200 and changed.json["phone"] == "02-1234-5678" and changed.json["name"] == "박새로"
    assert changed.json["version"] == 2

    assert planner.delete(place, version=1).status_code == 409
    gone = planner.delete(place, version=2)
    assert gone.status_code == 204 and gone.data == b""
    assert planner.get(place).status_code == 404
    actions = session.scalars(sa.select(ChangeRecord.action).order_by(ChangeRecord.id)).all()
    assert actions == ["contact_add", "contact_edit", "contact_remove"]


def test_if_match_serves_as_version(planner, new_contact):
    place = f"/contacts/{planner.post('/contacts', new_contact).json['id']}"
    etag = planner.get(place).headers["ETag"]
    assert planner.patch(place, {"title": "부장"}, **{"If-Match": etag}).status_code == 200
    old = planner.patch(place, {"title": "차장"}, **{"If-Match": etag})
    assert old.status_code == 409 and old.json["version"] == 2
    assert planner.call("DELETE", place, headers={"If-Match": 'W/"2"'}).status_code == 204


@pytest.mark.parametrize("header", ["", "*", "²", '"x"', "9" * 40])
def test_an_edit_without_version_is_refused(planner, new_contact, header):
    place = f"/contacts/{planner.post('/contacts', new_contact).json['id']}"
    response = planner.patch(place, {"title": "부장"}, **{"If-Match": header})
    assert response.status_code == 422 and wrong_fields(response) == {"version"}
    assert planner.get(place).json["title"] == "과장"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"phone": "x" * 33}, "phone"),
        ({"name": "900101-1234567"}, "name"),
        ({"name": "", "email": "", "phone": ""}, "name"),
        ({"workplace_id": None}, "workplace_id"),
    ],
)
def test_a_wrong_contact_names_its_field(planner, new_contact, values, field):
    response = planner.post("/contacts", new_contact | values)
    assert response.status_code == 422 and field in wrong_fields(response)


def test_a_contact_is_added_only_at_a_workplace_within_reach(stranger, new_contact, session):
    assert stranger.post("/contacts", new_contact).status_code == 404
    assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 1


# -- suppressions ------------------------------------------------------------------------------------------


def test_a_suppression_is_entered_and_lifted_with_a_reason(planner, session):
    made = planner.post("/suppressions", {"address": "Someone@Firm.Example", "source": "전화 11. 23."})
    assert made.status_code == 201 and made.json["address"] == "someone@firm.example"
    assert planner.post("/suppressions", {"address": "someone@firm.example", "source": "또"}).status_code == 409
    place = f"/suppressions/{made.json['id']}/lift"
    assert wrong_fields(planner.post(place, {})) == {"reason"}
    assert wrong_fields(planner.post(place, {"reason": "  "})) == {"reason"}
    assert is_suppressed(session, "someone@firm.example")
    assert planner.post(place, {"reason": "본인이 다시 요청"}).status_code == 204
    assert not is_suppressed(session, "someone@firm.example")
    assert planner.post(place, {"reason": "또"}).status_code == 404


def test_an_address_given_in_full_is_told_to_any_centre(planner, stranger):
    planner.post("/suppressions", {"address": "someone@firm.example", "source": "전화"})
    assert list(stranger.walk("/suppressions")) == []
    assert len(list(stranger.walk("/suppressions", address="someone@firm.example"))) == 1
    assert list(stranger.walk("/suppressions", address="someone@firm")) == []


# -- campaigns and audiences -------------------------------------------------------------------------------


def test_a_campaign_with_all_it_can_have(officer, centre, now, session):
    partner = make_organisation(centre)
    region = Region(level=RegionLevel.DISTRICT, code="11530", name_ko="구로구", name_en="Guro-gu")
    session.add(region)
    session.flush()
    values = {
        "name": "행복산단", "purpose": "대체인력을 알린다", "starts_on": "2026-11-23", "ends_on": "2026-12-31",
        "budget": 5_000_000, "targets": {"responses": 40}, "region_ids": [region.id],
        "partners": [{"organisation_id": partner.id, "role": "co_host", "note": "장소"}],
    }
    made = officer.post("/campaigns", values).json
    assert made["centre"]["id"] == centre.id and len(made["stages"]) == 8
    assert {name: made[name] for name in ("name", "budget", "targets")} == {
        name: values[name] for name in ("name", "budget", "targets")
    }
    assert made["regions"][0]["code"] == "11530" and made["partners"][0]["name"] == partner.name

    place = f"/campaigns/{made['id']}"
    changed = officer.patch(place, {"partners": [], "budget": None, "version": made["version"]}).json
    assert changed["partners"] == [] and changed["budget"] is None and changed["purpose"] == values["purpose"]
    moved = officer.post(f"{place}/move", {"state": "active", "version": changed["version"]}).json
    assert moved["state"] == "active"
    assert officer.post(f"{place}/move", {"state": "draft", "version": moved["version"]}).status_code == 409
    old = officer.post(f"{place}/move", {"state": "paused", "version": made["version"]})
    assert old.status_code == 409 and old.json["version"] == moved["version"]


def test_a_centre_cannot_give_its_campaign_away(officer, centre, other_centre):
    made = officer.post("/campaigns", {"name": "a", "centre_id": other_centre.id}).json
    assert made["centre"]["id"] == centre.id


def test_headquarters_chooses_the_centre(headquarters, centre):
    assert headquarters.post("/campaigns", {"name": "a", "centre_id": centre.id}).json["centre"]["id"] == centre.id
    assert wrong_fields(headquarters.post("/campaigns", {"name": "a", "centre_id": 9999})) == {"centre_id"}


def test_a_partner_of_another_centre_is_not_chosen(officer, other_centre):
    partner = make_organisation(other_centre)
    chosen = [{"organisation_id": partner.id, "role": "venue"}]
    assert wrong_fields(officer.post("/campaigns", {"name": "a", "partners": chosen})) == {"partners"}
    assert officer.get("/campaigns").json["items"] == []


def test_counting_saves_nothing_and_needs_the_own_campaign(officer, stranger, planner, company):
    place = f"/campaigns/{officer.post('/campaigns', {'name': 'a'}).json['id']}/audiences/count"
    assert officer.post(place).json["included"] == 1
    assert officer.post(place, {"advertising": True}).json["excluded"]["no_consent"] == 1
    assert stranger.post(place).status_code == 404
    assert planner.post(place).status_code == 403


def test_an_audience_of_another_campaign_is_not_found(officer):
    first, second = (officer.post("/campaigns", {"name": name}).json["id"] for name in "ab")
    audience = officer.post(f"/campaigns/{first}/audiences", {"name": "모두"}).json
    assert audience["conditions"]["recent_days"] == 30
    assert officer.get(f"/campaigns/{second}/audiences/{audience['id']}").status_code == 404
    assert officer.get(f"/campaigns/{first}/audiences/{audience['id']}").json == audience
    mailing = {"campaign_id": second, "title": "a", "audience_id": audience["id"]}
    assert wrong_fields(officer.post("/mailings", mailing)) == {"audience_id"}


# -- leads -------------------------------------------------------------------------------------------------


def test_a_lead_is_worked_to_its_end(planner, company, session):
    lead = answer(company)
    place = f"/leads/{lead.id}"
    following = {"next_action": "방문", "next_due": "2026-11-26"}
    entry = {"kind": "call", "note": "대표와 통화", "version": lead.version, **following}
    called = planner.post(f"{place}/activities", entry)
    assert called.status_code == 201 and called.json["state"] == "contacted"
    assert "대표와 통화" in {row["note"] for row in called.json["activities"]}
    assert called.json["next_due"] == "2026-11-26"

    again = planner.post(f"{place}/activities", entry)
    assert again.status_code == 409 and again.json["version"] == called.json["version"]

    planned = planner.patch(place, {"next_action": "자료 보내기", "next_due": "2026-11-27"},
                            **{"If-Match": called.headers["ETag"]}).json
    assert planned["next_action"] == "자료 보내기"
    unsaid = planner.post(f"{place}/move", {"state": "won", "version": planned["version"]})
    assert wrong_fields(unsaid) == {"outcome"}
    end = {"state": "won", "outcome": "대체인력 채용", "version": planned["version"]}
    won = planner.post(f"{place}/move", end).json
    assert won["closed_at"] and won["state"] == LeadState.WON.value
    assert [item["id"] for item in planner.walk("/leads", open="false")] == [lead.id]
    assert list(planner.walk("/leads", open="true")) == []


def test_a_lead_of_another_centre_is_not_worked(program, other_centre, company, stranger):
    lead = answer(company)
    entry = {"kind": "note", "note": "x", "version": 1}
    colleague = program(make_user(Role.PLANNER, centre=other_centre))
    assert colleague.post(f"/leads/{lead.id}/activities", entry).status_code == 404
    assert stranger.post(f"/leads/{lead.id}/activities", entry).status_code == 403


# -- the same request again ----------------------------------------------------------------------------------


def test_the_same_request_twice_is_done_once(planner, new_contact, session):
    first = planner.post("/contacts", new_contact, **{"Idempotency-Key": "a1"})
    second = planner.post("/contacts", new_contact, **{"Idempotency-Key": "a1"})
    assert second.status_code == 201 and second.json == first.json
    assert second.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    assert {name: second.headers[name] for name in ("ETag", "Location")} == {
        name: first.headers[name] for name in ("ETag", "Location")
    }
    assert session.scalar(sa.select(sa.func.count()).where(Contact.name == "박새로").select_from(Contact)) == 1


def test_campaigns_and_mailings_keep_their_answers_too(officer):
    first, second = (officer.post("/campaigns", {"name": "a"}, **{"Idempotency-Key": "k"}).json for _ in range(2))
    assert first == second and len(list(officer.walk("/campaigns"))) == 1
    mailing = {"campaign_id": first["id"], "title": "a"}
    one, two = (officer.post("/mailings", mailing, **{"Idempotency-Key": "m"}).json for _ in range(2))
    assert one == two and len(list(officer.walk("/mailings"))) == 1


def test_a_key_belongs_to_one_request(officer):
    officer.post("/campaigns", {"name": "a"}, **{"Idempotency-Key": "k"})
    other = officer.post("/campaigns", {"name": "b"}, **{"Idempotency-Key": "k"})
    assert other.status_code == 422 and wrong_fields(other) == {"Idempotency-Key"}


def test_a_key_belongs_to_one_person(officer, manager):
    for program in (officer, manager):
        assert program.post("/campaigns", {"name": "a"}, **{"Idempotency-Key": "k"}).status_code == 201
    assert len(list(officer.walk("/campaigns"))) == 2


def test_a_refused_request_may_be_mended_under_its_key(officer):
    assert officer.post("/campaigns", {"name": ""}, **{"Idempotency-Key": "k"}).status_code == 422
    assert officer.post("/campaigns", {"name": "a"}, **{"Idempotency-Key": "k"}).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "é"])
def test_a_malformed_key_is_refused(officer, key):
    response = officer.post("/campaigns", {"name": "a"}, **{"Idempotency-Key": key})
    assert response.status_code == 422 and list(officer.walk("/campaigns")) == []


def test_answers_are_forgotten_after_a_day(app, officer, clock, session):
    officer.post("/campaigns", {"name": "a"}, **{"Idempotency-Key": "k"})
    clock.advance(hours=23)
    assert forget_answers(app) == 0
    clock.at += idempotency.KEPT_FOR - timedelta(hours=23)
    assert forget_answers(app) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(KeptAnswer)) == 0


def test_without_a_key_nothing_is_kept(officer, session):
    officer.post("/campaigns", {"name": "a"})
    assert session.scalar(sa.select(sa.func.count()).select_from(KeptAnswer)) == 0


def test_the_same_request_many_times_at_once_is_done_once(app, centre, session):
    token = accounts.issue_token(session, make_user(Role.PROMOTION, centre=centre), name="시험", now=NOW)
    session.commit()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "at-once"}

    def send(_number: int) -> tuple[int, int]:
        with app.app_context():
            client = FlaskClient(app, app.response_class)
            response = client.post("/api/v1/campaigns", json={"name": "a"}, headers=headers)
            return response.status_code, response.json["id"]

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(send, range(12)))
    session.rollback()
    assert answers == {(201, session.scalars(sa.select(Campaign.id)).one())}
