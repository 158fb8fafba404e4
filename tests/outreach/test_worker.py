"""A worker gives every source its turn, rests when there is nothing, and survives what a source does wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask

from outreach.feature import Feature, Registry, WorkSource
from outreach.worker import Worker


class Source:
    """Has ``work`` steps to do; ``on_step`` runs in each."""

    def __init__(self, work: int, on_step: Callable[[], None] = lambda: None):
        self.work, self.on_step = work, on_step
        self.asked, self.closed = 0, False

    def step(self) -> bool:
        self.asked += 1
        self.on_step()
        self.work -= 1
        return self.work >= 0

    def close(self) -> None:
        self.closed = True


def worker(app: Flask, sources: dict[str, Source], **choice: tuple[str, ...]) -> Worker:
    def make(source: Source) -> Callable[[Flask], Source]:
        return lambda _app: source

    work = tuple(WorkSource(name, make(source)) for name, source in sources.items())
    app.extensions["outreach"].registry = Registry((Feature("test", work=work),))
    return Worker(app, **choice)


def run_for(role: Worker, seconds: float) -> None:
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    role.run(stop)


def test_all_work_is_done_in_turns(app: Flask) -> None:
    order: list[str] = []
    sources = {name: Source(3, lambda name=name: order.append(name)) for name in ("mail", "jobs")}
    run_for(worker(app, sources), 0.3)
    assert order[:6] == ["mail", "jobs"] * 3
    assert all(source.work < 0 and source.closed for source in sources.values())


def test_an_idle_worker_asks_ever_more_rarely(app: Flask) -> None:
    source = Source(0)
    run_for(worker(app, {"mail": source}), 1.0)
    assert 3 <= source.asked <= 7  # after 0.05, 0.1, 0.2, 0.4 … seconds


def test_the_step_under_way_is_finished_before_stopping(app: Flask) -> None:
    finished: list[bool] = []

    def slow() -> None:
        time.sleep(0.5)
        finished.append(True)

    source = Source(100, slow)
    run_for(worker(app, {"mail": source}), 0.1)
    assert finished == [True] and source.closed


def test_a_failing_source_rests_and_holds_up_no_other(app: Flask) -> None:
    def fail() -> None:
        raise RuntimeError("no disk")

    bad, good = Source(100, fail), Source(10)
    run_for(worker(app, {"bad": bad, "good": good}), 0.5)
    assert bad.asked == 1 and good.work < 0 and bad.closed


def test_sources_can_be_divided_between_workers(app: Flask) -> None:
    sources = {"mail": Source(0), "jobs": Source(0), "outbox": Source(0)}
    assert worker(app, sources, without=("jobs",)).names == ["mail", "outbox"]
    assert worker(app, sources, only=("jobs",)).names == ["jobs"]
    with pytest.raises(ValueError, match="nonsense"):
        worker(app, sources, only=("nonsense",))
