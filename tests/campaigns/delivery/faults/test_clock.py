"""The clock jumps back and forth by hours while a mailing is being sent: waits shift, nobody is repeated or lost."""

from __future__ import annotations

import random
from datetime import timedelta

from campaigns.delivery import service
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import service as mailings
from outreach.db import db
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.smtp_server import Event, SmtpServer


def test_jumps_between_and_within_batches(sending, closing, clock):
    """Every third recipient is put off at first."""
    under_way, chance, seen = sending(150), random.Random(20261128), set()

    def script(event: Event) -> bytes | None:
        if event.stage == "rcpt":
            clock.at += timedelta(hours=chance.uniform(-9, 9))
            number = int(event.argument.removeprefix("person").partition("@")[0])
            if number % 3 == 0 and number not in seen:
                seen.add(number)
                return b"451 4.7.1 later\r\n"
        return None

    with SmtpServer(script=script) as server:
        engine = closing(under_way.engine(server, connections=3))
        under_way.finish(engine)
        under_way.balances(server)
    assert under_way.states() == {"accepted": 150}
    assert under_way.mailing.state.value == "finished"
    for row in under_way.rows():
        assert row.attempts == (2 if int(row.address[6:].partition("@")[0]) % 3 == 0 else 1)


def test_a_clock_set_back_does_not_lose_a_retry(sending, closing, clock):
    """Put off while the clock was five hours ahead: the wait is longer, and then it ends."""
    under_way, right = sending(1), clock.at
    clock.at = right + timedelta(hours=5)
    with SmtpServer(script=lambda event: b"451 4.3.0 later\r\n" if event.stage == "rcpt" else None) as server:
        engine = closing(under_way.engine(server))
        under_way.work(engine)
        due = under_way.row(1).next_try_at
        clock.at = right
        server.script = lambda event: None
        under_way.work(engine)
        assert under_way.states() == {"deferred": 1} and server.messages == []
        clock.at = due
        under_way.work(engine)
        under_way.balances(server)
    assert under_way.states() == {"accepted": 1} and under_way.row(1).attempts == 2


def test_a_clock_set_back_starts_nothing_twice(draft, officer, approver, approve, clock, now):
    """Started at ten, set back to nine: at ten it is not started again; what is due at eleven stays due at eleven."""
    add_companies(officer.centre_id, 3, now)
    approve(draft)
    mailings.schedule(db.session, actor_of(approver), draft, now, now=now, smtp_ready=True)
    assert service.start_due(db.session, now=clock.now()) == {"started": 1, "overdue": 0}
    clock.advance(hours=-1)
    assert service.start_due(db.session, now=clock.now()) == {"started": 0, "overdue": 0}
    clock.advance(hours=1)
    assert service.start_due(db.session, now=clock.now()) == {"started": 0, "overdue": 0}
    assert service.statistics(db.session, draft.id)[DeliveryState.QUEUED] == 3
