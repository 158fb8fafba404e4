"""Telling workers that there is work: on both databases it is done soon after its unit of work is committed; on
PostgreSQL by any worker, also when the one that had begun is dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from outreach.clock import FixedClock
from outreach.db import db, unit_of_work
from outreach.feature import JobKind
from outreach.jobs import runner, service
from outreach.jobs.dispatch import Dispatcher, announce
from outreach.jobs.models import Job, JobState
from outreach.jobs.procrastinate_dispatch import ProcrastinateDispatcher
from outreach.worker import Worker, dispatcher_for
from tests.conftest import NOW

PATIENCE = 60  # seconds, for what takes an instant on a quiet machine


@pytest.fixture
def on_postgresql(app: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("Procrastinate is the dispatcher of PostgreSQL")


@pytest.fixture
def kind(app: Flask) -> Callable[[Callable[..., Any]], None]:
    def install(run: Callable[..., Any]) -> None:
        app.extensions["outreach"].registry.job_kinds["test"] = JobKind("test", "시험", run)

    return install


def enqueue(app: Flask, number: int = 1, **values: Any) -> int:
    with unit_of_work(db.session) as session:
        return service.enqueue(session, "test", {"n": number}, now=app.extensions["outreach"].clock.now(), **values).id


def state(job_id: int) -> JobState | None:
    """As it is now, holding no lock."""
    found = db.session.scalar(sa.select(Job.state).where(Job.id == job_id))
    db.session.rollback()
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def waiting() -> list[str]:
    """What Procrastinate has been told and nobody has begun on, by its queueing lock."""
    found = list(db.session.scalars(sa.text(
        "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'outreach.look' ORDER BY id"
    )))
    db.session.rollback()
    return found


def listening() -> bool:
    """Whether a worker has come to wait for what is announced, on all of its queues."""
    found = db.session.scalar(sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND state = 'idle' AND query LIKE 'LISTEN%upkeep%'"
    ))
    db.session.rollback()
    return bool(found)


@contextmanager
def working(app: Flask, dispatcher: Dispatcher | None = None) -> Iterator[None]:
    """A worker for jobs, in a thread, as long as the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=Worker(app, only=("jobs",)).run, args=(stop, dispatcher or dispatcher_for(app)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def quick(app: Flask, **values: Any) -> ProcrastinateDispatcher:
    """One that soon takes silence for death, and does not look by itself: what is done was announced."""
    options: dict[str, Any] = {
        "look": 3600.0, "heartbeat": 0.5, "stalled_after": 3.0, "retry_cron": "* * * * * */1", **values,
    }
    url = app.extensions["outreach"].settings.database_url
    return ProcrastinateDispatcher(url, lambda source, key: runner.release(app, key), **options)


def test_what_is_enqueued_while_a_worker_waits_is_done(app: Flask, kind: Callable[..., None]) -> None:
    kind(lambda context, payload: {"twice": 2 * payload["n"]})
    with working(app):
        job_ids = [enqueue(app, number) for number in range(5)]
        assert eventually(lambda: all(state(job_id) is JobState.DONE for job_id in job_ids))


def test_what_was_enqueued_before_any_worker_is_done(app: Flask, kind: Callable[..., None]) -> None:
    kind(lambda context, payload: None)
    job_id = enqueue(app)
    with working(app):
        assert eventually(lambda: state(job_id) is JobState.DONE)


@pytest.mark.usefixtures("on_postgresql")
def test_a_unit_that_failed_has_announced_nothing(app: Flask) -> None:
    with pytest.raises(RuntimeError), unit_of_work(db.session) as session:
        announce(session, "mailings", "7")
        raise RuntimeError
    assert waiting() == []


@pytest.mark.usefixtures("on_postgresql")
def test_saying_it_twice_adds_nothing_and_breaks_no_unit(app: Flask) -> None:
    with unit_of_work(db.session) as session:
        announce(session, "mailings", "7")
    with unit_of_work(db.session) as session:
        announce(session, "mailings", "7")
        announce(session, "mailings", "8")
    assert waiting() == ["mailings:7", "mailings:8"]


@pytest.mark.usefixtures("on_postgresql")
def test_two_who_say_the_same_at_once_both_commit(app: Flask) -> None:
    """What each wrote before it spoke is kept, too: with it the claim of a batch stands or falls."""
    together = threading.Barrier(2)

    def say(number: int) -> None:
        with app.app_context(), unit_of_work(db.session) as session:
            service.enqueue(session, "test", {"n": number}, now=NOW)
            together.wait(PATIENCE)
            announce(session, "mailings", "7")

    threads = [threading.Thread(target=say, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert [lock for lock in waiting() if lock.startswith("mailings")] == ["mailings:7"]
    kept = db.session.scalars(sa.select(Job.payload)).all()
    assert sorted(payload["n"] for payload in kept) == [0, 1]


@pytest.mark.usefixtures("on_postgresql")
def test_a_job_is_woken_by_its_announcement(app: Flask, kind: Callable[..., None]) -> None:
    """The dispatcher looks by itself at its start only, so this one is NOTIFY's work."""
    kind(lambda context, payload: None)
    with working(app, quick(app)):
        first = enqueue(app)
        assert eventually(lambda: state(first) is JobState.DONE)
        assert eventually(listening)
        second = enqueue(app)
        assert eventually(lambda: state(second) is JobState.DONE)
    assert waiting() == []


@pytest.mark.usefixtures("on_postgresql")
def test_a_dead_workers_job_is_picked_up_by_another_before_its_lease_ends(
    app: Flask, clock: FixedClock, kind: Callable[..., None]
) -> None:
    """What a worker leaves behind that is killed in the middle: a task that is being done by a worker whose heart has
    stopped, and a job with a lease. The clock stands still here, so the lease itself never ends."""
    kind(lambda context, payload: {"n": payload["n"]})
    job_id = enqueue(app, 7)
    with unit_of_work(db.session) as session:
        assert service.claim_next(session, "gone:1", now=clock.now()).id == job_id
        session.execute(sa.text(
            "WITH gone AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') "
            "RETURNING id) UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM gone)"
        ))
    # It looks around, too: a worker that is about to listen hears nothing yet, and what was put back is not announced.
    with working(app, quick(app, look=1.0)):
        assert eventually(lambda: state(job_id) is JobState.DONE)
    job = db.session.get_one(Job, job_id, populate_existing=True)
    assert (job.attempts, job.result) == (2, {"n": 7})


@pytest.mark.usefixtures("on_postgresql")
def test_a_workers_heart_beats_beside_a_long_job(app: Flask, kind: Callable[..., None]) -> None:
    """So that a job much longer than the time to be taken for dead stays its own."""
    begun, release = threading.Event(), threading.Event()

    def run(context: Any, payload: Mapping[str, Any]) -> None:
        begun.set()
        release.wait(PATIENCE)

    def beat() -> Any:
        last = db.session.scalar(sa.text("SELECT max(last_heartbeat) FROM procrastinate_workers"))
        db.session.rollback()
        return last

    kind(run)
    with working(app, quick(app, stalled_after=PATIENCE)):
        job_id = enqueue(app)
        assert begun.wait(PATIENCE)
        first = beat()
        assert eventually(lambda: beat() > first)
        release.set()
        assert eventually(lambda: state(job_id) is JobState.DONE)


@pytest.mark.usefixtures("on_postgresql")
def test_a_fault_is_announced_for_its_next_try(app: Flask, kind: Callable[..., None]) -> None:
    def run(context: Any, payload: Mapping[str, Any]) -> None:
        raise RuntimeError("disk gone")

    kind(run)
    job_id = enqueue(app)
    runner.JobSource(app).step()
    later = sa.text("SELECT max(scheduled_at) FROM procrastinate_jobs WHERE queueing_lock = :lock")
    now = app.extensions["outreach"].clock.now()
    # The first announcement is still there, as nobody has worked on it: it is the same thing to look at.
    assert waiting() == [f"jobs:{job_id}"]
    with unit_of_work(db.session) as session:
        session.execute(sa.text("DELETE FROM procrastinate_jobs"))
    app.extensions["outreach"].clock.advance(minutes=1)
    runner.JobSource(app).step()
    assert db.session.scalar(later, {"lock": f"jobs:{job_id}"}) > now + timedelta(minutes=1)


@pytest.mark.usefixtures("on_postgresql")
def test_a_worker_whose_connections_are_cut_goes_on(app: Flask, kind: Callable[..., None]) -> None:
    kind(lambda context, payload: None)
    with working(app, quick(app, look=1.0)):
        first = enqueue(app)
        assert eventually(lambda: state(first) is JobState.DONE)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        db.engine.dispose()
        second = enqueue(app)
        assert eventually(lambda: state(second) is JobState.DONE)
