"""What could not be delivered, and trying it again: only where it may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import dead_letters
from campaigns.delivery.dead_letters import Asked, Fate
from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery, DomainRest
from campaigns.delivery.retry import Trouble
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import service as mailings
from campaigns.mailings.rules import MailingState
from outreach.audit.models import AccessRecord, ChangeRecord
from outreach.companies.consent import lift, suppress
from outreach.companies.models import Contact, SuppressionReason
from outreach.db import db
from outreach.scope import Role
from tests.api.calling import program_of
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.people import make_user, sign_in
from tests.smtp_server import Event, SmtpServer

REPLIES = {
    1: b"550 5.1.1 no such user\r\n", 2: b"550 5.1.1 no such user\r\n", 3: b"550 5.7.1 blocked\r\n",
    4: b"550 5.7.1 blocked\r\n", 5: b"552 5.3.4 too big\r\n", 6: b"550 5.7.1 blocked\r\n",
}


@pytest.fixture
def server():
    def refuse(event: Event) -> bytes | None:
        number = event.argument.partition("@")[0].removeprefix("person")
        return REPLIES.get(int(number)) if event.stage == "rcpt" and number.isdigit() else None

    with SmtpServer(refuse) as server:
        yield server


@pytest.fixture
def run(app, server):
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url=server.url)
    engine = Engine(app, connections=2)

    def act() -> None:
        db.session.commit()
        while engine.step():
            pass
        db.session.expire_all()

    yield act
    engine.close()


@pytest.fixture
def mailing(draft, officer, approve, start, run, now):
    """Six of eight recipients were refused."""
    add_companies(officer.centre_id, 8, now)
    draft.refusal_percent = 100
    start(approve(draft))
    run()
    assert draft.state is MailingState.FINISHED
    return draft


@pytest.fixture
def manager(approver):
    return approver


def row_of(number: int) -> Delivery:
    return db.session.scalars(
        sa.select(Delivery).join(Contact, Contact.id == Delivery.contact_id).where(Contact.name == f"김담당{number}")
    ).one()


def contact_of(number: int) -> Contact:
    return db.session.scalars(sa.select(Contact).where(Contact.name == f"김담당{number}")).one()


def test_reasons_are_counted_and_the_list_is_narrowed(mailing, manager):
    found = dead_letters.overview(db.session, manager.scope(), Asked())
    assert dict(found.troubles) == {Trouble.POLICY: 3, Trouble.UNKNOWN_USER: 2, Trouble.MESSAGE: 1}
    assert found.total == 6 and sum(number for _, number in found.domains) == 6
    assert found.mailings == [(mailing.id, mailing.title, 6)]
    asked = Asked(trouble=Trouble.POLICY, domain="company3.example")
    assert [row.id for row, _ in db.session.execute(dead_letters.listing(manager.scope(), asked))] == [row_of(3).id]


def test_only_those_who_may_be_are_tried_again(server, mailing, manager, run, now):
    """1: unknown; 2: unknown, corrected since; 3: blocked; 4: opted out since; 5: too big; 6: person deleted."""
    corrected = contact_of(2)
    corrected.email = corrected.address_key = "right@company2.example"
    suppress(db.session, "person4@company4.example", SuppressionReason.UNSUBSCRIBED, "test", now)
    db.session.delete(contact_of(6))
    db.session.flush()
    scope, actor = manager.scope(), actor_of(manager)
    plan = dead_letters.plan(db.session, scope, Asked())
    assert plan.fates == {Fate.UNKNOWN: 1, Fate.CORRECTED: 1, Fate.AGAIN: 2, Fate.SUPPRESSED: 1, Fate.GONE: 1}
    assert plan.tried == 3
    server.script = lambda event: None
    assert dead_letters.retry(db.session, scope, actor, Asked(), now=now) == 3
    assert dead_letters.retry(db.session, scope, actor, Asked(), now=now) == 0
    assert mailing.state is MailingState.SENDING
    before = set(server.recipients)
    run()
    assert set(server.recipients) - before == {
        "right@company2.example", "person3@company3.example", "person5@company5.example",
    }
    assert mailing.state is MailingState.FINISHED
    told = db.session.scalars(sa.select(ChangeRecord).where(ChangeRecord.action == "retry")).all()
    assert len(told) == 3 and {record.user_email for record in told} == {manager.email}
    assert row_of(2).domain == "company2.example" and row_of(2).attempts == 1


def test_a_known_address_that_is_unknown_to_the_server_waits_for_its_correction(mailing, manager, now):
    """Also when someone has lifted the suppression."""
    lift(db.session, "person1@company1.example", "확인", actor=actor_of(manager), now=now)
    asked = Asked(ids=[row_of(1).id])
    assert dead_letters.plan(db.session, manager.scope(), asked).fates == {Fate.UNKNOWN: 1}
    assert dead_letters.retry(db.session, manager.scope(), actor_of(manager), asked, now=now) == 0


def test_a_corrected_address_gets_a_mailing_once(mailing, manager, now):
    """Two people corrected to one address, and one to an address that had the mailing."""
    for number, address in ((1, "new@company.example"), (2, "new@company.example"), (3, "person7@company0.example")):
        contact = contact_of(number)
        contact.email = contact.address_key = address
    db.session.flush()
    scope, actor = manager.scope(), actor_of(manager)
    asked = Asked(ids=[row_of(number).id for number in (1, 2, 3)])
    assert dead_letters.plan(db.session, scope, asked).fates == {Fate.CORRECTED: 2, Fate.TAKEN: 1}
    assert dead_letters.retry(db.session, scope, actor, asked, now=now) == 1
    assert dead_letters.plan(db.session, scope, asked).fates == {Fate.TAKEN: 2}


def test_a_cancelled_mailing_stays_as_it_is(mailing, manager, now):
    mailing.state = MailingState.SENDING
    mailings.cancel(db.session, actor_of(manager), mailing, now=now)
    assert dead_letters.plan(db.session, manager.scope(), Asked()).fates == {Fate.CLOSED: 6}


def test_others_neither_see_nor_act(mailing, officer, now):
    stranger, planner = make_user(Role.CENTRE_MANAGER), make_user(Role.PLANNER, centre=officer.centre)
    assert dead_letters.overview(db.session, stranger.scope(), Asked()).total == 0
    assert dead_letters.overview(db.session, planner.scope(), Asked()).total == 6
    for person in (stranger, planner):
        assert dead_letters.plan(db.session, person.scope(), Asked()).fates == {}
        assert dead_letters.retry(db.session, person.scope(), actor_of(person), Asked(), now=now) == 0


def test_of_a_nationwide_mailing_only_the_own_recipients_are_seen(mailing, officer, now):
    mailing.campaign.centre_id = None
    stranger = make_user(Role.CENTRE_MANAGER)
    db.session.flush()
    assert dead_letters.overview(db.session, officer.scope(), Asked()).total == 6
    assert dead_letters.overview(db.session, stranger.scope(), Asked()).total == 0
    assert dead_letters.plan(db.session, officer.scope(), Asked()).fates == {}


# -- pages


def test_the_page_lists_confirms_with_numbers_and_tries_again(app, mailing, manager):
    client = sign_in(app.test_client(), manager)
    page = client.get("/dead-letters/").text
    assert "person3@company3.example" in page and "받는 쪽 정책으로 차단" in page and "blocked" in page
    seen = db.session.scalars(sa.select(AccessRecord).order_by(AccessRecord.id.desc())).first()
    assert seen.subject_count == 6
    narrowed = client.get("/dead-letters/?trouble=policy").text
    assert "person3@company3.example" in narrowed and "person5@company5.example" not in narrowed
    asking = client.get("/dead-letters/retry?trouble=policy").text
    assert "3명에게 다시 보내기" in asking
    done = client.post("/dead-letters/retry", data={"trouble": "policy"}, follow_redirects=True)
    assert "3명에게 다시 보냅니다" in done.text
    db.session.expire_all()
    assert row_of(3).state is DeliveryState.QUEUED and row_of(5).state is DeliveryState.REFUSED


def test_chosen_ones_only_and_none_chosen_is_told(app, mailing, manager):
    client, row = sign_in(app.test_client(), manager), row_of(3)
    assert "하나 이상 골라" in client.get("/dead-letters/retry?chosen=1", follow_redirects=True).text
    assert "1명에게 다시 보내기" in client.get(f"/dead-letters/retry?chosen=1&delivery={row.id}").text
    client.post("/dead-letters/retry", data={"delivery": [str(row.id)]})
    db.session.expire_all()
    states = db.session.scalars(sa.select(Delivery.state).order_by(Delivery.id)).all()
    assert states.count(DeliveryState.QUEUED) == 1 and row_of(3).state is DeliveryState.QUEUED


def test_a_planner_looks_and_does_not_act(app, mailing, officer):
    client = sign_in(app.test_client(), make_user(Role.PLANNER, centre=officer.centre))
    page = client.get("/dead-letters/").text
    assert "person3@company3.example" in page and "다시 시도</button>" not in page
    assert client.get("/dead-letters/retry").status_code == client.post("/dead-letters/retry").status_code == 403


def test_nothing_undelivered_says_so(app, manager):
    assert "보내지 못한 메일이 없습니다." in sign_in(app.test_client(), manager).get("/dead-letters/").text


def test_the_mailings_page_names_reasons_and_a_share_of_its_own(app, mailing, manager):
    client = sign_in(app.test_client(), manager)
    page = client.get(f"/mailings/{mailing.id}/").text
    assert "거부된 까닭" in page and f"/dead-letters/?mailing={mailing.id}" in page
    mailing.state = MailingState.PAUSED
    db.session.commit()
    saved = client.post(f"/mailings/{mailing.id}/refusal-limit", data={"percent": "12"}, follow_redirects=True)
    assert 'value="12"' in saved.text
    assert "1부터 100까지" in client.post(
        f"/mailings/{mailing.id}/refusal-limit", data={"percent": "0"}, follow_redirects=True
    ).text
    db.session.expire_all()
    assert mailing.refusal_percent == 12


def test_the_mailings_page_says_which_domains_it_leaves_alone(app, mailing, manager, now):
    waiting = row_of(3)
    waiting.state, mailing.state = DeliveryState.QUEUED, MailingState.SENDING
    for domain in ("company3.example", "elsewhere.example"):
        db.session.add(DomainRest(domain=domain, strikes=1, since=now, until=now + timedelta(minutes=4)))
    db.session.commit()
    page = sign_in(app.test_client(), manager).get(f"/mailings/{mailing.id}/").text
    assert "company3.example" in page and "10:04까지" in page and "elsewhere.example" not in page


# -- API and command


def test_the_api_lists_and_tries_again(app, mailing, manager):
    program = program_of(app.test_client(), manager)
    db.session.commit()
    first = program.get("/dead-letters", trouble="policy", limit=2).json
    assert [item["trouble"] for item in first["items"]] == ["policy", "policy"] and first["next_cursor"]
    plan = program.post("/dead-letters/retry", {"dry_run": True}).json
    assert plan == {"fates": {"again": 4, "unknown": 2}, "tried": 4}
    assert program.post("/dead-letters/retry", {"trouble": "message"}).json["tried"] == 1
    db.session.expire_all()
    assert row_of(5).state is DeliveryState.QUEUED and row_of(3).state is DeliveryState.REFUSED


def test_the_command_counts_and_tries_again(app, mailing):
    db.session.commit()
    runner = app.test_cli_runner()
    counted = runner.invoke(args=["mailings", "undelivered", "--domain", "company3.example"]).output
    assert "받는 쪽 정책으로 차단" in counted and "모두 1명, 다시 보낼 수 있는 수신자 1명" in counted
    done = runner.invoke(args=["mailings", "undelivered", "--mailing", str(mailing.id), "--retry"]).output
    assert "4명을 다시 보낼 차례에 넣었습니다." in done
    db.session.expire_all()
    assert mailing.state is MailingState.SENDING
