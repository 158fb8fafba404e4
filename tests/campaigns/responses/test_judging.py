"""Verdicts in the database: given with a delay, given again when later clicks or rules change them, with what follows
for leads."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.responses import judging, verdicts
from campaigns.responses.judging import Judge
from campaigns.responses.models import ClickEvent
from campaigns.responses.rules import Verdict
from campaigns.responses.verdicts import SETTLE, Reason
from outreach.db import db, unit_of_work
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import FIRST_ACTION, ActivityKind, LeadState
from outreach.links import TRAP
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from tests.campaigns.responses.making import make_campaign, make_delivery, make_mailing
from tests.outreach.leads.making import make_company
from tests.people import make_centre, make_user

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36"


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def planner(centre):
    return make_user(Role.PLANNER, centre=centre)


@pytest.fixture
def mailing(centre, planner):
    made = make_mailing(make_campaign(centre))
    made.clicks_open_leads = True
    return made


@pytest.fixture
def delivery(mailing, centre, now):
    return sent(mailing, centre, "한빛정밀", now)


def sent(mailing, centre, name, now):
    made = make_delivery(mailing, make_company(centre, name))
    made.done_at = now
    db.session.commit()
    return made


def click(delivery, at, link=0, *, network="121.130.7.0/24", agent=AGENT, method="GET"):
    event = ClickEvent(
        delivery_id=delivery.id, link_position=link, at=at, method=method, network=network, user_agent=agent,
    )
    db.session.add(event)
    db.session.commit()
    return event.id


def work(app) -> None:
    """A worker's turns, until nothing is due."""
    db.session.rollback()
    judge = Judge(app)
    while judge.step():
        pass


def verdict(event_id):
    db.session.rollback()
    event = db.session.get(ClickEvent, event_id, populate_existing=True)
    return event.verdict, event.reason


def activities():
    """(lead, retracted) of what clicks left on leads, in order."""
    db.session.rollback()
    query = sa.select(LeadActivity).where(LeadActivity.source.like("click:%")).order_by(LeadActivity.id)
    return [(row.lead_id, row.retracted_at is not None) for row in db.session.scalars(query)]


def test_a_click_is_judged_when_its_time_has_come(app, clock, delivery, now):
    human, machine = click(delivery, now + timedelta(minutes=1)), click(delivery, now, method="HEAD")
    clock.advance(minutes=1)
    clock.at += SETTLE - timedelta(seconds=1)
    work(app)
    assert verdict(human) == (Verdict.PENDING, Reason.YOUNG.value)
    assert verdict(machine) == (Verdict.MACHINE, Reason.METHOD.value)
    clock.advance(seconds=1)
    work(app)
    assert verdict(human) == (Verdict.HUMAN, Reason.NOTHING.value)


def test_a_persons_click_opens_a_lead_and_says_so_to_nobody(app, clock, delivery, now, planner):
    at = now + timedelta(minutes=20)
    for link in (0, 0, 1):
        click(delivery, at + timedelta(minutes=link), link)
    clock.advance(hours=1)
    work(app)
    lead = db.session.scalars(sa.select(Lead)).one()
    assert (lead.company_id, lead.planner_id, lead.state) == (delivery.company_id, planner.id, LeadState.NEW)
    assert (lead.next_action, lead.wants, lead.contact_name) == (FIRST_ACTION, [], "김민수")
    told = db.session.scalars(sa.select(LeadActivity).where(LeadActivity.kind == ActivityKind.RESPONSE)).all()
    assert [(row.source_label, row.note, row.at) for row in told] == [  # one a link, the first click of each
        ("메일 링크를 누름", "https://www.work24.example/", at),
        ("메일 링크를 누름", "https://b.example/x", at + timedelta(minutes=1)),
    ]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0


def test_machines_open_none_nor_do_mailings_that_do_not_ask_for_it(app, clock, delivery, mailing, centre, now):
    for link in (0, 1, TRAP):
        click(delivery, now + timedelta(seconds=43, milliseconds=100 * link), link)
    other = sent(make_mailing(mailing.campaign), centre, "이웃산업", now)
    human = click(other, now + timedelta(minutes=20))
    clock.advance(hours=1)
    work(app)
    assert verdict(human) == (Verdict.HUMAN, Reason.NOTHING.value)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Lead)) == 0


def test_later_clicks_change_a_verdict_and_the_lead_goes_with_it(app, clock, delivery, now):
    first = click(delivery, now + timedelta(minutes=20))
    clock.advance(minutes=26)
    work(app)
    assert verdict(first)[0] is Verdict.HUMAN
    [(lead_id, retracted)] = activities()
    assert not retracted
    click(delivery, now + timedelta(minutes=29), TRAP)  # the same network opens what nobody sees
    clock.advance(minutes=9)
    work(app)
    assert verdict(first) == (Verdict.MACHINE, Reason.WITH_TRAP.value)
    assert activities() == [(lead_id, True)]
    lead = db.session.get(Lead, lead_id)
    assert (lead.state, lead.outcome) == (LeadState.LOST, "응답이 취소됨")


