"""The pages of a sequence: from its name to its end."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.audience import service as audiences
from campaigns.delivery import service as delivery
from campaigns.planning import service as planning
from campaigns.planning.rules import CampaignState, PartnerRole
from campaigns.sequences import service
from campaigns.sequences.models import PartnerStop, Sequence
from campaigns.sequences.rules import SequenceState, StepCondition
from outreach.audit.models import AccessRecord
from outreach.db import db
from outreach.errors import Invalid
from outreach.scope import Role
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.campaigns.sequences.conftest import stands
from tests.people import make_organisation, make_user, sign_in

EVERYONE = StepCondition.EVERYONE


@pytest.fixture
def browse(app):
    return lambda user: sign_in(app.test_client(), user)


def told(page) -> str:
    assert page.status_code == 200, page.status_code
    return page.text


def test_from_its_name_to_its_start(browse, officer, approver, draft, work, server, clock, now):
    """Written by one person, approved as a whole by another, started, looked at, stopped."""
    add_companies(officer.centre_id, 3, now)
    author, reviewer = browse(officer), browse(approver)
    campaign = f"/campaigns/{draft.campaign_id}"
    assert "아직 연속 메일이 없습니다" in told(author.get(campaign))
    made = author.post(f"{campaign}/sequences/new", data={"name": "가을 안내"})
    sequence = db.session.scalars(sa.select(Sequence)).one()
    home = f"/sequences/{sequence.id}"
    assert made.headers["Location"] == f"{home}/edit"
    form = {
        "name": "가을 안내", "audience_id": draft.audience_id, "organisation_id": "", "version": sequence.version,
        "steps-2-wait": "7", "steps-2-unit": "days", "steps-2-condition": "no_response",
    }
    assert "1~60일" in told(author.post(f"{home}/edit", data=form | {"steps-2-wait": "0"}))
    author.post(f"{home}/edit", data=form | {"then": "add"})
    assert [step.position for step in sequence.steps] == [1, 2, 3]
    author.post(f"{home}/edit", data=form | {"version": sequence.version, "then": "remove-3"})
    db.session.expire_all()
    step = sequence.steps[1]
    assert (len(sequence.steps), step.wait, step.unit.value, step.condition.value) == (2, 7, "days", "no_response")
    refused = told(author.post(f"{home}/edit", data=form | {"version": sequence.version, "then": "submit"}))
    assert "1단계: 메일 제목을 적어 주세요." in refused
    for each in sequence.steps:
        for name in ("subject", "preheader", "class_reason", "sender_phone", "blocks", "sender_address"):
            setattr(each.mailing, name, getattr(draft, name))
    author.post(f"{home}/submit")
    assert "직접 승인할 수 없습니다" in told(author.get(f"{home}/"))
    assert "연속 메일 화면" in told(author.get(f"/mailings/{step.mailing_id}/"))
    page = told(reviewer.get(f"{home}/"))
    assert "한 사람에 2통까지" in page and "담당자 3명" in page
    content_hash = page.split('name="content_hash" value="')[1].split('"')[0]
    reviewer.post(f"{home}/approve", data={"content_hash": content_hash})
    assert service.standing(sequence) is SequenceState.APPROVED
    assert "시작할 시각" in told(reviewer.get(f"{home}/"))
    author.post(f"{home}/start", data={"when": "now"})
    assert sequence.state is SequenceState.RUNNING
    author.post(f"{home}/unschedule")
    assert (sequence.state, stands(sequence)) == (SequenceState.APPROVED, {})
    author.post(f"{home}/start", data={"when": "now"})
    work()
    assert len(server.recipients) == 3
    assert "아직 진행 중" in told(author.get(f"{home}/"))
    listed = told(author.get(f"{home}/members?state=waiting&q=가상기업2"))
    assert "person2@company2.example" in listed and "person1@" not in listed
    seen = db.session.scalars(sa.select(AccessRecord).order_by(AccessRecord.id.desc()).limit(1)).one()
    assert (seen.subject, seen.subject_count) == ("contact", 1)
    author.post(f"{home}/pause")
    assert sequence.state is SequenceState.PAUSED and "멈추어 있습니다" in told(author.get(f"{home}/"))
    author.post(f"{home}/resume")
    author.post(f"{home}/stop", data={"note": "사업 변경"})
    assert {reason for _step, _state, reason in stands(sequence).values()} == {"stopped"}
    assert "사업 변경" in told(author.get(f"{home}/"))
    assert author.get(f"{home}/edit").status_code == 302


def test_a_partners_stop_by_the_officer(browse, make, begin, work, officer, draft, clock, now):
    add_companies(officer.centre_id, 2, now)
    partner = make_organisation(officer.centre, "가상산단관리공단")
    planning.set_partners(
        db.session, actor_of(officer), draft.campaign, [(partner.id, PartnerRole.INVITES, "")], now=now
    )
    sequence = begin(make((5, EVERYONE), organisation_id=partner.id))
    work()
    home, author = f"/sequences/{sequence.id}", browse(officer)
    assert "진행 중 2명" in told(author.get(f"{home}/"))
    author.post(f"{home}/partners/{partner.id}/stop", data={"note": ""})
    assert db.session.scalars(sa.select(PartnerStop)).all() == []
    author.post(f"{home}/partners/{partner.id}/stop", data={"note": "사무국 전화"})
    assert {reason for _step, _state, reason in stands(sequence).values()} == {"partner_stop"}
    assert "협력기관의 중단 요청" in told(author.get(f"{home}/"))
    author.post(f"{home}/partners/{partner.id}/lift")
    assert db.session.scalars(sa.select(PartnerStop)).one().lifted_at is not None


def test_a_partners_stop_by_its_own_login(browse, make, begin, work, officer, draft, clock, now):
    """From its reading room: with the number first, for its own companies alone, and lifted by it, too."""
    add_companies(officer.centre_id, 2, now)
    partner, other = (make_organisation(officer.centre, name) for name in ("가상산단관리공단", "가상상공회의소"))
    planning.set_partners(
        db.session, actor_of(officer), draft.campaign, [(partner.id, PartnerRole.INVITES, "")], now=now
    )
    sequence = begin(make((5, EVERYONE), organisation_id=partner.id))
    draft.campaign.state = CampaignState.ACTIVE  # a partner is not told of drafts
    db.session.commit()
    work()
    secretary = browse(make_user(Role.PARTNER, organisation=partner, name="박사무"))
    stranger = browse(make_user(Role.PARTNER, organisation=other))
    place = f"/portal/campaigns/{draft.campaign_id}/follow-ups"
    assert "진행 중 2명" in told(secretary.get("/portal/"))
    assert "후속 메일" not in told(stranger.get("/portal/"))
    assert stranger.post(f"{place}/stop").status_code == 404
    assert secretary.get(f"{place}/stop").status_code == 405
    assert browse(officer).post(f"{place}/stop").status_code == 403
    assert {reason for _step, _state, reason in stands(sequence).values()} == {""}
    secretary.post(f"{place}/stop", data={"note": "회원사 요청"})
    assert {reason for _step, _state, reason in stands(sequence).values()} == {"partner_stop"}
    assert "보내지 않음: 박사무: 회원사 요청" in told(secretary.get("/portal/"))
    secretary.post(f"{place}/lift")
    assert db.session.scalars(sa.select(PartnerStop)).one().lifted_at is not None


def test_the_late_are_shown_and_decided(browse, make, begin, work, server, officer, clock, now):
    add_companies(officer.centre_id, 2, now)
    sequence = begin(make((2, EVERYONE)))
    work()
    clock.advance(days=9)
    work()
    home, author = f"/sequences/{sequence.id}", browse(officer)
    assert "2명의 다음 단계가 많이 늦었습니다" in told(author.get(f"{home}/"))
    author.post(f"{home}/late", data={"decision": "send"})
    work()
    assert len(server.recipients) == 4


def test_a_colleague_looks_and_a_stranger_does_not(browse, make, officer, now):
    sequence = make((5, EVERYONE))
    home = f"/sequences/{sequence.id}"
    colleague = browse(make_user(Role.PLANNER, centre=officer.centre))
    assert "끝내기" not in told(colleague.get(f"{home}/"))
    assert colleague.post(f"{home}/stop").status_code == 403
    stranger = browse(make_user(Role.PROMOTION))
    for path in ("/", "/edit", "/members"):
        assert stranger.get(home + path).status_code == 404
    assert stranger.post(f"{home}/stop").status_code == 404
    assert browse(make_user(Role.PARTNER)).get(f"{home}/").status_code == 403
    assert browse(officer).get(f"{home}/stop").status_code == 405
    assert browse(officer).get("/sequences/999999/").status_code == 404


def test_what_belongs_to_another_campaign_is_refused(browse, make, officer, draft, now):
    sequence, actor = make((5, EVERYONE)), actor_of(officer)
    other = planning.create(db.session, officer.scope(), actor, {"name": "다른 캠페인"}, now=now)
    foreign = audiences.save(db.session, actor, other, name="남의 것", conditions={}, now=now)
    stranger = make_organisation(officer.centre)
    for values in ({"audience_id": foreign.id}, {"organisation_id": stranger.id}):
        with pytest.raises(Invalid):
            service.edit(db.session, actor, sequence, values, version=None, now=now)
    assert (sequence.audience_id, sequence.organisation_id) == (draft.audience_id, None)


def test_the_api_reads(browse, make, begin, work, officer, draft, now):
    add_companies(officer.centre_id, 2, now)
    sequence = begin(make((5, EVERYONE)))
    work()
    api = browse(officer)
    found = api.get(f"/api/v1/sequences?campaign_id={draft.campaign_id}").json["items"]
    assert [(row["id"], row["state"], len(row["steps"])) for row in found] == [(sequence.id, "running", 2)]
    numbers = api.get(f"/api/v1/sequences/{sequence.id}/numbers").json
    assert (numbers["total"], numbers["still_in"], numbers["states"]) == (2, 2, {"waiting": 2})
    rows = api.get(f"/api/v1/sequences/{sequence.id}/members?state=waiting").json["items"]
    assert {row["position"] for row in rows} == {1} and len(rows) == 2
    assert delivery.statistics(db.session, sequence.steps[0].mailing_id).total == 2
