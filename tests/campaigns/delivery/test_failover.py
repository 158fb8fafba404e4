"""Several real mail servers: shares, and one that dies, hangs up or refuses in the middle. Nothing is lost, and nothing
goes twice because another server takes over."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa

from campaigns.delivery import service
from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery, SendingLimit
from campaigns.mailings.rules import MailingState
from outreach.db import db
from outreach.mail.models import MailServer
from tests.campaigns.delivery.conftest import add_companies
from tests.smtp_server import Act, Event, SmtpServer

RECIPIENTS = 400
CONNECTIONS = 4


@pytest.fixture
def servers():
    with SmtpServer() as first, SmtpServer() as second:
        yield first, second


@pytest.fixture
def make_engine(app):
    made = []

    def make(*urls: str) -> Engine:
        outreach = app.extensions["outreach"]
        outreach.settings = replace(outreach.settings, smtp_url=" ".join(urls))
        made.append(Engine(app, connections=CONNECTIONS))
        for server in made[-1]._servers:
            server.pool.pause = 0.01
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def mailing(draft, officer, approve, start, now):
    db.session.execute(sa.delete(SendingLimit))
    add_companies(officer.centre_id, RECIPIENTS, now)
    return start(approve(draft))


def run(engine: Engine) -> None:
    """As a worker: what rests is asked again, here without waiting for it."""
    db.session.commit()
    for _ in range(200):
        engine._rests_until = 0.0
        if not engine.step() and engine._servers.awake_in == 0:
            break
    db.session.expire_all()


def states(mailing) -> dict[str, int]:
    found = service.statistics(db.session, mailing.id).states
    db.session.commit()
    return {state.value: number for state, number in found.items()}


def test_batches_are_shared_by_weight(servers, make_engine, mailing):
    first, second = servers
    engine = make_engine(f"{first.url}?weight=3", second.url)
    db.session.commit()
    for _ in range(4):
        for server in engine._servers:
            server.batch = 50
        engine.step()
    assert (len(first.messages), len(second.messages)) == (150, 50)


def test_one_of_two_servers_is_killed_in_the_middle(servers, make_engine, mailing):
    """Its sockets are closed under its feet while it takes messages; a message whose content was on its way is in
    doubt, at most one a connection, and is not sent by the other."""
    first, second = servers
    taken = threading.Event()

    def script(event: Event) -> Act | None:
        if event.stage == "dot" and len(first.messages) >= 60:
            taken.set()
        return Act.RESET if taken.is_set() else None

    first.script = script
    engine = make_engine(first.url, second.url)
    run(engine)
    assert taken.is_set()
    received = Counter(first.recipients + second.recipients)
    counts = states(mailing)
    assert set(received.values()) == {1}
    assert 0 <= counts.get("in_doubt", 0) <= CONNECTIONS
    assert counts["accepted"] + counts.get("in_doubt", 0) == RECIPIENTS == sum(counts.values())
    accepted = db.session.scalars(sa.select(Delivery.address).where(Delivery.state == "accepted")).all()
    assert set(accepted) <= set(received) and len(received) >= counts["accepted"]
    assert mailing.state is MailingState.FINISHED and len(first.messages) >= 60 and len(second.messages) > 0
    noted = db.session.get(MailServer, f"127.0.0.1:{first.port}")
    assert noted.failures >= 1 and noted.rests_until is not None


def test_a_server_that_is_gone_is_passed_over_at_once(make_engine, mailing):
    with SmtpServer() as gone:
        url = gone.url
    with SmtpServer() as other:
        engine = make_engine(f"{url}?weight=9", other.url)
        run(engine)
        assert sorted(other.recipients) == sorted(set(other.recipients)) and len(other.recipients) == RECIPIENTS
    assert states(mailing) == {"accepted": RECIPIENTS} and mailing.pause_reason == ""
    assert db.session.scalar(sa.select(sa.func.max(Delivery.attempts))) == 1


@pytest.mark.parametrize("stage, reply", [
    ("banner", b"421 4.3.2 going down\r\n"), ("ehlo", b"550 5.7.1 not you\r\n"), ("mail", b"421 4.7.0 too many\r\n"),
    ("mail", b"451 4.7.0 slow down\r\n"),
])
def test_a_server_that_will_not_have_us_is_set_aside(servers, make_engine, mailing, stage, reply):
    first, second = servers
    first.script = lambda event: reply if event.stage == stage else None
    run(make_engine(first.url, second.url))
    assert first.messages == [] and len(second.recipients) == len(set(second.recipients))
    counts = states(mailing)
    assert counts["accepted"] + counts.get("deferred", 0) == RECIPIENTS and counts["accepted"] >= RECIPIENTS - 40
    assert db.session.get(MailServer, f"127.0.0.1:{first.port}").reason.startswith(reply[:3].decode())


def test_a_server_that_comes_back_gets_its_share_again(servers, make_engine, mailing):
    first, second = servers
    first.script = lambda event: b"421 4.3.2 later\r\n" if event.stage == "banner" else None
    engine = make_engine(first.url, second.url)
    db.session.commit()
    for server in engine._servers:
        server.batch = 50
    engine.step(), engine.step()
    assert first.messages == [] and len(second.messages) > 0
    first.script = lambda event: None
    for server in engine._servers:
        server.rests_until = 0.0
    run(engine)
    assert len(first.messages) > 0 and states(mailing) == {"accepted": RECIPIENTS}
    db.session.expire_all()
    assert db.session.get(MailServer, f"127.0.0.1:{first.port}").failures == 0
