"""A case is taken down while a mail with it is going out: nothing more leaves, a person puts another one in."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta

import pytest

from campaigns.delivery import replacing, service, takedown
from campaigns.delivery.watch import Watch
from campaigns.mailings import service as mailings
from campaigns.mailings.rules import MailingState
from cases.library import consents
from cases.library.models import Case
from cases.materials import service as materials
from cases.materials import withdrawing
from cases.materials.models import Material
from outreach.audit import service as audit
from outreach.clock import kst_today
from outreach.db import db, unit_of_work
from outreach.errors import Conflict, Forbidden
from outreach.programmes.models import ProgrammeVersion
from tests.campaigns.delivery.conftest import BLOCKS, actor_of, add_companies
from tests.campaigns.delivery.test_engine import run, states
from tests.cases.making import make_case, make_material, make_programme
from tests.people import sign_in

BEFORE, AFTER = "교대조를 다시 짜니 휴직이 나왔다", "점심을 나누니 자리가 났다"


@pytest.fixture
def case(officer, now) -> Case:
    return make_case(officer.centre)


@pytest.fixture
def with_block(draft, officer, now):
    """The draft with one more block."""
    def act(block):
        blocks = [*BLOCKS[:2], block, *BLOCKS[2:]]
        mailings.edit(db.session, actor_of(officer), draft, {"blocks": blocks}, version=None, now=now)
        return draft
    return act


def take_down(officer, case_id: int, now) -> None:
    consents.take_down(
        db.session, officer.scope(), actor_of(officer), db.session.get_one(Case, case_id), reason="회사가 원함",
        asked_on=kst_today(now), asked_by="상무", now=now,
    )


def test_nothing_leaves_once_the_case_is_taken_down(
    app, server, engine, with_block, case, officer, approver, approve, start, setting, now
):
    other = make_case(officer.centre, headline=AFTER)
    mailing = with_block({"kind": "case", "case_id": case.id})
    case_id, other_id, number = case.id, other.id, mailing.id
    add_companies(officer.centre_id, 40, now)
    start(approve(mailing))
    taken: list[int] = []

    def script(event):
        """In the middle of the run, between two replies of the server, the take-down is committed."""
        if event.stage == "data" and not taken and len(server.messages) >= 10:
            taken.append(0)
            with app.app_context(), unit_of_work(db.session):
                take_down(officer, case_id, now)
            taken[0] = len(server.messages)
        return

    server.script = script
    run(engine)
    # With two connections at most one other message was being written when it was committed.
    assert 10 <= taken[0] <= len(server.messages) <= taken[0] + 1
    assert mailing.state is MailingState.PAUSED and BEFORE in mailing.pause_reason
    got = len(server.messages)
    assert states(mailing) == {"accepted": got, "queued": 40 - got}
    record = audit.history(db.session, "mailing", number)[0]
    assert record.user_email == "service" and BEFORE in record.changes["comment"][1] and record.changes["sent"][1] == 0

    with pytest.raises(Conflict, match="이제 메일에 실을 수 없습니다"):
        service.resume(db.session, actor_of(approver), mailing, now=now)
    client = sign_in(app.test_client(), officer)
    page = client.get(f"/mailings/{number}/").text
    assert "내려진 내용" in page and AFTER in page and "resume-dialog\"" not in page.split("<dialog")[0]
    client.post(f"/mailings/{number}/replace", data={"place": "3", "row_id": str(other_id)})
    db.session.expire_all()
    assert replacing.waits_for_approval(mailing)
    with pytest.raises(Conflict, match="다른 담당자가 승인"):
        service.resume(db.session, actor_of(approver), mailing, now=now)
    fingerprint = mailings.fingerprint_of(mailing, replacing.composed_anew(db.session, mailing, setting))
    with pytest.raises(Forbidden):
        replacing.approve(
            db.session, officer.scope(), actor_of(officer), mailing, setting, content_hash=fingerprint
        )
    client = sign_in(app.test_client(), approver)
    assert "바꾼 내용 승인" in client.get(f"/mailings/{number}/").text
    client.post(f"/mailings/{number}/reapprove", data={"content_hash": fingerprint})
    client.post(f"/mailings/{number}/resume")
    db.session.expire_all()
    run(engine)
    assert mailing.state is MailingState.FINISHED and states(mailing) == {"accepted": 40}
    assert len(server.recipients) == len(set(server.recipients)) == 40
    old = [AFTER.encode() not in _text(message) for message in server.messages]
    assert old == [True] * got + [False] * (40 - got)
    page = client.get(f"/mailings/{number}/").text
    assert f"{40 - got}통" in page and "바꾼 내용으로 나간 메일" in page and "대신" in page


def _text(message) -> bytes:
    read = email.message_from_bytes(message.content, policy=email.policy.default)
    return read.get_body(("plain",)).get_content().encode()


def test_a_programme_that_ends_stops_it_too(app, with_block, officer, approver, approve, start, clock, now):
    add_companies(officer.centre_id, 1, now)
    version = make_programme("출산육아기 지원금", valid_to=kst_today(now) + timedelta(days=1))
    mailing = with_block({"kind": "programme", "version_id": version.id})
    start(approve(mailing))
    today = kst_today(now)
    assert takedown.gone(db.session, mailing, today) == []
    assert [row.title for row in takedown.gone(db.session, mailing, today + timedelta(days=2))] == ["출산육아기 지원금"]
    with unit_of_work(db.session) as session:  # the catalogue says that it has ended
        session.get_one(ProgrammeVersion, version.id).valid_to = today - timedelta(days=1)
    db.session.refresh(mailing)
    assert mailing.state is MailingState.PAUSED and "시행이 끝났습니다" in mailing.pause_reason


def test_a_withdrawn_edition_stops_it_too(app, with_block, officer, approver, approve, start, now):
    add_companies(officer.centre_id, 1, now)
    material = make_material(app, officer.centre)
    mailing = with_block({"kind": "button", "label": "보기", "target": "material", "material_id": material.id})
    start(approve(mailing))
    with unit_of_work(db.session) as session:
        edition = materials.published_edition(session.get_one(Material, material.id))
        withdrawing.withdraw(session, actor_of(approver), edition, reason="금액이 바뀌었습니다.", now=now)
    db.session.refresh(mailing)
    assert mailing.state is MailingState.PAUSED and "이제 배포하지 않습니다" in mailing.pause_reason


def test_the_watch_sees_a_pause_before_the_next_write(app, draft, approve, start, officer, approver, now):
    add_companies(officer.centre_id, 1, now)
    mailing = start(approve(draft))
    watch = Watch(db.engine)
    try:
        watch.follow(mailing.id, {1: "a@x.example"})
        assert not watch.withdrawn([1]) and not watch.halted
        with unit_of_work(db.session) as session:
            mailings.pause(session, actor_of(approver), mailing, now=now)
        assert not watch.withdrawn([1]) and watch.halted and not watch.still_sending()
    finally:
        watch.close()
