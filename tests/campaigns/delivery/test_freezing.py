"""Writing recipients down as a job: only by the worker that holds it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.delivery import jobs
from campaigns.delivery.models import Delivery
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.db import db, unit_of_work
from outreach.jobs import service as queue
from outreach.jobs.runner import JobContext, LostLease
from tests.campaigns.delivery.conftest import actor_of, add_companies


@pytest.fixture
def freezing(draft, officer, approver, setting, now) -> int:
    """The id of a mailing that is approved but has no recipients yet, with its job queued."""
    add_companies(officer.centre_id, 3, now)
    mailings.submit(db.session, actor_of(officer), draft, setting)
    found = mailings.check(db.session, draft, setting)
    mailings.approve(
        db.session, approver.scope(), actor_of(approver), draft, setting, content_hash=found.content_hash
    )
    queue.enqueue(db.session, jobs.FREEZE, {"mailing_id": draft.id}, now=now)
    db.session.commit()
    return draft.id


def taken(app, clock, worker: str) -> JobContext:
    with unit_of_work(db.session) as session:
        job = queue.claim_next(session, worker, now=clock.now())
        return JobContext(app, clock, job.id, worker, None)


def stands(mailing_id: int) -> tuple[MailingState, int]:
    db.session.rollback()
    state = db.session.scalar(sa.select(Mailing.state).where(Mailing.id == mailing_id))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Delivery))
    db.session.rollback()
    return state, count


def test_a_worker_that_was_stopped_too_long_writes_nothing_more(app, clock, freezing):
    first = taken(app, clock, "stopped")
    clock.advance(minutes=3)
    second = taken(app, clock, "other")
    with pytest.raises(LostLease):
        jobs.freeze(first, {"mailing_id": freezing})
    assert stands(freezing) == (MailingState.FREEZING, 0)
    jobs.freeze(second, {"mailing_id": freezing})
    assert stands(freezing) == (MailingState.APPROVED, 3)


def test_a_job_run_once_more_leaves_what_is_written(app, clock, freezing):
    jobs.freeze(taken(app, clock, "dies before it can say so"), {"mailing_id": freezing})
    clock.advance(minutes=3)
    jobs.freeze(taken(app, clock, "other"), {"mailing_id": freezing})
    assert stands(freezing) == (MailingState.APPROVED, 3)
