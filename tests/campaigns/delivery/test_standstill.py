"""Mailings that ought to move and don't, found by what stands in the database; and clocks that take over."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import queue, standstill
from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.clock import SystemClock
from outreach.db import db, reading
from outreach.operations.models import Pulse
from outreach.operations.watch import STILL_AFTER
from outreach.scope import Role
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.people import make_user, sign_in
from tests.roles import start_role


@pytest.fixture
def sending(draft, officer, approve, start, now):
    add_companies(officer.centre_id, 8, now)
    return start(approve(draft))


def look(app) -> None:
    db.session.commit()
    standstill.look(app)
    db.session.expire_all()


def names(clock) -> list[str]:
    found = [one.name for one in standstill.check(db.session, clock.now())]
    db.session.rollback()
    return found


def test_a_mailing_that_nobody_sends_is_found(app, client, clock, sending):
    look(app)
    assert names(clock) == []
    clock.advance(seconds=STILL_AFTER.total_seconds())
    look(app)
    assert names(clock) == [f"mailing:{sending.id}"]
    sign_in(client, make_user(Role.ADMINISTRATOR))
    page = client.get("/").text
    assert "&#39;첫 안내&#39; 발송이 나아가지 않습니다" in page and f"/mailings/{sending.id}/" in page


def test_a_mailing_that_moves_or_waits_is_left_alone(app, clock, sending, officer, now):
    look(app)
    clock.advance(seconds=STILL_AFTER.total_seconds())
    db.session.execute(sa.update(Delivery).where(Delivery.id == sa.select(sa.func.min(Delivery.id)).scalar_subquery())
                       .values(state=DeliveryState.ACCEPTED))
    look(app)
    assert names(clock) == []  # its head has moved
    clock.advance(seconds=STILL_AFTER.total_seconds())
    mailings.pause(db.session, actor_of(officer), sending, now=clock.now())
    look(app)
    assert names(clock) == []


@pytest.mark.usefixtures("office_hours")
def test_a_mailing_held_by_its_hours_does_not_stand_still(app, clock, sending):
    look(app)
    clock.advance(hours=11)  # 21:00
    look(app)
    assert names(clock) == []


def test_a_worker_that_holds_rows_and_is_silent_is_found(app, clock, sending):
    queue.claim(db.session, sending.id, "gone-host-1-aa", limit=3, now=clock.now())
    look(app)
    clock.advance(seconds=STILL_AFTER.total_seconds())
    look(app)
    found = {one.name: one for one in standstill.check(db.session, clock.now())}
    held = found["rows-of:gone-host-1-aa"]
    assert "3명" in str(held.title) and held.since == clock.now() - STILL_AFTER


def test_rows_settled_since_the_last_look_are_not_told(app, clock, sending):
    queue.claim(db.session, sending.id, "gone-host-1-aa", limit=8, now=clock.now())
    look(app)
    clock.advance(seconds=STILL_AFTER.total_seconds())
    db.session.execute(sa.update(Delivery).values(state=DeliveryState.ACCEPTED))
    assert names(clock) == []


def test_a_server_that_cannot_be_reached_is_told_with_its_reason(app, clock, sending):
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url="smtp://127.0.0.1:9")
    engine = Engine(app, connections=1)
    try:
        look(app)
        engine.step()
        clock.advance(seconds=STILL_AFTER.total_seconds())
        look(app)
    finally:
        engine.close()
    found = standstill.check(db.session, clock.now())
    assert "메일 서버에 보내지 못하고" in str(found[0].advice)


def test_a_start_that_everybody_missed_is_found(app, clock, draft, approve, approver, officer, now):
    add_companies(officer.centre_id, 2, now)
    approve(draft)
    mailings.schedule(db.session, actor_of(approver), draft, now, now=now, smtp_ready=True)
    db.session.commit()
    assert names(clock) == []
    clock.advance(seconds=STILL_AFTER.total_seconds())
    assert names(clock) == [f"start:{draft.id}"]


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def looked(query: sa.Select) -> object:
    """What the database says now; keeps nobody from writing."""
    with reading():
        value = db.session.scalar(query)
        db.session.rollback()
    return value


@pytest.mark.slow
def test_of_two_clock_processes_one_leads_and_the_other_takes_over(
    app, tmp_path, draft, officer, approver, approve, now
):
    """The leader is killed; what is due afterwards is started by the other."""
    add_companies(officer.centre_id, 2, now)
    approve(draft)
    db.session.commit()
    mailing_id, pulse = draft.id, sa.select(Pulse.by)
    clocks = [start_role(tmp_path, str(db.engine.url), "smtp://127.0.0.1:9", "clock") for _ in range(2)]
    try:
        wait_for(lambda: looked(pulse), "no clock leads")
        leader = next(each for each in clocks if str(looked(pulse)).endswith(f"-{each.pid}"))
        other = next(each for each in clocks if each is not leader)
        leader.send_signal(signal.SIGKILL)
        leader.wait(30)
        due = SystemClock().now() + timedelta(seconds=1)
        mailing = db.session.get_one(Mailing, mailing_id)
        mailings.schedule(db.session, actor_of(approver), mailing, due, now=due, smtp_ready=True)
        db.session.commit()
        wait_for(lambda: str(looked(pulse)).endswith(f"-{other.pid}"), "the other did not take over")
        state = sa.select(Mailing.state).where(Mailing.id == mailing_id)
        wait_for(lambda: looked(state) is MailingState.SENDING, "the mailing was not started")
    finally:
        for process in clocks:
            process.kill()
            process.wait(30)
