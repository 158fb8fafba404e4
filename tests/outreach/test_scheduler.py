"""However many clocks run, one fires; when it dies, another takes over."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from outreach.feature import Feature, Registry, Schedule
from outreach.scheduler import ClockRole, FileLeadership, PostgresLeadership, leadership
from tests import postgres
from tests.conftest import settings_for


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def schedule(app: Flask, run: Callable[[Flask], object], seconds: int = 1) -> None:
    """Make ``run`` the only schedule."""
    features = (Feature("test", schedules=(Schedule("test", "시험", seconds, run),)),)
    app.extensions["outreach"].registry = Registry(features)


def _be_a_clock(app: Flask, path: Path) -> None:
    ClockRole(app, FileLeadership(path), watch=0.05).run(threading.Event())


def test_of_two_clocks_one_fires_and_the_other_takes_over_when_it_is_killed(app: Flask, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    fired.touch()

    def note(_app: Flask) -> None:
        with fired.open("a") as file:
            file.write(f"{os.getpid()}\n")

    def who() -> list[int]:
        return [int(line) for line in fired.read_text().splitlines()]

    schedule(app, note)
    context = multiprocessing.get_context("fork")
    clocks = [context.Process(target=_be_a_clock, args=(app, tmp_path / "lock"), daemon=True) for _ in range(2)]
    for clock in clocks:
        clock.start()
    try:
        wait_for(lambda: len(who()) >= 3)
        assert len(set(who())) == 1
        leader = who()[0]
        os.kill(leader, signal.SIGKILL)
        wait_for(lambda: set(who()) == {clock.pid for clock in clocks})
    finally:
        for clock in clocks:
            clock.kill()
            clock.join()


@pytest.fixture
def clock_thread(app: Flask, tmp_path: Path) -> Iterator[Callable[[], None]]:
    stop = threading.Event()
    thread = threading.Thread(target=lambda: ClockRole(app, FileLeadership(tmp_path / "lock"), watch=0.05).run(stop))
    yield thread.start
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_schedule_that_fails_is_run_again(app: Flask, clock_thread: Callable[[], None]) -> None:
    runs: list[str] = []

    def fail(_app: Flask) -> None:
        runs.append(current_app.name)  # inside an application context
        raise RuntimeError("this time only")

    schedule(app, fail)
    clock_thread()
    wait_for(lambda: len(runs) >= 2)


def test_a_run_never_overlaps_itself_and_missed_ones_are_made_up_once(
    app: Flask, clock_thread: Callable[[], None]
) -> None:
    begun: list[float] = []
    inside = threading.Semaphore(1)

    def slow(_app: Flask) -> None:
        assert inside.acquire(blocking=False), "two at a time"
        begun.append(time.monotonic())
        time.sleep(1.5)
        inside.release()

    schedule(app, slow)
    clock_thread()
    wait_for(lambda: len(begun) >= 3)
    assert all(later - earlier >= 1.4 for earlier, later in pairwise(begun))


def test_one_holds_the_file_until_it_lets_go(tmp_path: Path) -> None:
    first, second = FileLeadership(tmp_path / "lock"), FileLeadership(tmp_path / "lock")
    assert first.held() and first.held() and not second.held()
    first.release()
    assert second.held() and not first.held()
    second.release()


def test_the_kind_of_lead_fits_the_database(tmp_path: Path) -> None:
    assert isinstance(leadership(settings_for("sqlite:///x.sqlite3", tmp_path / "new")), FileLeadership)
    assert isinstance(leadership(settings_for("postgresql+psycopg://h/d", tmp_path)), PostgresLeadership)


@pytest.mark.postgres
def test_a_lost_connection_is_a_lost_lead() -> None:
    with postgres.running() as url:
        first, second = PostgresLeadership(url), PostgresLeadership(url)
        assert first.held() and first.held() and not second.held()
        with sa.create_engine(url, isolation_level="AUTOCOMMIT").connect() as admin:
            admin.execute(sa.text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
        wait_for(second.held)
        assert not first.held()  # noticed before it fires
        second.release()
        wait_for(first.held)
        first.release()
