"""Killed with SIGKILL a hundred times at random points of a 10,000-recipient sending: nobody gets the mail twice,
nobody is forgotten, and what nobody can know is listed for a person, whose decision is on record."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
import sqlalchemy as sa

from campaigns.delivery import service
from campaigns.delivery.engine import CONNECTIONS
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.audit import service as audit
from outreach.db import db, reading
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.nursery import nursery
from tests.smtp_server import Event, SmtpServer

#: Recipients and kills. PostgreSQL takes the same path and is asked for less, as every run asks both.
EXTENT = {"sqlite": (10_000, 100), "postgresql": (1_500, 15)}
PATIENCE = 300  # seconds until a test that will not end is given up


def finished(mailing_id: int) -> bool:
    """Looks without keeping the worker from writing."""
    with reading():
        state = db.session.scalar(sa.select(Mailing.state).where(Mailing.id == mailing_id))
        db.session.rollback()
    return state is MailingState.FINISHED


def await_end(mailing_id: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not finished(mailing_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert finished(mailing_id)


class Rationed:
    """The script of a server that takes only so many messages until it is given more: however slow the machine, a
    worker does not get to the end before it is killed."""

    def __init__(self) -> None:
        self.server: SmtpServer | None = None
        self.ration = 0

    def __call__(self, event: Event) -> None:
        while event.stage == "dot" and self.server is not None and len(self.server.messages) >= self.ration:
            time.sleep(0.002)


@pytest.mark.slow
def test_killed_a_hundred_times(app, tmp_path, draft, officer, approver, approve, start, now):
    recipients, kills = EXTENT[db.engine.dialect.name]
    add_companies(officer.centre_id, recipients, now, address=lambda n: f"p{n}@c{n % 50}.example")
    start(approve(draft))
    mailing_id, chance, script = draft.id, random.Random(20261123), Rationed()
    to_come = recipients - kills * CONNECTIONS  # as many may be in doubt without having arrived
    db.session.commit()  # or the workers wait for the write lock
    with SmtpServer(script=script) as server, nursery(str(db.engine.url), tmp_path, server.url) as workers:
        script.server = server
        for left in range(kills, 0, -1):
            before = len(server.messages)
            share = (to_come - before) // left - CONNECTIONS
            script.ration = before + share
            worker = workers.start()
            await_messages(server, before + chance.randrange(1, share))
            time.sleep(chance.random() / 50)  # else each would fall right behind a final dot
            workers.kill(worker)
        assert not finished(mailing_id)
        script.server = None
        worker = workers.start()
        await_end(mailing_id)
        workers.stop(worker)
        received = Counter(server.recipients)

        rows = db.session.scalars(sa.select(Delivery).where(Delivery.mailing_id == mailing_id)).all()
        in_doubt = [row for row in rows if row.state is DeliveryState.IN_DOUBT]
        accepted = {row.address for row in rows if row.state is DeliveryState.ACCEPTED}
        doubtful = {row.address for row in in_doubt}
        assert [address for address, number in received.items() if number > 1] == [], "repeated"
        assert len(rows) == len(accepted) + len(doubtful) == recipients, "lost"
        assert accepted <= received.keys() <= accepted | doubtful, "lost"
        assert len(in_doubt) <= kills * CONNECTIONS
        assert {row.id for row in service.doubts(db.session, mailing_id)} == {row.id for row in in_doubt}
        assert list((tmp_path / "journal").iterdir()) == []
        print(f"kills {kills}, received {sum(received.values())}, in doubt {len(in_doubt)}")
        db.session.commit()

        decided(workers, draft, approver, [row.id for row in in_doubt], received, server, now)


def await_messages(server: SmtpServer, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(server.messages) < wanted and time.monotonic() < deadline:
        time.sleep(0.001)


def decided(workers, mailing, approver, doubts, received, server, now) -> None:
    """A person has half of them sent again and leaves the others: exactly that happens, and is on record."""
    again, left = doubts[::2], doubts[1::2]
    assert again, "a hundred kills without a doubt: the test does not test"
    for chosen, resend in ((again, True), (left, False)):
        assert service.decide(db.session, actor_of(approver), mailing, chosen, resend=resend, now=now) == len(chosen)
    addresses = {row.address for row in db.session.scalars(sa.select(Delivery).where(Delivery.id.in_(again)))}
    db.session.commit()
    worker = workers.start()
    await_end(mailing.id)
    workers.stop(worker)
    assert Counter(server.recipients) == received + Counter(addresses)
    assert service.doubts(db.session, mailing.id) == []
    for chosen, action in ((again, "resend"), (left, "leave")):
        for number in chosen:
            record = audit.history(db.session, "delivery", number)[0]
            assert (record.action, record.user_id) == (action, approver.id)
