"""The migrations, and claiming by several workers at once, on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from outreach.clock import KST, FixedClock
from outreach.db import db, unit_of_work
from outreach.jobs import service as jobs
from outreach.jobs.models import Job
from outreach.mail import outbox
from outreach.mail.models import OutboxMessage
from tests import postgres
from tests.conftest import NOW, make_app

pytestmark = pytest.mark.postgres
WORKERS, TASKS = 4, 60


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="module")
def migrated(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = make_app(server, Path(tmp_path_factory.mktemp("data")), FixedClock(NOW))
    with app.app_context():
        flask_migrate.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app(migrated: Flask) -> Flask:
    """The application with these tables empty."""
    with unit_of_work(db.session) as session:
        session.execute(sa.delete(Job))
        session.execute(sa.delete(OutboxMessage))
    return migrated


def at_once(app: Flask, claim: Callable[[int], int | None]) -> list[int]:
    """Everything that WORKERS threads claim, each until there is nothing left."""
    claimed: list[int] = []

    def work(number: int) -> None:
        with app.app_context():
            while True:
                with unit_of_work(db.session):
                    found = claim(number)
                if found is None:
                    return
                claimed.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return claimed


def test_each_job_is_claimed_once(app: Flask) -> None:
    with unit_of_work(db.session) as session:
        wanted = {jobs.enqueue(session, "test", {"n": n}, now=NOW).id for n in range(TASKS)}

    def claim(number: int) -> int | None:
        job = jobs.claim_next(db.session, f"worker:{number}", now=NOW)
        return job.id if job else None

    claimed = at_once(app, claim)
    assert sorted(claimed) == sorted(wanted)


def test_each_notice_is_claimed_once_and_enqueued_once(app: Flask) -> None:
    def enqueue(number: int) -> int | None:
        added = [
            outbox.enqueue(
                db.session, key=f"notice:{n}", to_address="a@b.example", subject="알림", text="…", now=NOW
            )
            for n in range(TASKS)
        ]
        return sum(added) or None

    assert sum(at_once(app, enqueue)) == TASKS

    def claim(_number: int) -> int | None:
        message = outbox.claim_next(db.session, now=NOW)
        return message.id if message else None

    claimed = at_once(app, claim)
    assert len(claimed) == len(set(claimed)) == TASKS


def test_one_open_job_a_key_however_many_ask_at_once(app: Flask) -> None:
    asked = threading.Barrier(WORKERS)

    def enqueue(found: list[int]) -> None:
        with app.app_context():
            asked.wait()
            with unit_of_work(db.session) as session:
                found.append(jobs.enqueue(session, "test", {}, now=NOW, key="import:7").id)

    found: list[int] = []
    threads = [threading.Thread(target=enqueue, args=(found,)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == WORKERS and len(set(found)) == 1


def test_a_time_comes_back_as_it_went_in(app: Flask) -> None:
    at = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=KST)
    with unit_of_work(db.session) as session:
        jobs.enqueue(session, "test", {}, now=at)
    db.session.expire_all()
    job = db.session.scalars(sa.select(Job)).one()
    assert job.created_at == at and job.created_at.utcoffset() == timedelta(0)


def test_the_migrations_make_what_the_models_say(app: Flask) -> None:
    flask_migrate.check()