def test_another_persons_click_takes_the_place_of_the_one_that_was_none(app, clock, delivery, now):
    first = click(delivery, now + timedelta(minutes=20))
    click(delivery, now + timedelta(minutes=40), network="58.10.1.0/24")
    clock.advance(hours=1)
    work(app)
    assert len(activities()) == 1
    db.session.get(ClickEvent, first).user_agent = "curl/8.0"
    db.session.commit()
    assert app.test_cli_runner().invoke(args=["clicks", "rejudge"]).exit_code == 0
    assert [retracted for _lead, retracted in activities()] == [True, False]


def test_rules_that_change_undo_and_redo_what_followed(app, clock, delivery, now, monkeypatch):
    event = click(delivery, now + timedelta(minutes=20))
    clock.advance(hours=1)
    work(app)
    runner = app.test_cli_runner()
    unchanged = runner.invoke(args=["clicks", "rejudge"])
    assert "바뀜 없음 · 리드 기록 0건 더함, 0건 거둠" in unchanged.output
    monkeypatch.setattr(verdicts, "TOO_SOON", timedelta(hours=1))
    db.session.rollback()
    stricter = runner.invoke(args=["clicks", "rejudge", "--mailing", str(delivery.mailing_id)])
    assert "사람 → 기계 1 · 리드 기록 0건 더함, 1건 거둠" in stricter.output
    assert verdict(event) == (Verdict.MACHINE, Reason.TOO_SOON.value)
    monkeypatch.undo()
    db.session.rollback()
    back = runner.invoke(args=["clicks", "rejudge"])
    assert "기계 → 사람 1 · 리드 기록 1건 더함, 0건 거둠" in back.output
    assert [retracted for _lead, retracted in activities()] == [True, False]
    lead = db.session.scalars(sa.select(Lead).where(Lead.closed_at.is_(None))).one()
    assert lead.company_id == delivery.company_id
    assert runner.invoke(args=["clicks", "rejudge", "--mailing", "999"]).exit_code == 2


def test_a_gateway_that_presses_for_many_recipients_is_found(app, clock, mailing, centre, now):
    events = [
        click(sent(mailing, centre, f"기업 {number}", now), now + timedelta(seconds=30 + number),
              network="198.51.100.0/24")
        for number in range(verdicts.CROWD)
    ]
    clock.advance(minutes=10)
    work(app)
    assert {verdict(event) for event in events} == {(Verdict.MACHINE, Reason.CROWD.value)}
    crowds = set(db.session.scalars(sa.select(ClickEvent.crowd)))
    assert crowds == {verdicts.CROWD}
    assert app.test_cli_runner().invoke(args=["clicks", "rejudge"]).exit_code == 0  # what was counted stays counted
    assert {verdict(event) for event in events} == {(Verdict.MACHINE, Reason.CROWD.value)}


def test_the_time_of_acceptance_is_looked_up_when_it_came_after_the_click(app, clock, delivery, now):
    delivery.done_at = None
    event = click(delivery, now - timedelta(seconds=1))
    delivery.done_at = now
    db.session.commit()
    clock.advance(minutes=10)
    work(app)
    assert verdict(event) == (Verdict.MACHINE, Reason.TOO_SOON.value)
    assert db.session.get(ClickEvent, event).accepted_at == now


def test_a_flood_on_one_link_is_judged_bit_by_bit_and_holds_up_nobody(app, clock, delivery, mailing, centre, now):
    flood = [
        {"event_id": f"flood-{number}", "delivery_id": delivery.id, "link_position": number % 2, "method": "GET",
         "at": now + timedelta(seconds=60 + number / 100), "network": "20.5.5.0/24", "user_agent": AGENT}
        for number in range(3 * judging.TOGETHER)
    ]
    db.session.execute(sa.insert(ClickEvent.__table__), flood)
    other = click(sent(mailing, centre, "이웃산업", now), now + timedelta(minutes=3))
    clock.advance(hours=1)
    work(app)
    assert verdict(other)[0] is Verdict.HUMAN
    left = sa.select(ClickEvent.verdict, sa.func.count()).where(ClickEvent.delivery_id == delivery.id)
    assert db.session.execute(left.group_by(ClickEvent.verdict)).all() == [(Verdict.MACHINE, len(flood))]


def test_an_erased_device_keeps_its_verdict(app, clock, delivery, now):
    event = click(delivery, now + timedelta(minutes=20))
    clock.advance(hours=1)
    work(app)
    with unit_of_work(db.session):
        db.session.execute(sa.update(ClickEvent).values(network="", user_agent=""))
    app.test_cli_runner().invoke(args=["clicks", "rejudge"])
    assert verdict(event) == (Verdict.HUMAN, Reason.NOTHING.value)


def test_a_company_that_is_gone_gets_no_lead(app, clock, delivery, now):
    event = click(delivery, now + timedelta(minutes=20))
    delivery.company_id = 999
    db.session.commit()
    clock.advance(hours=1)
    work(app)
    assert verdict(event)[0] is Verdict.HUMAN and activities() == []
