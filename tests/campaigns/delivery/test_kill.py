"""Killed with SIGKILL at random points of a 5,000-recipient sending, and started again, many times: nobody
gets the mail twice, nobody is forgotten, and what nobody can know is listed for a person."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from campaigns.delivery import service
from campaigns.delivery.engine import CONNECTIONS
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from outreach.db import db
from tests.campaigns.delivery.conftest import add_companies
from tests.roles import start_role
from tests.smtp_server import SmtpServer

RECIPIENTS = 5_000
KILLS = {"sqlite": 22, "postgresql": 6}


def finished(mailing_id: int) -> bool:
    """Nothing left for the engine. Ends its transaction, so as not to stand in the worker's way."""
    found = service.statistics(db.session, mailing_id)
    db.session.rollback()
    return found.done == found.total


@pytest.mark.slow
def test_killed_at_random_points(app, tmp_path, draft, officer, approve, start, now):
    add_companies(officer.centre_id, RECIPIENTS, now, address=lambda n: f"p{n}@c{n % 50}.example")
    start(approve(draft))
    mailing_id, url = draft.id, str(db.engine.url)
    chance, kills, wanted_kills = random.Random(20261123), 0, KILLS[db.engine.dialect.name]
    with SmtpServer() as server:
        while not finished(mailing_id):
            before = len(server.messages)
            worker = start_role(tmp_path, url, server.url, "worker", "--only", "mailings")
            if kills < wanted_kills:
                # every kill falls into the sending: after a random number of new messages
                wanted = before + chance.randrange(1, RECIPIENTS // wanted_kills - 20)
                while len(server.messages) < wanted and worker.poll() is None:
                    time.sleep(0.001)
                worker.kill()
                worker.wait()
                kills += 1
            else:
                deadline = time.monotonic() + 120
                while not finished(mailing_id) and time.monotonic() < deadline:
                    time.sleep(0.05)
                worker.terminate()
                worker.wait()
        received = Counter(server.recipients)
    assert kills == wanted_kills
    rows = {row.address: row for row in db.session.query(Delivery).filter_by(mailing_id=mailing_id)}
    assert len(rows) == RECIPIENTS
    twice = [address for address, number in received.items() if number > 1]
    assert twice == []
    lost = [
        address for address, row in rows.items()
        if row.state is not DeliveryState.IN_DOUBT
        and (row.state is not DeliveryState.ACCEPTED or address not in received)
    ]
    assert lost == []
    in_doubt = [row for row in rows.values() if row.state is DeliveryState.IN_DOUBT]
    assert len(in_doubt) <= kills * CONNECTIONS
    assert {row.id for row in service.doubts(db.session, mailing_id)} == {row.id for row in in_doubt}
    assert list((tmp_path / "journal").iterdir()) == []
    print(f"kills {kills}, received {sum(received.values())}, in doubt {len(in_doubt)}")

