"""Limits by domain, server and altogether, shared by all workers; domains that are left alone for a while."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import service
from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery, DomainRest, LimitKind, SendingLane, SendingLimit
from campaigns.delivery.pace import FIRST_REST, LONGEST_REST, PROBES, STORM, Rate, rest_for
from campaigns.delivery.queue import Claimed
from campaigns.delivery.rules import DeliveryState
from campaigns.delivery.supply import Lane, Supply
from campaigns.mailings.rules import MailingState
from outreach.clock import SystemClock
from outreach.db import db, reading
from tests.campaigns.delivery.conftest import add_companies
from tests.roles import start_role
from tests.smtp_server import Event, SmtpServer


@pytest.fixture
def make_engine(app, server):
    made = []

    def make(*, url: str | None = None, connections: int = 3) -> Engine:
        outreach = app.extensions["outreach"]
        outreach.settings = replace(outreach.settings, smtp_url=url or server.url)
        made.append(Engine(app, connections=connections))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


def limit(kind: LimitKind, domains: tuple[str, ...] = (), **values) -> None:
    """Set a limit, and take those that ship with the program away."""
    db.session.execute(sa.delete(SendingLimit))
    db.session.add(SendingLimit(kind=kind, name=kind.value, domains=list(domains), **values))
    db.session.flush()


def unlimited() -> None:
    db.session.execute(sa.delete(SendingLimit))


def run(*engines: Engine) -> None:
    """Let the engines take turns until none has anything to do."""
    db.session.commit()
    for engine in engines:
        engine._asleep.clear()
        engine._rests_until = 0.0
    for _ in range(300):
        if not sum(engine.step() for engine in engines):
            break
    db.session.expire_all()


def sent_to(server: SmtpServer) -> Counter[str]:
    return Counter(address.rpartition("@")[2] for address in server.recipients)


def by_domain(domain: str) -> dict[str, int]:
    with reading():
        query = sa.select(Delivery.state, sa.func.count()).where(Delivery.domain == domain).group_by(Delivery.state)
        found = {state.value: number for state, number in db.session.execute(query)}
        db.session.rollback()
    return found


def address(n: int) -> str:
    """The first 60 at naver.com, the others at companies."""
    return f"p{n}@naver.com" if n <= 60 else f"p{n}@company{n}.example"


@pytest.fixture
def mailing(draft, officer, approve, start, now):
    add_companies(officer.centre_id, 100, now, address=address)
    return start(approve(draft))


# -- the rules


@pytest.mark.parametrize("amount, window", [(1, 60), (7, 60), (10, 1), (600, 60), (5000, 3600)])
def test_no_window_sees_more_than_the_limit(amount, window):
    """Takers that come at any time and take what they can."""
    rate, rng = Rate(amount, window), random.Random(amount)
    at, tokens, taken = datetime(2026, 1, 1, tzinfo=UTC), float(Rate(amount, window).depth), []
    for _ in range(1500):
        later = at + timedelta(seconds=rng.expovariate(40 / window))
        leave = rate.leave(tokens, at, later)
        taken += [later] * int(leave)
        tokens, at = leave - int(leave), later
    span = timedelta(seconds=window)
    first = 0
    for last, moment in enumerate(taken):
        while moment - taken[first] >= span:
            first += 1
        assert last - first + 1 <= amount
    assert len(taken) >= 0.7 * amount * (taken[-1] - taken[0]) / span


def test_a_clock_that_is_set_back_gives_no_leave():
    rate, now = Rate(60), datetime(2026, 1, 1, tzinfo=UTC)
    assert rate.leave(0.5, now, now - timedelta(hours=1)) == 0.5
    assert rate.seconds_until_one(0.5) == pytest.approx(0.5 / rate.per_second)


def test_rests_double_up_to_an_hour():
    assert [rest_for(n) for n in (1, 2, 3)] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rest_for(7) == rest_for(1000) == LONGEST_REST


def test_a_lane_holds_no_more_than_it_may_and_lets_others_pass():
    rows = [Claimed(n, "", "", "naver.com" if n < 6 else "company.example", {}, 1) for n in range(9)]
    supply = Supply(rows, {"naver.com": Lane("group:1", 2)}, ())
    taken = iter(supply)
    begun = [next(taken) for _ in range(6)]
    assert [row and row.id for row in begun] == [0, 1, 6, 7, 8, None]
    supply.done(1)
    assert [row and row.id for row in (next(taken), next(taken))] == [2, None]
    for number in (0, 2):
        supply.done(number)
    rest = [next(taken).id, next(taken).id]
    supply.done(rest[0])
    assert [*rest, next(taken).id] == [3, 4, 5] and list(taken) == []


# -- limits


def test_a_domain_at_its_limit_waits_and_holds_up_nobody(server, make_engine, mailing, clock):
    limit(LimitKind.DOMAINS, ("naver.com", "naver.example"), amount=20, window=3600)
    engine = make_engine()
    run(engine)
    assert sent_to(server)["naver.com"] == 2 and len(server.recipients) == 42
    assert by_domain("naver.com") == {"accepted": 2, "queued": 58}
    assert engine.held_up > 0
    clock.advance(hours=1)
    run(engine)
    assert sent_to(server)["naver.com"] == 4  # never more at once than a tenth
    unlimited()
    run(engine)
    assert sent_to(server)["naver.com"] == 60 and len(set(server.recipients)) == 100
    assert mailing.state is MailingState.FINISHED


def test_two_workers_share_a_limit(server, make_engine, mailing):
    limit(LimitKind.DOMAINS, ("naver.com",), amount=60, window=3600)
    run(make_engine(), make_engine())
    assert sent_to(server)["naver.com"] == 6 and len(server.recipients) == len(set(server.recipients)) == 46


def test_all_mails_share_the_limit_of_everything(server, make_engine, mailing, clock):
    limit(LimitKind.ALL, amount=100, window=60)
    engines = make_engine(), make_engine()
    run(*engines)
    assert len(server.recipients) == 10
    clock.advance(minutes=1)
    run(*engines)
    assert len(server.recipients) == 20


def test_each_other_domain_has_a_limit_of_its_own(server, make_engine, draft, officer, approve, start, now):
    add_companies(officer.centre_id, 60, now, address=lambda n: f"p{n}@company{n % 3}.example")
    start(approve(draft))
    limit(LimitKind.OTHERS, amount=50, window=3600)
    run(make_engine())
    assert set(sent_to(server).values()) == {5} and len(sent_to(server)) == 3


def test_a_server_has_a_limit_of_its_own(server, make_engine, mailing):
    unlimited()
    with SmtpServer() as other:
        run(make_engine(url=f"{server.url}?rate=50/h {other.url}?rate=200/h"))
        assert (len(server.recipients), len(other.recipients)) == (5, 20)


def test_no_more_of_a_domain_are_under_way_than_may_be(server, make_engine, mailing):
    """The first message opens the way for the other connections; from the second on each waits for a companion."""
    limit(LimitKind.DOMAINS, ("naver.com",), abreast=2)
    lock, two, under_way, most = threading.Lock(), threading.Event(), [0], [0]

    def script(event: Event) -> None:
        if not event.argument.endswith("@naver.com"):
            return
        if event.stage == "rcpt":
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
                if under_way[0] == 2:
                    two.set()
        if event.stage == "dot":
            if server.messages:
                two.wait(30)
            with lock:
                under_way[0] -= 1

    server.script = script
    run(make_engine(connections=8))
    assert most[0] == 2 and two.is_set()
    assert len(server.recipients) == len(set(server.recipients)) == 100
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SendingLane)) == 0


def test_what_another_worker_has_under_way_counts(server, make_engine, mailing, now):
    limit(LimitKind.DOMAINS, ("naver.com",), abreast=2)
    row = db.session.scalar(sa.select(SendingLimit))
    db.session.add(SendingLane(key=f"group:{row.id}", worker="elsewhere", abreast=2, until=now + timedelta(minutes=1)))
    engine = make_engine()
    run(engine)
    assert sent_to(server)["naver.com"] == 0 and len(server.recipients) == 40
    db.session.execute(sa.update(SendingLane).values(until=now - timedelta(seconds=1)))
    run(engine)
    assert sent_to(server)["naver.com"] == 60


@pytest.mark.slow
def test_two_processes_keep_a_limit_together(server, tmp_path, app, mailing):
    limit(LimitKind.DOMAINS, ("naver.com",), amount=60, window=3600)
    db.session.commit()
    began = SystemClock().now()
    workers = [start_role(tmp_path, str(db.engine.url), server.url, "worker", "--only", "mailings") for _ in range(2)]
    try:
        deadline = time.monotonic() + 120
        while sum(sent_to(server).values()) - sent_to(server)["naver.com"] < 40 and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(30)
    hours = (SystemClock().now() - began) / timedelta(hours=1)
    assert len(server.recipients) == len(set(server.recipients))
    assert 1 <= sent_to(server)["naver.com"] <= 6 + Rate(60, 3600).per_second * 3600 * hours
    assert by_domain("naver.com").get("claimed", 0) == 0


# -- domains that put off


def answer_to(domain: str, reply: bytes):
    def script(event: Event) -> bytes | None:
        return reply if event.stage == "rcpt" and event.argument.endswith(f"@{domain}") else None

    return script


@pytest.mark.parametrize("reply", [b"450 4.7.28 too many messages\r\n", b"421 4.7.0 try again later\r\n"])
def test_a_domain_that_puts_off_is_left_alone_and_no_tries_are_burnt(server, make_engine, mailing, clock, reply):
    unlimited()
    server.script = answer_to("naver.com", reply)
    engine = make_engine()
    run(engine)
    rest = db.session.get(DomainRest, "naver.com")
    assert rest.strikes == 1 and rest.until == clock.now() + FIRST_REST and "4.7" in rest.reply
    assert len(server.recipients) == 40 and mailing.state is MailingState.SENDING
    tried = db.session.scalar(sa.select(sa.func.sum(Delivery.attempts)).where(Delivery.domain == "naver.com"))
    assert tried <= STORM + 2 * 3  # what was under way, at three connections

    clock.advance(minutes=1)
    run(engine)
    db.session.refresh(rest)
    assert rest.strikes == 2 and rest.until == clock.now() + 2 * FIRST_REST
    again = db.session.scalar(sa.select(sa.func.sum(Delivery.attempts)).where(Delivery.domain == "naver.com"))
    assert again - tried <= PROBES

    server.script = lambda event: None
    clock.advance(minutes=2)
    for _ in range(60):
        run(engine)
        clock.advance(minutes=10)
    assert db.session.get(DomainRest, "naver.com") is None
    assert len(server.recipients) == len(set(server.recipients)) == 100
    assert mailing.state is MailingState.FINISHED


def test_what_is_due_again_waits_for_its_domain(server, make_engine, mailing, clock, now):
    """Without a try, and without standing in front of others that are due."""
    unlimited()
    db.session.execute(
        sa.update(Delivery).values(state=DeliveryState.DEFERRED, attempts=1, next_try_at=now - timedelta(minutes=1))
    )
    until = now + timedelta(minutes=30)
    db.session.add(DomainRest(domain="naver.com", strikes=5, since=now, until=until))
    engine = make_engine()
    for server_batch in engine._servers:
        server_batch.batch = 10
    run(engine)
    assert sent_to(server)["naver.com"] == 0 and len(server.recipients) == 40
    waiting = sa.select(Delivery.next_try_at, Delivery.attempts).where(Delivery.domain == "naver.com")
    assert set(db.session.execute(waiting).all()) == {(until, 1)}


def test_one_greylisted_message_is_no_storm(server, make_engine, mailing):
    unlimited()
    server.script = answer_to("naver.com", b"451 4.7.1 greylisted, come back later\r\n")
    run(make_engine())
    assert by_domain("naver.com") == {"deferred": 60}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DomainRest)) == 0


def test_every_recipient_knows_its_domain(mailing):
    domains = db.session.scalars(sa.select(Delivery.domain).order_by(Delivery.id)).all()
    assert domains[0] == "naver.com" and domains[-1] == "company100.example"
    assert service.statistics(db.session, mailing.id).total == 100
