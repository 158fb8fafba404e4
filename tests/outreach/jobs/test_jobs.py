"""Jobs are done once, taken over after a death, tried again a bounded number of times, and never lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from outreach.clock import FixedClock
from outreach.db import db, unit_of_work
from outreach.errors import DomainError
from outreach.feature import JobKind
from outreach.jobs import service
from outreach.jobs.models import Job, JobState
from outreach.jobs.runner import JobContext, JobSource

MINE, ANOTHERS = "host:1", "host:2"


@pytest.fixture
def kind(app: Flask) -> Callable[..., None]:
    def install(run: Callable[[JobContext, Mapping[str, Any]], Any], max_attempts: int = 3) -> None:
        app.extensions["outreach"].registry.job_kinds["test"] = JobKind("test", "시험", run, max_attempts)

    return install


def enqueue(now: datetime, **values: Any) -> int:
    with unit_of_work(db.session) as session:
        return service.enqueue(session, "test", {"n": 1}, now=now, **values).id


def job(job_id: int) -> Job:
    """The row as it is now, holding no lock."""
    db.session.rollback()
    row = db.session.get_one(Job, job_id, populate_existing=True)
    db.session.commit()
    return row


def test_a_job_runs_and_keeps_its_result(app: Flask, now: datetime, kind: Callable[..., None]) -> None:
    def run(context: JobContext, payload: Mapping[str, Any]) -> dict[str, int]:
        context.report(1, 2, "반쯤")
        assert job(context.job_id).message == "반쯤"
        return {"twice": 2 * payload["n"]}

    kind(run)
    job_id = enqueue(now)
    source = JobSource(app)
    assert source.step() is True
    done = job(job_id)
    assert (done.state, done.result, done.done, done.total, done.worker) == (JobState.DONE, {"twice": 2}, 2, 2, None)
    assert source.step() is False


def test_a_job_added_in_a_failed_unit_does_not_exist(app: Flask, now: datetime) -> None:
    with pytest.raises(RuntimeError), unit_of_work(db.session) as session:
        service.enqueue(session, "test", {}, now=now)
        raise RuntimeError
    assert db.session.scalar(sa.select(sa.func.count(Job.id))) == 0


def test_one_open_job_a_key(app: Flask, now: datetime, kind: Callable[..., None]) -> None:
    kind(lambda context, payload: None)
    first = enqueue(now, key="import:7")
    assert enqueue(now, key="import:7") == first
    JobSource(app).step()
    assert enqueue(now, key="import:7") != first  # the first has ended


def test_a_job_waits_for_its_time(app: Flask, clock: FixedClock, kind: Callable[..., None]) -> None:
    kind(lambda context, payload: None)
    job_id = enqueue(clock.now(), run_after=clock.now() + timedelta(minutes=1))
    assert JobSource(app).step() is False
    clock.advance(minutes=1)
    assert JobSource(app).step() is True
    assert job(job_id).state is JobState.DONE


def test_a_fault_is_tried_again_later_and_then_given_up(
    app: Flask, clock: FixedClock, kind: Callable[..., None]
) -> None:
    def run(context: JobContext, payload: Mapping[str, Any]) -> None:
        raise RuntimeError("disk gone")

    kind(run, max_attempts=2)
    job_id = enqueue(clock.now())
    source = JobSource(app)
    assert source.step() is True
    assert job(job_id).state is JobState.QUEUED
    assert source.step() is False  # not at once
    clock.advance(minutes=1)
    assert source.step() is True
    failed = job(job_id)
    assert failed.state is JobState.FAILED and failed.attempts == 2 and failed.finished_at == clock.now()
    assert "disk gone" in failed.message


def test_what_a_person_must_mend_is_not_tried_again(app: Flask, now: datetime, kind: Callable[..., None]) -> None:
    def run(context: JobContext, payload: Mapping[str, Any]) -> None:
        raise DomainError("파일이 비어 있습니다.")

    kind(run)
    job_id = enqueue(now)
    JobSource(app).step()
    assert (job(job_id).state, job(job_id).message) == (JobState.FAILED, "파일이 비어 있습니다.")


def test_what_a_failed_job_had_not_committed_is_undone(app: Flask, now: datetime, kind: Callable[..., None]) -> None:
    def run(context: JobContext, payload: Mapping[str, Any]) -> None:
        service.enqueue(db.session, "left-over", {}, now=now)
        raise DomainError("그만")

    kind(run)
    enqueue(now)
    JobSource(app).step()
    assert db.session.scalar(sa.select(sa.func.count(Job.id)).where(Job.kind == "left-over")) == 0


def test_an_unknown_kind_fails_with_words(app: Flask, now: datetime) -> None:
    job_id = enqueue(now)
    JobSource(app).step()
    assert job(job_id).state is JobState.FAILED and "설치되어 있지" in job(job_id).message


def test_a_dead_workers_job_is_taken_over_when_its_lease_ends(app: Flask, clock: FixedClock) -> None:
    job_id = enqueue(clock.now())
    with unit_of_work(db.session) as session:
        assert service.claim_next(session, MINE, now=clock.now()).id == job_id
    with unit_of_work(db.session) as session:
        assert service.claim_next(session, ANOTHERS, now=clock.now()) is None
    clock.advance(seconds=service.LEASE.total_seconds() + 1)
    with unit_of_work(db.session) as session:
        taken = service.claim_next(session, ANOTHERS, now=clock.now())
        assert (taken.id, taken.worker, taken.attempts) == (job_id, ANOTHERS, 2)


def test_who_lost_the_lease_can_change_nothing(app: Flask, clock: FixedClock) -> None:
    job_id = enqueue(clock.now())
    with unit_of_work(db.session) as session:
        service.claim_next(session, MINE, now=clock.now())
    clock.advance(minutes=5)
    with unit_of_work(db.session) as session:
        service.claim_next(session, ANOTHERS, now=clock.now())
    with unit_of_work(db.session) as session:
        assert not service.report(session, job_id, MINE, now=clock.now(), done=1, total=1, message="")
        assert not service.finish(session, job_id, MINE, now=clock.now(), result={})
        assert not service.fail(session, job_id, MINE, now=clock.now(), message="x", max_attempts=1)
    assert (job(job_id).state, job(job_id).worker, job(job_id).done) == (JobState.RUNNING, ANOTHERS, 0)


def test_a_job_that_notices_the_take_over_stops(app: Flask, clock: FixedClock, kind: Callable[..., None]) -> None:
    def run(context: JobContext, payload: Mapping[str, Any]) -> None:
        clock.advance(minutes=5)
        with unit_of_work(db.session) as session:
            service.claim_next(session, ANOTHERS, now=clock.now())
        context.report(1)
        raise AssertionError("went on after losing the lease")

    kind(run)
    job_id = enqueue(clock.now())
    JobSource(app).step()
    assert (job(job_id).state, job(job_id).worker) == (JobState.RUNNING, ANOTHERS)


def test_reporting_renews_the_lease(app: Flask, clock: FixedClock) -> None:
    job_id = enqueue(clock.now())
    with unit_of_work(db.session) as session:
        service.claim_next(session, MINE, now=clock.now())
    for _ in range(5):
        clock.advance(minutes=1)
        with unit_of_work(db.session) as session:
            assert service.report(session, job_id, MINE, now=clock.now(), done=1, total=2, message="")
        with unit_of_work(db.session) as session:
            assert service.claim_next(session, ANOTHERS, now=clock.now()) is None


def test_a_job_that_kills_its_workers_is_given_up(app: Flask, clock: FixedClock, kind: Callable[..., None]) -> None:
    kind(lambda context, payload: pytest.fail("must not run a third time"), max_attempts=2)
    job_id = enqueue(clock.now())
    for _ in range(2):  # two workers took it and died
        with unit_of_work(db.session) as session:
            assert service.claim_next(session, MINE, now=clock.now())
        clock.advance(minutes=5)
    assert JobSource(app).step() is True
    assert job(job_id).state is JobState.FAILED and "비정상 종료" in job(job_id).message
