"""Transactions that lose nothing, and times that are never a guess."""

from __future__ import annotations

import multiprocessing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from outreach.clock import KST
from outreach.config import Settings
from outreach.db import db, reading, unit_of_work
from outreach.jobs.models import Job, JobState
from outreach.jobs.service import enqueue
from tests.conftest import make_app

PROCESSES, EDITS = 4, 150


def _edit_many_times(settings: Settings, job_id: int, faults: multiprocessing.Queue) -> None:
    """What a request does: read a row, think, write it back."""
    app = make_app(settings.database_url, settings.data_dir)
    try:
        with app.app_context():
            for _ in range(EDITS):
                with unit_of_work(db.session) as session:
                    session.get_one(Job, job_id).done += 1
                db.session.remove()
            db.engine.dispose()
    except Exception as error:
        faults.put(repr(error))


@pytest.mark.sqlite
@pytest.mark.slow
def test_read_then_write_edits_of_several_processes_are_all_kept(app: Flask, now: datetime) -> None:
    with unit_of_work(db.session) as session:
        job_id = enqueue(session, "test", {}, now=now).id
    db.engine.dispose()
    context = multiprocessing.get_context("fork")
    faults = context.Queue()
    settings = app.extensions["outreach"].settings
    workers = [context.Process(target=_edit_many_times, args=(settings, job_id, faults)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert faults.empty(), faults.get()
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    assert db.session.get_one(Job, job_id).done == PROCESSES * EDITS


def test_a_naive_time_is_refused(app: Flask) -> None:
    db.session.add(Job(kind="test", run_after=datetime(2026, 11, 23, 10), created_at=datetime(2026, 11, 23, 10)))
    with pytest.raises(sa.exc.StatementError, match="naive datetime"):
        db.session.flush()


def test_times_come_back_in_utc_whatever_zone_they_went_in(app: Flask) -> None:
    at = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=KST)
    job = enqueue(db.session, "test", {}, now=at)
    db.session.commit()
    db.session.expire_all()
    assert job.created_at == at
    assert job.created_at.utcoffset() == timedelta(0)


@pytest.mark.sqlite
def test_times_sort_as_text_does(app: Flask) -> None:
    """SQLite compares text: every zone must be stored alike, with all digits."""
    base = datetime(2026, 11, 23, tzinfo=timezone.utc)
    for minutes, zone in ((2, KST), (1, timezone.utc), (3, timezone(timedelta(hours=-8)))):
        at = (base + timedelta(minutes=minutes, microseconds=minutes)).astimezone(zone)
        enqueue(db.session, str(minutes), {}, now=at)
    assert list(db.session.scalars(sa.select(Job.kind).order_by(Job.created_at))) == ["1", "2", "3"]
    assert db.session.scalar(sa.select(sa.func.count()).where(Job.created_at > base + timedelta(minutes=2))) == 2


def test_a_unit_of_work_is_whole_or_nothing(app: Flask, now: datetime) -> None:
    with pytest.raises(RuntimeError), unit_of_work(db.session) as session:
        enqueue(session, "test", {}, now=now)
        raise RuntimeError
    assert db.session.scalar(sa.select(sa.func.count(Job.id))) == 0


@pytest.mark.sqlite
def test_reading_takes_no_write_lock(app: Flask, now: datetime) -> None:
    with unit_of_work(db.session) as session:
        job_id = enqueue(session, "test", {}, now=now).id
    with reading(), db.engine.connect() as reader, reader.begin():
        assert reader.scalar(sa.select(Job.done).where(Job.id == job_id)) == 0
        with unit_of_work(db.session) as session:  # would wait 15 s and fail if the reader held the lock
            session.get_one(Job, job_id).done = 1
        assert reader.scalar(sa.select(Job.done).where(Job.id == job_id)) == 0  # its own moment


def test_an_unknown_state_is_refused_by_the_database(app: Flask, now: datetime) -> None:
    job = enqueue(db.session, "test", {}, now=now)
    with pytest.raises(sa.exc.IntegrityError):
        db.session.execute(sa.text("UPDATE job SET state = 'lost' WHERE id = :id"), {"id": job.id})
    db.session.rollback()
    assert JobState("queued") is JobState.QUEUED


@pytest.mark.sqlite
def test_sqlite_is_durable_and_patient(app: Flask, tmp_path: Path) -> None:
    pragmas = {name: db.session.scalar(sa.text(f"PRAGMA {name}")) for name in
               ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}
