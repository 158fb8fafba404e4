"""Several workers ask one queue at once: each piece of work is claimed by exactly one. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from campaigns.delivery import queue
from campaigns.delivery.models import Delivery
from campaigns.delivery.recovery import recover
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.planning import service as planning
from outreach.audit.service import Actor
from outreach.clock import FixedClock
from outreach.companies.consent import suppress
from outreach.companies.models import SuppressionReason
from outreach.db import db, unit_of_work
from outreach.jobs import service as jobs
from outreach.mail import outbox
from outreach.scope import Role
from tests.conftest import NOW
from tests.people import make_user

WORKERS, TASKS = 4, 40


def at_once(app: Flask, claim: Callable[[int], list[int]]) -> list[int]:
    """Everything that WORKERS threads claim, each until there is nothing left."""
    claimed: list[int] = []

    def work(number: int) -> None:
        with app.app_context():
            while True:
                with unit_of_work(db.session):
                    found = claim(number)
                if not found:
                    return
                claimed.extend(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return claimed


@pytest.fixture
def mailing(app: Flask) -> Mailing:
    """A mailing being sent, with TASKS recipients in its queue."""
    user = make_user(Role.PROMOTION)
    campaign = planning.create(db.session, user.scope(), Actor(user.id, user.email), {"name": "시험"}, now=NOW)
    mailing = Mailing(
        campaign_id=campaign.id, title="안내", state=MailingState.SENDING, started_at=NOW, created_at=NOW,
        updated_at=NOW,
    )
    db.session.add(mailing)
    db.session.flush()
    for n in range(TASKS):
        db.session.add(Delivery(
            mailing_id=mailing.id, contact_id=n, workplace_id=n, company_id=n, address=f"p{n}@c.example",
            address_key=f"p{n}@c.example", values={"회사명": f"가상{n}"},
        ))
    db.session.commit()
    return mailing


def test_each_recipient_is_claimed_by_one_worker(app: Flask, mailing: Mailing) -> None:
    mailing_id = mailing.id

    def claim(number: int) -> list[int]:
        found = queue.claim(db.session, mailing_id, f"host-{number}", limit=3, now=NOW)
        return [row.id for row in found.claimed]

    claimed = at_once(app, claim)
    assert len(claimed) == len(set(claimed)) == TASKS


def test_a_claim_gives_values_and_skips_the_opted_out(app: Flask, mailing: Mailing) -> None:
    suppress(db.session, "p0@c.example", SuppressionReason.STAFF, "전화", NOW)
    found = queue.claim(db.session, mailing.id, "host-1", limit=TASKS, now=NOW)
    assert (len(found.claimed), found.skipped) == (TASKS - 1, 1)
    assert found.claimed[0].values == {"회사명": "가상1"}


def test_each_job_is_claimed_once(app: Flask) -> None:
    with unit_of_work(db.session) as session:
        wanted = {jobs.enqueue(session, "test", {"n": n}, now=NOW).id for n in range(TASKS)}

    def claim(number: int) -> list[int]:
        job = jobs.claim_next(db.session, f"worker:{number}", now=NOW)
        return [job.id] if job else []

    assert sorted(at_once(app, claim)) == sorted(wanted)


def test_each_notice_is_enqueued_and_claimed_once(app: Flask) -> None:
    def enqueue(_number: int) -> list[int]:
        added = (
            outbox.enqueue(db.session, key=f"n:{n}", to_address="a@b.example", subject="알림", text="…", now=NOW)
            for n in range(TASKS)
        )
        return [1] * sum(added)

    assert len(at_once(app, enqueue)) == TASKS

    def claim(_number: int) -> list[int]:
        message = outbox.claim_next(db.session, now=NOW)
        return [message.id] if message else []

    claimed = at_once(app, claim)
    assert len(claimed) == len(set(claimed)) == TASKS


def test_one_open_job_a_key(app: Flask) -> None:
    together = threading.Barrier(WORKERS)
    asked: set[int] = set()

    def enqueue(_number: int) -> list[int]:
        if threading.get_ident() in asked:
            return []
        asked.add(threading.get_ident())
        together.wait()
        return [jobs.enqueue(db.session, "test", {}, now=NOW, key="import:7").id]

    found = at_once(app, enqueue)
    assert len(found) == WORKERS and len(set(found)) == 1


def test_a_claim_takes_no_more_than_asked(app: Flask, mailing: Mailing) -> None:
    db.session.execute(sa.text("ANALYZE"))  # with real statistics the database chooses another plan
    db.session.commit()
    for left in range(TASKS, 0, -8):
        assert len(queue.claim(db.session, mailing.id, "host-1", limit=8, now=NOW).claimed) == min(8, left)
    assert queue.claim(db.session, mailing.id, "host-1", limit=8, now=NOW).claimed == []


@pytest.mark.parametrize("elsewhere", ["elsewhere-1-ab", "here-2-1-ab", "here-2f9a1c-1-ab"])
def test_rows_of_a_worker_of_another_place_are_left_to_it(
    app: Flask, mailing: Mailing, tmp_path: Path, elsewhere: str
) -> None:
    """Only where the journal lies can anyone tell what had left (docs/decisions/0003-sending-protocol.md), also if
    the other host's name begins with this one's, or it is this host with another data folder."""
    with unit_of_work(db.session) as session:
        queue.claim(session, mailing.id, elsewhere, limit=5, now=NOW)
        queue.claim(session, mailing.id, "here-1-ab", limit=5, now=NOW)
    settled = recover(db.session, tmp_path / "journal", "here", FixedClock(NOW))
    assert settled == {"in_doubt": 5}
    states = sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state)
    assert dict(db.session.execute(states).all()) == {
        DeliveryState.CLAIMED: 5, DeliveryState.IN_DOUBT: 5, DeliveryState.QUEUED: TASKS - 10,
    }
