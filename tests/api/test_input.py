"""What comes in wrong is refused by name, and never breaks anything."""

from __future__ import annotations

import pytest

from outreach.web.protection import limiter
from tests.api.calling import PREFIX, wrong_fields
from tests.outreach.leads.making import answer, make_company
from tests.people import make_centre

HUGE = 10**30


@pytest.fixture
def company(centre):
    return make_company(centre)


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/companies", {"limit": 0}, "limit"),
        ("/companies", {"limit": 201}, "limit"),
        ("/companies", {"limit": "²"}, "limit"),
        ("/companies", {"limit": "x"}, "limit"),
        ("/companies", {"limit": HUGE}, "limit"),
        ("/companies", {"cursor": "²"}, "cursor"),
        ("/companies", {"cursor": "-5"}, "cursor"),
        ("/companies", {"cursor": "9" * 19}, "cursor"),
        ("/companies", {"cursor": "' OR 1=1 --"}, "cursor"),
        ("/companies", {"cursor": "x" * 5000}, "cursor"),
        ("/companies", {"centre_id": HUGE}, "centre_id"),
        ("/companies", {"centre_id": "9" * 5000}, "centre_id"),
        ("/companies", {"centre_id": 0}, "centre_id"),
        ("/companies", {"business_number": "²²²"}, "business_number"),
        ("/companies", {"business_number": "1234567890"}, "business_number"),
        ("/companies", {"updated_since": "2026-11-23T10:00:00"}, "updated_since"),
        ("/companies", {"updated_since": "gestern"}, "updated_since"),
        ("/companies", {"updated_since": "0001-01-01T00:00:00+09:00"}, "updated_since"),
        ("/companies", {"updated_since": "9999-12-31T23:00:00-09:00"}, "updated_since"),
        ("/companies", {"nmae": "misspelt"}, "nmae"),
        ("/companies", {"name": "a\x00b"}, "name.0"),
        ("/contacts", {"company_id": "1.5"}, "company_id"),
        ("/leads", {"state": "sleeping"}, "state"),
        ("/leads", {"open": "perhaps"}, "open"),
        ("/responses", {"want": "money"}, "want"),
        ("/responses", {"since": "23.11.2026"}, "since"),
        ("/campaigns", {"state": "²"}, "state"),
        ("/mailings", {"campaign_id": "²"}, "campaign_id"),
        ("/materials", {"kind": "poster"}, "kind"),
        ("/cases", {"province_id": HUGE}, "province_id"),
        ("/partners", {"kind": "friend"}, "kind"),
    ],
)
def test_a_wrong_query_names_its_argument(officer, path, query, field):
    response = officer.get(path, **query)
    assert response.status_code == 422 and response.content_type == "application/problem+json"
    assert field in wrong_fields(response)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a", "budgit": 5}, "budgit"),
        ({"name": "a", "budget": HUGE}, "budget"),
        ({"name": "a", "budget": -1}, "budget"),
        ({"name": "a", "budget": "5"}, "budget"),
        ({"name": "a", "budget": True}, "budget"),
        ({"name": "a", "budget": 1.5}, "budget"),
        ({"name": "a", "budget": float("inf")}, "budget"),
        ({"name": "a", "budget": float("nan")}, "budget"),
        ({"name": "a", "starts_on": "23.11.2026"}, "starts_on"),
        ({"name": "a", "starts_on": "2026-11-23", "ends_on": "2026-11-22"}, "ends_on"),
        ({"name": "a", "targets": {"fame": 1}}, "targets.fame"),
        ({"name": "a", "targets": [1]}, "targets.body"),
        ({"name": "a", "targets": {"visits": HUGE}}, "targets.visits"),
        ({"name": "a", "owner_id": 999}, "owner_id"),
        ({"name": "a", "owner_id": HUGE}, "owner_id"),
        ({"name": "a", "region_ids": [999]}, "region_ids"),
        ({"name": "a", "region_ids": ["²"]}, "region_ids.0"),
        ({"name": "a", "region_ids": 5}, "region_ids"),
        ({"name": "a", "partners": [{"organisation_id": 999, "role": "co_host"}]}, "partners"),
        ({"name": "a", "partners": [{"organisation_id": 1, "role": "boss"}]}, "partners.0.role"),
        ([], "body"),
        ("text", "body"),
        (5, "body"),
    ],
)
def test_a_wrong_body_names_its_field(officer, body, field):
    response = officer.post("/campaigns", body)
    assert response.status_code == 422, response.json
    assert field in wrong_fields(response)
    assert officer.get("/campaigns").json["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"name": "\\ud800"}', "name"),
        ('{"name": "a", "\\ud800": 1}', "body"),
        ('{"targets": {"\\u0000": 1}}', "targets"),
    ],
)
def test_what_no_database_holds_is_refused_by_name(officer, body, field):
    response = officer.call("POST", "/campaigns", data=body, content_type="application/json")
    assert response.status_code == 422 and wrong_fields(response) == {field}


def test_messages_are_korean_or_as_asked(officer):
    response = officer.post("/campaigns", {"name": 5})
    assert response.json["errors"] == [{"field": "name", "detail": "글자로 보내 주세요."}]


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b'{"name": "a"}', "text/plain", 415),
        (b"name=a", "application/x-www-form-urlencoded", 415),
        (b'{"name": "a"}', None, 415),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name": "' + b"a" * 3_000_000 + b'"}', "application/json", 413),
        (b"", "application/json", 422),
        (b"", None, 422),
    ],
)
def test_what_is_not_json_is_refused(officer, data, content_type, status):
    response = officer.call("POST", "/campaigns", data=data, content_type=content_type)
    assert response.status_code == status and response.content_type == "application/problem+json"
    assert response.json["status"] == status


