"""Reminders go to those who have not answered, and to nobody else."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.audience.history import KEY as HISTORY
from campaigns.delivery import service as delivery
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.responses.answered import ANSWERED, answered
from campaigns.responses.models import Response
from campaigns.responses.rules import Channel, ResponseState
from campaigns.sequences import reminders
from outreach.companies.consent import suppress
from outreach.companies.models import Company, SuppressionReason
from outreach.db import UtcDateTime, db
from outreach.errors import Conflict, Invalid
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import ActivityKind, LeadState
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.campaigns.sequences.conftest import respond, row_of
from tests.people import sign_in

DAYS_LATER = 8  # Monday to Tuesday of the week after: six working days


@pytest.fixture
def sent(draft, officer, go_out, now) -> Mailing:
    """A mailing that eight companies got."""
    add_companies(officer.centre_id, 8, now)
    go_out(draft)
    return draft


def remind(first: Mailing, officer, clock, workdays: int = 5) -> Mailing:
    made = reminders.create(db.session, actor_of(officer), first, workdays=workdays, now=clock.now())
    db.session.commit()
    return made


def lead(row, at, *, closed_at=None) -> Lead:
    made = Lead(
        company_id=row.company_id, workplace_id=row.workplace_id, state=LeadState.NEW, wants=[], created_at=at,
        updated_at=at, closed_at=closed_at,
    )
    db.session.add(made)
    db.session.flush()
    return made


def test_it_goes_to_exactly_those_who_have_not_answered(app, sent, officer, go_out, server, clock, now):
    later = now + timedelta(days=1)
    respond(row_of(sent, 1), later)
    suppress(db.session, row_of(sent, 2).address_key, SuppressionReason.UNSUBSCRIBED, "test", later)
    suppress(db.session, row_of(sent, 3).address_key, SuppressionReason.UNKNOWN_USER, "bounce", later)
    lead(row_of(sent, 4), later)
    old = lead(row_of(sent, 5), now - timedelta(days=90), closed_at=now - timedelta(days=80))
    db.session.add(LeadActivity(lead_id=old.id, kind=ActivityKind.CALL, at=later))
    lead(row_of(sent, 6), now - timedelta(days=90), closed_at=now - timedelta(days=80))  # long ago
    clock.advance(days=DAYS_LATER)
    seen = reminders.outlook(db.session, sent, app.extensions[HISTORY], now=clock.now())
    assert (seen.accepted, seen.answered, seen.count.included) == (8, 3, 3)
    reminder = remind(sent, officer, clock)
    assert reminder.subject == sent.subject and reminder.blocks == sent.blocks and reminder.audience_id is None
    before = len(server.recipients)
    go_out(reminder)
    assert sorted(server.recipients[before:]) == sorted(row_of(sent, n).address for n in (6, 7, 8))


def test_who_answers_after_approval_is_not_reminded(sent, officer, approver, setting_now, send, server, clock):
    clock.advance(days=DAYS_LATER)
    reminder = remind(sent, officer, clock)
    setting, actor = setting_now(), actor_of(approver)
    mailings.submit(db.session, actor, reminder, setting)
    mailings.approve(
        db.session, approver.scope(), actor, reminder, setting,
        content_hash=mailings.check(db.session, reminder, setting).content_hash,
    )
    delivery.freeze(db.session, reminder.id, setting.history, now=clock.now())
    mailings.schedule(db.session, actor, reminder, clock.now(), now=clock.now(), smtp_ready=True)
    db.session.commit()
    respond(row_of(sent, 1), clock.now())
    before = len(server.recipients)
    send()
    assert len(server.recipients) == before + 7
    assert delivery.statistics(db.session, reminder.id).skipped == {SkipReason.ANSWERED: 1}


def test_a_refused_recipient_is_not_reminded(draft, officer, go_out, server, clock, now):
    add_companies(officer.centre_id, 2, now)
    go_out(draft)
    row_of(draft, 1).state = DeliveryState.REFUSED
    db.session.commit()
    clock.advance(days=DAYS_LATER)
    reminder = remind(draft, officer, clock)
    before = len(server.recipients)
    go_out(reminder)
    assert server.recipients[before:] == [row_of(draft, 2).address]


def test_not_before_its_day(sent, officer, approver, go_out, clock):
    """Five working days after Monday, Nov 23rd: Monday the 30th, in Korea."""
    with pytest.raises(Invalid):
        remind(sent, officer, clock, workdays=1)
    reminder = remind(sent, officer, clock)
    assert reminder.earliest_at.isoformat() == "2026-11-29T15:00:00+00:00"
    with pytest.raises(Invalid, match=r"2026\. 11\. 30\."):
        go_out(reminder)


def test_at_most_two(sent, officer, go_out, clock):
    clock.advance(days=DAYS_LATER)
    first = remind(sent, officer, clock)
    with pytest.raises(Conflict, match="아직 끝나지 않았습니다"):
        remind(sent, officer, clock)
    go_out(first)
    clock.advance(days=DAYS_LATER)
    second = remind(reminders.root(db.session, first), officer, clock)
    assert (second.follows_id, second.reminder) == (sent.id, 2)
    go_out(second)
    with pytest.raises(Conflict, match="2번까지만"):
        remind(sent, officer, clock)


def test_a_cancelled_reminder_does_not_count(sent, officer, clock, now):
    cancelled = remind(sent, officer, clock)
    mailings.cancel(db.session, actor_of(officer), cancelled, now=now)
    assert remind(sent, officer, clock).reminder == 1


def test_only_a_finished_mailing_that_asks_for_an_answer(draft, officer, clock):
    with pytest.raises(Conflict, match="발송을 마친"):
        remind(draft, officer, clock)
    draft.state, draft.message_class = MailingState.FINISHED, MessageClass.CONSENT_NOTICE
    with pytest.raises(Conflict, match="동의절차통지"):
        remind(draft, officer, clock)


def test_its_audience_cannot_be_chosen(sent, officer, clock, now):
    reminder = remind(sent, officer, clock)
    mailings.edit(db.session, actor_of(officer), reminder, {"audience_id": sent.audience_id}, version=None, now=now)
    assert reminder.audience_id is None


def test_both_ways_of_asking_agree(app, draft, officer, now):
    """The claim asks in SQL text what pages ask as an expression: for every kind of answer they say the same."""
    add_companies(officer.centre_id, 1, now)
    company = db.session.scalars(sa.select(Company)).one()
    place = company.workplaces[0]
    row = Delivery(
        mailing_id=draft.id, contact_id=place.contacts[0].id, workplace_id=place.id, company_id=company.id,
        address="a@b.example", address_key="a@b.example", values={},
    )
    db.session.add(row)
    db.session.flush()
    told = sa.select(answered(Delivery.company_id, now)).select_from(Delivery)
    text = sa.text(f"SELECT {ANSWERED} FROM delivery").bindparams(sa.bindparam("answered_since", now, UtcDateTime))
    cases = itertools.product([*ResponseState, None], [*ActivityKind, None], [True, False], [-1, 1])
    for state, kind, is_open, days in cases:
        at = now + timedelta(days=days)
        with db.session.begin_nested() as point:
            if state is not None:
                values = {"channel": Channel.PHONE, "wants": [], "details": {}}
                db.session.add(Response(state=state, at=at, company_id=company.id, **values))
            if kind is not None:
                made = lead(row, now - timedelta(days=9), closed_at=None if is_open else now - timedelta(days=8))
                db.session.add(LeadActivity(lead_id=made.id, kind=kind, at=at))
            db.session.flush()
            by_form = days > 0 and state in {ResponseState.VERIFIED, ResponseState.UNVERIFIED}
            talked = days > 0 and kind in {
                ActivityKind.RESPONSE, ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.VISIT,
            }
            by_talk = kind is not None and (is_open or talked)
            seen = bool(db.session.scalar(told)), bool(db.session.scalar(text))
            assert seen == (by_form or by_talk,) * 2, (state, kind, is_open, days)
            point.rollback()


def test_the_pages_lead_to_it(client, sent, officer, clock):
    clock.advance(days=DAYS_LATER)
    sign_in(client, officer)
    page = client.get(f"/mailings/{sent.id}/").text
    assert f"/mailings/{sent.id}/remind" in page
    asked = client.get(f"/mailings/{sent.id}/remind").text
    assert "다시 알릴 사람" in asked and "8명" in asked
    made = client.post(f"/mailings/{sent.id}/remind", data={"workdays": "5"})
    reminder = db.session.scalars(sa.select(Mailing).where(Mailing.follows_id == sent.id)).one()
    assert made.headers["Location"].endswith(f"/mailings/{reminder.id}/edit")
    editor = client.get(made.headers["Location"]).text
    assert "따로 고르지 않습니다" in editor
    assert "앞 메일 보기" in client.get(f"/mailings/{reminder.id}/").text
    again = client.get(f"/mailings/{sent.id}/remind").text
    assert "아직 끝나지 않았습니다" in again
