"""Enqueueing, claiming and finishing jobs. A job row is added in the unit of work it belongs to, so
it exists exactly if that unit was committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from outreach.jobs.dispatch import announce
from outreach.jobs.models import Job, JobState

SOURCE = "jobs"  # of work, for the dispatcher
LEASE = timedelta(minutes=2)
RETRY_AFTER = timedelta(seconds=30)


def enqueue(
    session: Session, kind: str, payload: Mapping[str, Any], *, now: datetime, key: str | None = None,
    user_id: int | None = None, run_after: datetime | None = None,
) -> Job:
    """Add a job; with ``key``, return the open job of that key instead if there is one."""
    values = {
        "kind": kind, "key": key, "payload": dict(payload), "state": JobState.QUEUED, "run_after": run_after or now,
        "created_at": now, "created_by": user_id, "attempts": 0, "done": 0, "message": "",
    }
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    added = session.scalar(
        insert(Job)
        .values(values)
        .on_conflict_do_nothing(index_elements=[Job.key], index_where=sa.text("state IN ('queued', 'running')"))
        .returning(Job)
    )
    if added is not None:
        announce(session, SOURCE, str(added.id), at=run_after)
    return added or session.scalars(
        sa.select(Job).where(Job.key == key, Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
    ).one()


def claim_next(session: Session, worker: str, *, now: datetime, job_id: int | None = None) -> Job | None:
    """Take the oldest due job (or ``job_id``, if it is due), or one whose worker let its lease run out.
    Compare-and-set: of two workers exactly one gets it."""
    due = sa.or_(
        sa.and_(Job.state == JobState.QUEUED, Job.run_after <= now),
        sa.and_(Job.state == JobState.RUNNING, Job.leased_until < now),
    )
    candidate = sa.select(Job.id).where(due).order_by(Job.run_after, Job.id).limit(1)
    if job_id is not None:
        candidate = candidate.where(Job.id == job_id)
    if session.get_bind().dialect.name == "postgresql":
        candidate = candidate.with_for_update(skip_locked=True)
    claimed = session.execute(
        sa.update(Job)
        .where(Job.id == candidate.scalar_subquery(), due)
        .values(state=JobState.RUNNING, worker=worker, leased_until=now + LEASE, attempts=Job.attempts + 1)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return session.get(Job, claimed, populate_existing=True) if claimed else None


def report(
    session: Session, job_id: int, worker: str, *, now: datetime, done: int, total: int | None, message: str
) -> bool:
    """Renew the lease and say how far the job is. False if the job is no longer this worker's."""
    values = {"leased_until": now + LEASE, "done": done, "total": total, "message": message}
    return session.execute(_own(sa.update(Job), job_id, worker).values(**values)).rowcount == 1


def hold(session: Session, job_id: int, worker: str, *, now: datetime) -> bool:
    """Renew the lease and lock the job's row until the unit of work ends: until then nobody takes it over. False
    if it is no longer this worker's."""
    return session.execute(_own(sa.update(Job), job_id, worker).values(leased_until=now + LEASE)).rowcount == 1


def finish(
    session: Session, job_id: int, worker: str, *, now: datetime, result: Mapping[str, Any] | None
) -> bool:
    """The job is done. False if it is no longer this worker's (another took it over)."""
    whole = sa.func.coalesce(Job.total, Job.done)
    return _close(session, job_id, worker, now, JobState.DONE, result=dict(result or {}), message="", done=whole)


def fail(session: Session, job_id: int, worker: str, *, now: datetime, message: str, max_attempts: int) -> bool:
    """Queue the job again, or give it up for good after ``max_attempts``. False if it is no longer this
    worker's."""
    attempts = session.scalar(_own(sa.select(Job.attempts), job_id, worker))
    if attempts is None:
        return False
    if attempts >= max_attempts:
        return _close(session, job_id, worker, now, JobState.FAILED, message=message)
    again = {"state": JobState.QUEUED, "worker": None, "leased_until": None, "message": message}
    run_after = now + RETRY_AFTER * attempts
    session.execute(_own(sa.update(Job), job_id, worker).values(run_after=run_after, **again))
    announce(session, SOURCE, str(job_id), at=run_after)
    return True


def release(session: Session, job_id: int, *, now: datetime) -> bool:
    """End the lease of a running job whose worker is known to be dead: another may take it up at once. If the
    worker lives after all, it loses the job at its next report."""
    held = sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING, Job.leased_until > now)
    return session.execute(held.values(leased_until=now - timedelta(seconds=1))).rowcount == 1


def _close(session: Session, job_id: int, worker: str, now: datetime, state: JobState, **values: Any) -> bool:
    ended = _own(sa.update(Job), job_id, worker).values(
        state=state, worker=None, leased_until=None, finished_at=now, **values
    )
    return session.execute(ended).rowcount == 1


def _own(statement: Any, job_id: int, worker: str) -> Any:
    return statement.where(Job.id == job_id, Job.worker == worker, Job.state == JobState.RUNNING)
