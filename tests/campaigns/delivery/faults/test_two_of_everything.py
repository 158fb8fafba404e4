"""Two clocks and four workers at once, as after a careless deployment: every mail leaves once."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from campaigns.delivery import service
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.clock import SystemClock
from outreach.db import db, reading
from tests.campaigns.delivery.conftest import actor_of, add_companies
from tests.roles import start_role
from tests.smtp_server import SmtpServer

RECIPIENTS = 1_000


def _state(mailing_id: int) -> MailingState:
    """The state as it stands in the database; looks without keeping anyone from writing."""
    with reading():
        state = db.session.scalar(sa.select(Mailing.state).where(Mailing.id == mailing_id))
        db.session.rollback()
    return state


@pytest.mark.slow
def test_two_clocks_and_four_workers_send_once(app, tmp_path, draft, officer, approver, approve, now):
    add_companies(officer.centre_id, RECIPIENTS, now, address=lambda n: f"p{n}@c{n % 50}.example")
    approve(draft)
    due = SystemClock().now() + timedelta(seconds=1)
    mailings.schedule(db.session, actor_of(approver), draft, due, now=due, smtp_ready=True)
    db.session.commit()
    mailing_id = draft.id
    roles = [("clock",), ("clock",), *[("worker", "--only", "mailings")] * 4]
    with SmtpServer() as server:
        processes = [start_role(tmp_path, str(db.engine.url), server.url, *role) for role in roles]
        try:
            deadline = time.monotonic() + 300
            while _state(mailing_id) is not MailingState.FINISHED and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)
        received = Counter(server.recipients)
    assert _state(mailing_id) is MailingState.FINISHED
    assert len(received) == RECIPIENTS and set(received.values()) == {1}
    assert {state.value: n for state, n in service.statistics(db.session, mailing_id).states.items()} == {
        "accepted": RECIPIENTS
    }
