"""The interview form: nothing is lost, nothing arrives twice, nobody is overwritten."""

from __future__ import annotations

import io

import pytest

from cases.library import interview
from cases.library.models import Case
from cases.library.rules import UNNAMED, CaseState, ConsentScope
from outreach.audit import service as audit
from outreach.db import db
from outreach.scope import Role
from tests.cases.library.test_photos import from_a_phone
from tests.cases.making import make_case, make_company
from tests.people import make_centre, make_user, sign_in


@pytest.fixture
def planner(app):
    return make_user(Role.PLANNER, centre=make_centre(), name="정하람")


@pytest.fixture
def begun(client, planner):
    response = sign_in(client, planner).post("/cases/interview/new")
    return db.session.get(Case, int(response.location.rsplit("/", 1)[1]))


def save(client, case, check=False, **fields):
    sent = {name: {"was": was, "now": now} for name, (was, now) in fields.items()}
    return client.post(f"/cases/interview/{case.id}/save", json={"fields": sent, "check": check})


def test_a_visit_becomes_a_draft(client, planner, begun):
    company = make_company(planner.centre)
    assert (begun.planner_name, begun.state, begun.centre_id) == ("정하람", CaseState.DRAFT, planner.centre_id)
    told = save(
        client, begun, company_id=("", str(company.id)), problem=("", "검사실이 두 사람뿐이었다."),
        headcount=("", "18"), needs=([], ["sharing", "leave"]),
        outlets=([], ["web", "print"]), consent_scope=("none", "anonymous"),
        consented_by=("", "한결 상무"), consent_on=("", "2026-11-23"), advice=("", "먼저 적으세요\n물어보세요"),
        steps=([], [{"when": "3월", "title": "적다", "text": "일을 적었다"}, {"title": " "}]),
    ).json
    assert told["problems"] == {} == told["conflicts"] and len(told["kept"]) == 10
    case = db.session.get(Case, begun.id)
    assert case.company_id == company.id and case.section == "C" and case.headcount == 18
    assert case.consent_scope is ConsentScope.ANONYMOUS and case.outlets == ["print", "web"]
    assert case.steps == [{"when": "3월", "title": "적다", "text": "일을 적었다"}] and len(case.advice) == 2
    assert told["state"]["section"] == "C", "what came from the company is told to the phone"
    assert "제목과 표시 이름을 정해 주세요." in save(client, begun, check=True).json["missing"]
    for place in (f"/cases/{begun.id}", f"/cases/{begun.id}/edit", "/cases/", "/cases/interview/"):
        assert UNNAMED not in client.get(place).text, place
    page = client.get(f"/cases/interview/{begun.id}").text
    assert "검사실이 두 사람뿐이었다" in page and "새봄정밀" in page
    assert "새봄정밀" in client.get("/cases/interview/").text


def test_what_arrives_twice_or_late_changes_nothing(client, begun):
    first = {"effect": ("", "나아졌다")}
    assert save(client, begun, **first).json["kept"] == ["effect"]
    assert save(client, begun, **first).json["kept"] == ["effect"], "the answer to the first got lost"
    assert save(client, begun, effect=("나아졌다", "많이 나아졌다")).json["kept"] == ["effect"]
    late = save(client, begun, effect=("나아졌다", "오래된 글"), quote=("", "한 말")).json
    assert late["conflicts"] == {"effect": "많이 나아졌다"} and late["kept"] == ["quote"]
    case = db.session.get(Case, begun.id)
    assert (case.effect, case.quote) == ("많이 나아졌다", "한 말")
    assert [row.action for row in audit.history(db.session, "case", case.id)].count("interview") == 1


def test_a_bad_value_spoils_nothing_else(client, begun):
    stranger = make_company(make_centre())
    told = save(
        client, begun, headcount=("", "열여덟"), consent_on=("", "어제"), quote=("", "말" * 301),
        effect=("", "좋아졌다"), company_id=("", str(stranger.id)), secret=("", "x"), state=("draft", "published"),
    ).json
    assert set(told["problems"]) == {"headcount", "consent_on", "quote", "company_id"} and told["kept"] == ["effect"]
    assert db.session.get(Case, begun.id).state is CaseState.DRAFT
    assert client.post(f"/cases/interview/{begun.id}/save", data="x").status_code == 400


@pytest.mark.parametrize(("said", "people"), [
    ("약 30명", 30), ("1,200", 1200), ("３０여 명", 30), ("총 8인 정도", 8), ("", None),
    ("10~20명", ...), ("서른", ...),
])
def test_a_headcount_as_people_say_it(said, people):
    if people is ...:
        with pytest.raises(interview.Unreadable):
            interview.READERS["headcount"](said)
    else:
        assert interview.READERS["headcount"](said) == people


def test_pictures_sent_again_are_one(client, begun):
    def send(key, content):
        data = {"key": key, "photo": (io.BytesIO(content), "a.jpg")}
        return client.post(f"/cases/interview/{begun.id}/photos", data=data)

    first, again = send("0123-4567", from_a_phone()), send("0123-4567", from_a_phone())
    assert first.status_code == 200 and first.json == again.json
    assert client.get(first.json["url"]).mimetype == "image/jpeg"
    assert send("0123-4568", b"x").status_code == 422 and send("", from_a_phone()).status_code == 422
    data = {"file": (io.BytesIO(from_a_phone()), "동의서.jpg")}
    kept = client.post(f"/cases/{begun.id}/consent-form", data=data, headers={"Accept": "application/json"})
    assert kept.json["name"] == "동의서.jpg" and len(db.session.get(Case, begun.id).photos) == 1


def test_it_ends_with_the_review(client, planner, begun):
    client.post(f"/cases/interview/{begun.id}/finish")
    assert db.session.get(Case, begun.id).state is CaseState.FACT_CHECK
    assert save(client, begun, effect=("", "더")).status_code == 200, "it may still be written"
    other = make_case(planner.centre, CaseState.REVIEW)
    assert save(client, other, effect=("", "더")).status_code == 409
    assert client.get(f"/cases/interview/{other.id}").status_code == 302
    foreign = make_case(make_centre(), CaseState.DRAFT)
    assert save(client, foreign, effect=("", "더")).status_code == 404
