"""A whole mailing through the API alone, over a real SMTP server."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest

from campaigns.delivery import jobs
from campaigns.delivery.engine import Engine
from outreach.companies.consent import suppress
from outreach.companies.models import Contact, SuppressionReason
from outreach.db import db
from outreach.scope import Role
from tests.api.calling import wrong_fields
from tests.campaigns.delivery.conftest import BLOCKS, add_companies
from tests.people import make_user
from tests.smtp_server import SmtpServer


@pytest.fixture
def server():
    with SmtpServer() as server:
        yield server


@pytest.fixture
def engine(app, server):
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url=server.url)
    engine = Engine(app, connections=2)
    yield engine
    engine.close()


@pytest.fixture
def companies(centre, other_centre, now):
    """Twelve contacts of the centre: one has no address, one opted out, two share one; and five elsewhere."""
    add_companies(centre.id, 12, now)
    add_companies(other_centre.id, 5, now, start=50)
    people = db.session.query(Contact).order_by(Contact.id).all()
    people[0].email, people[0].address_key = "", None
    suppress(db.session, people[1].address_key, SuppressionReason.STAFF, "전화", now)
    people[3].email, people[3].address_key = people[2].email, people[2].address_key
    db.session.flush()


MAIL = {
    "title": "첫 안내", "message_class": "public_notice", "class_reason": "무료 공공서비스 안내",
    "topic": "substitutes",
    "subject": "{{회사명}} 대체인력 안내", "preheader": "무료로 찾아 드립니다", "blocks": BLOCKS,
    "sender_name": "시험고용센터", "sender_address": "centre@outreach.example", "sender_phone": "02-0000-0000",
}


def test_a_mailing_from_plan_to_statistics(app, officer, manager, companies, server, engine, clock):
    plan = {"name": "산업단지 캠페인", "starts_on": "2026-11-23", "ends_on": "2026-12-31"}
    campaign = officer.post("/campaigns", plan)
    assert campaign.status_code == 201 and campaign.headers["Location"].endswith(f"/campaigns/{campaign.json['id']}")
    here = f"/campaigns/{campaign.json['id']}"

    conditions = {"sections": ["C"], "recent_days": 0}
    counted = officer.post(f"{here}/audiences/count", {"conditions": conditions}).json
    assert counted["matched"] == 17 and counted["included"] == 9 and counted["companies"] == 10
    assert counted["excluded"] == {
        "outside_centre": 5, "no_address": 1, "suppressed": 1, "mailed_recently": 0, "too_often": 0, "same_address": 1,
    }
    assert officer.get(f"{here}/audiences").json["items"] == []

    audience = officer.post(f"{here}/audiences", {"name": "제조업", "conditions": conditions}).json
    mailing = officer.post("/mailings", {**MAIL, "campaign_id": campaign.json["id"]}).json
    place = f"/mailings/{mailing['id']}"

    found = officer.get(f"{place}/check").json
    assert not found["ready"] and found["problems"] == ["수신 대상을 골라 주세요."] and found["content_hash"] is None
    assert officer.post(f"{place}/submit").status_code == 409
    edited = officer.patch(place, {"audience_id": audience["id"], "version": mailing["version"]})
    assert edited.status_code == 200 and edited.json["audience_id"] == audience["id"]

    found = officer.get(f"{place}/check").json
    assert found["ready"] and found["count"]["included"] == 9 and found["warnings"] == []
    assert officer.post(f"{place}/submit").json["state"] == "review"

    own = officer.post(f"{place}/approve", {"content_hash": found["content_hash"]})
    assert own.status_code == 403
    stale = manager.post(f"{place}/approve", {"content_hash": "0" * 64})
    assert stale.status_code == 409
    approved = manager.post(f"{place}/approve", {"content_hash": found["content_hash"]})
    assert approved.status_code == 200 and approved.json["state"] == "approved"
    assert approved.json["approved_hash"] == found["content_hash"]
    assert officer.get(f"{place}/statistics").json == {
        "total": 9, "done": 0, "states": {"queued": 9}, "skipped": {}, "doubts": 0,
    }

    assert wrong_fields(officer.post(f"{place}/schedule", {"at": "2026-11-23T12:00:00"})) == {"at"}
    assert wrong_fields(officer.post(f"{place}/schedule", {"at": "2026-11-22T12:00:00+09:00"})) == {"scheduled_at"}
    scheduled = officer.post(f"{place}/schedule", {"at": "2026-11-23T12:00:00+09:00"}).json
    assert scheduled["state"] == "scheduled" and scheduled["scheduled_at"] == "2026-11-23T03:00:00+00:00"
    assert officer.post(f"{place}/unschedule").json["state"] == "approved"
    officer.post(f"{place}/schedule", {"at": "2026-11-23T12:00:00+09:00"})

    clock.advance(hours=2)
    assert jobs.start_due(app) == {"started": 1, "overdue": 0}
    assert officer.post(f"{place}/pause", {"reason": "점검"}).json["pause_reason"] == "점검"
    assert officer.post(f"{place}/resume").json["state"] == "sending"
    for _ in range(50):
        engine._rests_until = 0.0
        if not engine.step():
            break
    db.session.expire_all()

    assert len(server.recipients) == len(set(server.recipients)) == 9
    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    assert "대체인력 안내" in message["Subject"]
    statistics = officer.get(f"{place}/statistics").json
    assert statistics["states"] == {"accepted": 9} and statistics["done"] == statistics["total"] == 9
    assert officer.get(place).json["state"] == "finished"
    rows = list(officer.walk(f"{place}/deliveries", limit=4))
    assert sorted(row["address"] for row in rows) == sorted(server.recipients)
    assert {row["reply_code"] for row in rows} == {250}
    assert list(officer.walk(f"{place}/deliveries", state="refused")) == []
    assert officer.post(f"{place}/cancel").status_code == 409


@pytest.fixture
def draft(officer, companies):
    campaign = officer.post("/campaigns", {"name": "캠페인"}).json
    audience = officer.post(f"/campaigns/{campaign['id']}/audiences", {"name": "모두"}).json
    values = {**MAIL, "campaign_id": campaign["id"], "audience_id": audience["id"]}
    return officer.post("/mailings", values).json


def test_an_edit_voids_the_approval(officer, manager, draft):
    place = f"/mailings/{draft['id']}"
    officer.post(f"{place}/submit")
    found = officer.get(f"{place}/check").json
    approved = manager.post(f"{place}/approve", {"content_hash": found["content_hash"]}).json
    edited = officer.patch(place, {"subject": "다른 제목", "version": approved["version"]}).json
    assert edited["state"] == "draft" and edited["approved_hash"] is None
    assert officer.post(f"{place}/schedule", {"at": "2026-11-23T12:00:00+09:00"}).status_code == 409


def test_a_reviewer_sends_it_back_with_a_comment(officer, manager, draft):
    place = f"/mailings/{draft['id']}"
    officer.post(f"{place}/submit")
    assert manager.post(f"{place}/withdraw", {"comment": "제목을 짧게"}).json["state"] == "draft"


def test_a_changed_audience_needs_a_new_look(officer, manager, draft):
    place, campaign = f"/mailings/{draft['id']}", f"/campaigns/{draft['campaign_id']}"
    officer.post(f"{place}/submit")
    seen = officer.get(f"{place}/check").json["content_hash"]
    audience = officer.get(f"{campaign}/audiences/{draft['audience_id']}").json
    values = {"conditions": {"min_headcount": 5}, "version": audience["version"]}
    changed = officer.patch(f"{campaign}/audiences/{audience['id']}", values)
    assert changed.status_code == 200 and changed.json["name"] == "모두"
    assert changed.json["conditions"]["min_headcount"] == 5
    assert manager.post(f"{place}/approve", {"content_hash": seen}).status_code == 409
    assert officer.get(place).json["state"] == "draft"


def test_an_act_on_an_old_version_is_refused(officer, draft):
    place = f"/mailings/{draft['id']}"
    current = officer.patch(place, {"title": "둘째", "version": draft["version"]}).json["version"]
    response = officer.post(f"{place}/submit", {"version": draft["version"]})
    assert response.status_code == 409 and response.json["version"] == current


def test_nobody_else_acts_on_it(stranger, auditor, planner, partner, draft, program):
    place = f"/mailings/{draft['id']}"
    for act in ("submit", "withdraw", "unschedule", "pause", "resume", "cancel"):
        assert stranger.post(f"{place}/{act}").status_code == 404
        for other in (auditor, planner, partner):
            assert other.post(f"{place}/{act}").status_code == 403
    assert auditor.get(place).status_code == 200
    assert program(make_user(Role.HEADQUARTERS)).post(f"{place}/submit").json["state"] == "review"