@pytest.mark.parametrize("number", [HUGE, 2**63, "²", "9" * 5000, "-1", "1.5", "１"])
def test_an_impossible_id_is_not_found(headquarters, number):
    for path in ("/companies", "/contacts", "/campaigns", "/mailings", "/leads", "/responses", "/cases", "/materials"):
        response = headquarters.get(f"{path}/{number}")
        assert response.status_code == 404 and response.content_type == "application/problem+json"


def test_the_largest_id_is_looked_up(headquarters):
    assert headquarters.get(f"/companies/{2**63 - 1}").status_code == 404
    assert headquarters.get("/contacts", company_id=2**63 - 1).status_code == 404


def test_the_wrong_method_names_the_right_ones(officer):
    response = officer.call("PUT", "/campaigns")
    assert response.status_code == 405 and response.content_type == "application/problem+json"
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_an_unknown_path_is_a_problem(officer):
    assert officer.get("/nothing").json["status"] == 404


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({"centres": [1]}, "conditions.centres"),
        ({"centre_ids": [HUGE]}, "conditions.centre_ids.0"),
        ({"centre_ids": "1"}, "conditions.centre_ids"),
        ({"sections": ["CC"]}, "conditions.sections.0"),
        ({"min_headcount": 9, "max_headcount": 3}, "conditions"),
        ({"recent_days": 9999}, "conditions.recent_days"),
    ],
)
def test_a_misspelt_condition_never_widens_an_audience(officer, conditions, field):
    here = f"/campaigns/{officer.post('/campaigns', {'name': 'a'}).json['id']}/audiences"
    for path, body in ((f"{here}/count", {}), (here, {"name": "모두"})):
        response = officer.post(path, {**body, "conditions": conditions})
        assert response.status_code == 422 and field in wrong_fields(response)


@pytest.mark.parametrize(
    ("block", "field"),
    [
        ({"kind": "spell"}, "blocks.0.kind"),
        ({}, "blocks.0.kind"),
        ({"kind": "case", "case_id": "²"}, "blocks.0.case_id"),
        ({"kind": "case", "case_id": HUGE}, "blocks.0.case_id"),
        ({"kind": "button", "target": "javascript"}, "blocks.0.target"),
        ({"kind": "text", "text": "x" * 5001}, "blocks.0.text"),
        ({"kind": "text", "text": "{{주민번호}}"}, "blocks"),
        ({"kind": "text", "text": {"a": 1}}, "blocks.0.text"),
    ],
)
def test_a_wrong_block_is_named(officer, block, field):
    campaign = officer.post("/campaigns", {"name": "a"}).json["id"]
    response = officer.post("/mailings", {"campaign_id": campaign, "title": "a", "blocks": [block]})
    assert response.status_code == 422 and field in wrong_fields(response)


def test_blocks_that_point_nowhere_are_told_by_the_check(officer):
    campaign = officer.post("/campaigns", {"name": "a"}).json["id"]
    blocks = [{"kind": "case", "case_id": 2**63 - 1}, {"kind": "picture", "upload_id": 5, "alt": "x"}]
    mailing = officer.post("/mailings", {"campaign_id": campaign, "title": "a", "blocks": blocks}).json
    found = officer.get(f"/mailings/{mailing['id']}/check")
    assert found.status_code == 200 and any("1번째 블록" in problem for problem in found.json["problems"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "call", "note": "통화", "at": "2026-11-23T10:00:00"}, "at"),
        ({"kind": "call", "note": "통화", "at": "2026-12-01T10:00:00+09:00"}, "at"),
        ({"kind": "call", "note": ""}, "note"),
        ({"kind": "response", "note": "x"}, "kind"),
        ({"kind": "call", "note": "x", "next_action": "방문"}, "next_due"),
        ({"kind": "call", "note": "x", "next_action": "방문", "next_due": "2026-11-01"}, "next_due"),
    ],
)
def test_a_wrong_activity_is_named(planner, company, body, field):
    lead = answer(company)
    response = planner.post(f"/leads/{lead.id}/activities", {**body, "version": lead.version})
    assert response.status_code == 422 and field in wrong_fields(response)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_a_cursor_walks_every_row_exactly_once(headquarters, limit):
    made = [make_company(make_centre()).id for _ in range(7)]
    assert [row["id"] for row in headquarters.walk("/companies", limit=limit)] == made


def test_rows_that_come_in_between_do_not_move_the_cursor(officer, centre):
    first = [make_company(centre).id for _ in range(4)]
    page = officer.get("/companies", limit=2).json
    later = make_company(centre).id
    rest = list(officer.walk("/companies", limit=2, cursor=page["next_cursor"]))
    assert [row["id"] for row in page["items"] + rest] == [*first, later]


def test_too_many_requests_are_told_when_to_come_back(app, officer, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)  # given back when the test is over
    app.config.update(RATELIMIT_ENABLED=True, API_RATE="3 per minute")
    limiter.init_app(app)
    answers = [officer.get(path) for path in ("/centres", "/regions", "/companies", "/campaigns")]
    assert [response.status_code for response in answers] == [200, 200, 200, 429]
    assert answers[-1].content_type == "application/problem+json" and int(answers[-1].headers["Retry-After"]) <= 60
    limiter.reset()


def test_errors_tell_nothing_of_the_machine(client):
    response = client.get(f"{PREFIX}/companies", headers={"Authorization": "Bearer dho_x"})
    assert "Traceback" not in response.text and response.json["type"] == "about:blank"
