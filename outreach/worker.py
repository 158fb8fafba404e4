"""The worker role: asks every source for work, one bounded step after the other, when its dispatcher says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping

import structlog
from flask import Flask

from outreach.db import reading
from outreach.feature import WorkSource
from outreach.jobs.dispatch import Dispatcher, Step
from outreach.jobs.procrastinate_dispatch import ProcrastinateDispatcher

log = structlog.get_logger()

MIN_IDLE, MAX_IDLE = 0.05, 1.0
#: How long a source rests after it raised: it fails because of something that takes time to mend.
REST = 5.0


class Worker:
    """Works for the sources named in ``only`` (all, if empty) but not for those in ``without``."""

    def __init__(self, app: Flask, *, only: Collection[str] = (), without: Collection[str] = ()):
        declared = app.extensions["outreach"].registry.work()
        unknown = {*only, *without} - {source.name for source in declared}
        if unknown:
            raise ValueError(f"no source of work is named {', '.join(sorted(unknown))}")
        chosen = [source for source in declared if (not only or source.name in only) and source.name not in without]
        self._posts = [_Post(app, source) for source in chosen]

    @property
    def names(self) -> list[str]:
        return [post.name for post in self._posts]

    def run(self, stop: threading.Event, dispatcher: Dispatcher | None = None) -> None:
        """Work until ``stop`` is set; the step under way is finished first."""
        try:
            (dispatcher or Polling()).run({post.name: post.step for post in self._posts}, stop)
        finally:
            for post in self._posts:
                post.close()


class Polling:
    """The dispatcher that needs nobody: each source gets its turn, and when none has work, the worker waits a
    little longer each time."""

    def run(self, steps: Mapping[str, Step], stop: threading.Event) -> None:
        idle = MIN_IDLE
        while not stop.is_set():
            worked = False
            for step in steps.values():
                if not stop.is_set():
                    worked = step("") or worked
            if worked:
                idle = MIN_IDLE
            else:
                stop.wait(idle)
                idle = min(2 * idle, MAX_IDLE)


def dispatcher_for(app: Flask) -> Dispatcher:
    """The kind that fits the database."""
    outreach = app.extensions["outreach"]
    if outreach.settings.is_sqlite:
        return Polling()
    releases = {source.name: source.release for source in outreach.registry.work() if source.release}

    def release(source: str, key: str) -> None:
        if source in releases:
            releases[source](app, key)

    return ProcrastinateDispatcher(outreach.settings.database_url, release)


class _Post:
    """One source, shielded: what it raises is logged and rests it, and stops no other. A step looks without
    the write lock, which its units of work take for themselves: an idle worker keeps nobody from writing."""

    def __init__(self, app: Flask, source: WorkSource):
        self.name = source.name
        self._source = source.make(app)
        self._rests_until = 0.0

    def step(self, key: str) -> bool:
        if time.monotonic() < self._rests_until:
            return False
        named = getattr(self._source, "step_for", None) if key else None
        try:
            with reading():
                return bool(named(key) if named else self._source.step())
        except Exception:
            log.exception("worker.step", source=self.name)
            self._rests_until = time.monotonic() + REST
            return False

    def close(self) -> None:
        try:
            self._source.close()
        except Exception:
            log.exception("worker.close", source=self.name)
