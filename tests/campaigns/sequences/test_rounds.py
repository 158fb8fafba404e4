"""Sequences over weeks, with a real mail server and engine and a clock that is moved."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import service as delivery
from campaigns.delivery.engine import CONNECTIONS
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.planning import service as planning
from campaigns.planning.rules import CampaignState, PartnerRole
from campaigns.responses.clicks import Intake
from campaigns.responses.models import ClickEvent
from campaigns.responses.rules import FORM_POSITION, Verdict
from campaigns.sequences import members, service
from campaigns.sequences import rounds as going
from campaigns.sequences.models import SequenceMember
from campaigns.sequences.rules import EndReason, MemberState, SequenceState, Signals, StepCondition, meets
from outreach import links
from outreach.companies.consent import suppress
from outreach.companies.models import Contact, SuppressionReason
from outreach.db import db, unit_of_work
from outreach.errors import Conflict
from outreach.leads.models import Lead
from outreach.leads.rules import LeadState
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.campaigns.sequences.conftest import respond, row_of, stands
from tests.people import make_organisation
from tests.roles import start_role

EVERYONE = StepCondition.EVERYONE
PATIENCE = 120  # seconds, for workers on a busy machine


def mailing(sequence, position: int):
    return sequence.steps[position - 1].mailing


def all_sent(mailing_id: int, number: int) -> bool:
    """So many are written down, and nothing is left for the engine. Ends its transaction."""
    found = delivery.statistics(db.session, mailing_id)
    db.session.rollback()
    return found.total == number == found.done


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def received(server) -> Counter[str]:
    return Counter(address.split("@")[0].removeprefix("person") for address in server.recipients)


def test_three_steps_over_weeks(make, begin, work, server, officer, clock, now):
    """Everyone goes on at their own pace; an answer, an opt-out, a bounce and a lead end it for that company."""
    add_companies(officer.centre_id, 8, now)
    sequence = begin(make((5, EVERYONE), (7, EVERYONE)))
    work()
    assert stands(sequence) == dict.fromkeys(range(1, 9), (1, "waiting", ""))
    clock.advance(days=4)
    respond(row_of(mailing(sequence, 1), 1), clock.now())
    suppress(db.session, row_of(mailing(sequence, 1), 2).address_key, SuppressionReason.UNSUBSCRIBED, "t", clock.now())
    suppress(db.session, row_of(mailing(sequence, 1), 3).address_key, SuppressionReason.UNKNOWN_USER, "t", clock.now())
    db.session.commit()
    work()
    assert received(server) == Counter({str(n): 1 for n in range(1, 9)})  # nothing is due yet
    clock.advance(days=1)
    work()
    assert received(server) == Counter({str(n): 2 if n > 3 else 1 for n in range(1, 9)})
    row = row_of(mailing(sequence, 2), 4)
    db.session.add(Lead(
        company_id=row.company_id, workplace_id=row.workplace_id, state=LeadState.NEW, wants=[],
        created_at=clock.now(), updated_at=clock.now(),
    ))
    db.session.commit()
    clock.advance(days=7)
    work()
    assert received(server) == Counter({"1": 1, "2": 1, "3": 1, "4": 2} | {str(n): 3 for n in range(5, 9)})
    ended = {1: (1, "ended", "answered"), 2: (1, "ended", "opted_out"), 3: (1, "ended", "bounced"),
             4: (2, "ended", "answered")}
    assert stands(sequence) == ended | dict.fromkeys(range(5, 9), (3, "done", ""))
    assert sequence.state is SequenceState.FINISHED
    found = members.numbers(db.session, sequence.id)
    assert (found.total, found.still_in, found.steps) == (8, 0, {1: 8, 2: 5, 3: 4})
    clock.advance(days=30)
    work()
    assert sum(received(server).values()) == 17


def test_the_wait_counts_from_each_ones_own_acceptance(make, begin, work, engine, server, officer, clock, now):
    """Someone whose server put the first mail off by a day gets the second a day later than the others."""
    add_companies(officer.centre_id, 2, now)
    sequence = begin(make((5, EVERYONE)))
    row = row_of(mailing(sequence, 1), 2)
    row.state, row.next_try_at, row.attempts = DeliveryState.DEFERRED, now + timedelta(days=1), 1
    db.session.commit()
    work()
    clock.advance(days=1)
    work()
    clock.advance(days=4)
    work()
    assert received(server) == Counter({"1": 2, "2": 1})
    clock.advance(days=1)
    work()
    assert received(server) == Counter({"1": 2, "2": 2})


def test_a_site_that_was_down_does_not_send_all_steps_at_once(make, begin, work, server, officer, clock, now):
    """Down for a week: what is a little late goes out, what is long overdue waits for a person, and the step after
    waits its full time again."""
    add_companies(officer.centre_id, 2, now)
    sequence = begin(make((2, EVERYONE), (5, EVERYONE)))
    row = row_of(mailing(sequence, 1), 2)
    row.state, row.next_try_at, row.attempts = DeliveryState.DEFERRED, now + timedelta(days=3), 1
    db.session.commit()
    work()
    clock.advance(days=3)
    work()  # the second company gets its first mail three days late
    assert received(server) == Counter({"1": 2, "2": 1})
    clock.advance(days=7)  # nobody worked for a week: the first one's third step is two days late, the other's five
    work()
    assert stands(sequence) == {1: (3, "done", ""), 2: (1, "late", "")}
    assert received(server) == Counter({"1": 3, "2": 1})
    with unit_of_work(db.session) as session:
        assert members.decide_late(session, actor_of(officer), sequence, send=True, now=clock.now()) == 1
    work()
    assert received(server) == Counter({"1": 3, "2": 2})
    assert stands(sequence)[2] == (2, "waiting", "")


def test_the_late_may_be_left_out(make, begin, work, server, officer, clock, now):
    add_companies(officer.centre_id, 1, now)
    sequence = begin(make((2, EVERYONE)))
    work()
    clock.advance(days=9)
    work()
    with unit_of_work(db.session) as session:
        members.decide_late(session, actor_of(officer), sequence, send=False, now=clock.now())
    work()
    assert stands(sequence) == {1: (1, "ended", "late")}
    assert sequence.state is SequenceState.FINISHED and len(server.recipients) == 1


def test_a_partners_stop_ends_it_for_those_it_invited(make, begin, work, server, officer, draft, clock, now):
    add_companies(officer.centre_id, 2, now)
    partner = make_organisation(officer.centre)
    planning.set_partners(
        db.session, actor_of(officer), draft.campaign, [(partner.id, PartnerRole.INVITES, "")], now=now
    )
    theirs = begin(make((5, EVERYONE), organisation_id=partner.id))
    ours = begin(make((5, EVERYONE)))
    work()
    share, = members.partners(db.session, draft.campaign)
    assert (share.still_in, share.stop) == (2, None)
    with unit_of_work(db.session) as session:
        ended = members.partner_stop(
            session, actor_of(officer), draft.campaign, partner.id, note="11. 24. 사무국 전화", now=clock.now()
        )
    assert ended == 2
    clock.advance(days=5)
    work()
    assert stands(theirs) == dict.fromkeys((1, 2), (1, "ended", "partner_stop"))
    assert theirs.state is SequenceState.FINISHED
    assert stands(ours)[1][1] in ("done", "waiting")
    clock.advance(days=30)  # past the frequency cap
    later, before = begin(make((5, EVERYONE), organisation_id=partner.id)), len(server.recipients)
    work()
    assert stands(later) == dict.fromkeys((1, 2), (1, "ended", "partner_stop"))
    assert len(server.recipients) == before


def test_a_stop_between_the_round_and_the_claim_is_obeyed(make, begin, work, rounds, send, server, officer, clock, now):
    """Written down for the second step, and not yet claimed: neither a stop nor an answer is overtaken."""
    add_companies(officer.centre_id, 3, now)
    sequence = begin(make((5, EVERYONE)))
    work()
    clock.advance(days=5)
    rounds._looks_at = 0.0
    assert rounds.step()
    respond(row_of(mailing(sequence, 1), 1), clock.now())
    member = db.session.scalars(sa.select(SequenceMember).order_by(SequenceMember.id.desc()).limit(1)).one()
    member.state, member.reason = MemberState.ENDED, EndReason.PARTNER_STOP
    db.session.commit()
    work()
    assert received(server) == Counter({"1": 1, "2": 2, "3": 1})
    skipped = delivery.statistics(db.session, mailing(sequence, 2).id).skipped
    assert skipped == {SkipReason.ANSWERED: 1, SkipReason.STOPPED: 1}


def test_pause_stop_and_the_campaigns_end(make, begin, work, server, officer, draft, clock, now):
    add_companies(officer.centre_id, 2, now)
    actor = actor_of(officer)
    sequence = begin(make((5, EVERYONE), (5, EVERYONE)))
    work()
    service.pause(db.session, actor, sequence, now=clock.now(), reason="문구 확인")
    db.session.commit()
    clock.advance(days=6)
    work()
    assert len(server.recipients) == 2
    service.resume(db.session, actor, sequence, now=clock.now())
    db.session.commit()
    work()
    assert len(server.recipients) == 4
    draft.campaign.state = CampaignState.FINISHED
    db.session.commit()
    clock.advance(days=6)
    work()
    assert stands(sequence) == dict.fromkeys((1, 2), (2, "ended", "campaign_ended"))
    assert (len(server.recipients), sequence.state) == (4, SequenceState.FINISHED)
    assert mailing(sequence, 3).state is MailingState.CANCELLED


def test_stopped_for_all(make, begin, work, server, officer, clock, now):
    add_companies(officer.centre_id, 2, now)
    sequence = begin(make((5, EVERYONE)))
    work()
    assert service.stop(db.session, actor_of(officer), sequence, now=clock.now(), reason="사업 변경") == 2
    db.session.commit()
    clock.advance(days=6)
    work()
    assert stands(sequence) == dict.fromkeys((1, 2), (1, "ended", "stopped"))
    assert len(server.recipients) == 2 and mailing(sequence, 2).state is MailingState.CANCELLED


def test_too_much_mail_holds_a_step_and_does_not_end_it(make, begin, go_out, work, server, officer, draft, clock, now):
    """Two mails within the week: the step waits until the first of them is a week old."""
    add_companies(officer.centre_id, 1, now)
    sequence = begin(make((2, EVERYONE)))
    work()
    clock.advance(days=1)
    go_out(draft)
    clock.advance(days=1)
    work()
    assert stands(sequence) == {1: (1, "waiting", "")}
    assert len(server.recipients) == 2
    for _ in range(22):  # asked again every six hours
        clock.advance(hours=6)
        work()
    assert (len(server.recipients), stands(sequence)) == (3, {1: (2, "done", "")})


def test_a_person_deleted_meanwhile_is_told_apart(make, begin, work, server, officer, clock, now):
    add_companies(officer.centre_id, 2, now)
    begin(make((5, EVERYONE)))
    work()
    db.session.delete(db.session.scalars(sa.select(Contact).order_by(Contact.id).limit(1)).one())
    db.session.commit()
    clock.advance(days=5)
    work()
    reasons = Counter(db.session.scalars(sa.select(SequenceMember.reason)))
    assert reasons == Counter({EndReason.GONE: 1, None: 1}) and len(server.recipients) == 3


CLICKS = [(position, verdict) for position in (0, FORM_POSITION) for verdict in Verdict]


def test_conditions_say_in_the_database_what_the_rule_says(make, begin, work, officer, clock, now):
    """Every set of events, for every condition: the query takes exactly those that rules.meets takes."""
    sets = [chosen for size in range(len(CLICKS) + 1) for chosen in itertools.combinations(CLICKS, size)]
    add_companies(officer.centre_id, len(sets), now)
    sequence = begin(make((5, EVERYONE)))
    work()
    rows = db.session.scalars(
        sa.select(Delivery).where(Delivery.mailing_id == mailing(sequence, 1).id).order_by(Delivery.contact_id)
    ).all()
    signals = {}
    for row, events in zip(rows, sets, strict=True):
        for position, verdict in events:
            db.session.add(ClickEvent(
                delivery_id=row.id, link_position=position, at=now, method="GET", verdict=verdict
            ))
        real = {position for position, verdict in events if verdict is not Verdict.MACHINE}
        signals[row.contact_id] = Signals(clicked=0 in real, form_opened=FORM_POSITION in real)
    db.session.flush()
    found = going.course(db.session, sequence.id, clock.now())
    assert found is not None
    ids = dict(db.session.execute(sa.select(SequenceMember.id, SequenceMember.contact_id)).all())
    for condition in StepCondition:
        said = dict(db.session.execute(going._standing(found, condition)).all())
        taken = {ids[member] for member, reason in said.items() if reason is None}
        assert taken == {contact for contact, known in signals.items() if meets(condition, known)}, condition


def test_the_form_of_a_step_is_noted_when_opened(app, client, make, begin, work, officer, now):
    add_companies(officer.centre_id, 1, now)
    sequence = begin(make((5, StepCondition.FORM_NOT_OPENED)))
    work()
    row = row_of(mailing(sequence, 1), 1)
    path = links.form_url("", app.extensions["outreach"].signer, row.id)
    assert client.get(path).status_code == 200
    db.session.commit()
    assert Intake(app).take_pieces()
    assert db.session.scalars(sa.select(ClickEvent.link_position)).all() == [FORM_POSITION]


def test_a_step_is_not_sent_by_itself(make, begin, officer, approver, setting_now, now):
    add_companies(officer.centre_id, 1, now)
    sequence = make((5, EVERYONE))
    with pytest.raises(Conflict, match="연속 메일의 한 단계"):
        mailings.submit(db.session, actor_of(officer), mailing(sequence, 2), setting_now())
    begin(sequence)
    with pytest.raises(Conflict, match="연속 메일의 한 단계"):
        mailings.unschedule(db.session, actor_of(officer), mailing(sequence, 1), now=now)


def test_an_edit_voids_the_approval_of_the_whole(make, officer, approver, setting_now, now):
    add_companies(officer.centre_id, 1, now)
    sequence, setting = make((5, EVERYONE)), setting_now()
    service.submit(db.session, actor_of(officer), sequence, setting)
    seen = service.check(db.session, sequence, setting)
    service.approve(
        db.session, approver.scope(), actor_of(approver), sequence, setting, content_hash=seen.content_hash
    )
    assert service.standing(sequence) is SequenceState.APPROVED
    mailings.edit(db.session, actor_of(officer), mailing(sequence, 2), {"subject": "다른 제목"}, version=None, now=now)
    assert service.standing(sequence) is SequenceState.DRAFT
    with pytest.raises(Conflict):
        service.start(db.session, actor_of(officer), sequence, now, now=now, smtp_ready=True)
    service.submit(db.session, actor_of(officer), sequence, setting)
    assert service.standing(sequence) is SequenceState.REVIEW
    assert service.check(db.session, sequence, setting).content_hash != seen.content_hash


def test_steps_come_and_go_before_the_start(make, officer, now):
    sequence = make((5, EVERYONE), (7, StepCondition.CLICKED), (9, EVERYONE))
    with pytest.raises(Conflict, match="4단계까지"):
        service.add_step(db.session, actor_of(officer), sequence, now=now)
    service.remove_step(db.session, actor_of(officer), sequence, 2, now=now)
    db.session.commit()
    db.session.expire_all()
    assert [(step.position, step.wait, step.mailing.step) for step in sequence.steps] == [
        (1, 5, 1), (2, 7, 2), (3, 9, 3),
    ]


@pytest.mark.slow
def test_workers_killed_within_a_round_repeat_and_lose_nothing(app, tmp_path, make, begin, server, officer, now):
    """Real workers, killed while they write the second step down for everyone and send it."""
    add_companies(officer.centre_id, 400, now, address=lambda n: f"person{n}@c{n % 20}.example")
    sequence = begin(make((5, EVERYONE)))
    first, second = (step.mailing_id for step in sequence.steps)
    due = datetime.now(UTC) - timedelta(days=5, minutes=5)  # real workers live in the real present
    db.session.execute(sa.update(Delivery).where(Delivery.mailing_id == first).values(
        state=DeliveryState.ACCEPTED, done_at=due
    ))
    db.session.execute(sa.update(Mailing).where(Mailing.id == first).values(
        state=MailingState.FINISHED, started_at=due, finished_at=due
    ))
    db.session.commit()
    chance = random.Random(20261128)
    for wanted in (1, 60 + chance.randrange(60), 250 + chance.randrange(60), None):
        role = ("worker", "--only", "mailings", "--only", "sequences")
        worker = start_role(tmp_path, db.engine.url.render_as_string(False), server.url, *role)
        try:
            wait_until(lambda n=wanted: len(server.messages) >= n if n else all_sent(second, 400))
        finally:
            worker.kill()
            worker.wait()
    got = Counter(server.recipients)
    assert [address for address, number in got.items() if number > 1] == []
    db.session.expire_all()
    rows = db.session.scalars(sa.select(Delivery).where(Delivery.mailing_id == second)).all()
    assert len(rows) == 400
    sure = [row for row in rows if row.state is not DeliveryState.IN_DOUBT]
    assert [row.address for row in sure if row.state is not DeliveryState.ACCEPTED or row.address not in got] == []
    assert len(rows) - len(sure) <= 3 * CONNECTIONS
