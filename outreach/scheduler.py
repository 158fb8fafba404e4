"""The clock role: says *when*. However many clocks are started, one leads; the others wait for its end.

Leadership is an economy, not what keeps work from being done twice: every schedule is idempotent, and
the database says what is due. APScheduler keeps its plan in memory only, so each schedule fires once at
the take-over and then every so many seconds; a late run is run late, never dropped, and several missed
runs are made up by one.
"""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path
from typing import IO, Protocol

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from outreach.clock import UTC, SystemClock
from outreach.config import Settings
from outreach.db import reading
from outreach.feature import Schedule

log = structlog.get_logger()

#: Seconds between two attempts to take over, and between two looks whether this clock still leads.
WATCH = 1.0
#: The advisory lock's number: any, but the same in all clocks of one database.
LOCK_KEY = 0x0D0_A4E_A06


class Leadership(Protocol):
    def held(self) -> bool:
        """Whether this process leads now; tries to take the lead if nobody has it. For one thread at a
        time (the clock guards it)."""
        ...

    def release(self) -> None: ...


class FileLeadership:
    """The lead among the processes of one machine: an ``flock``, freed by the kernel when its holder dies."""

    def __init__(self, path: Path):
        self._path = path
        self._file: IO[bytes] | None = None

    def held(self) -> bool:
        if self._file is None:
            file = self._path.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class PostgresLeadership:
    """The lead among all machines of one database: an advisory lock on a connection of its own, which no
    pool recycles. If the connection is lost, so is the lead."""

    def __init__(self, url: str):
        self._engine = sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
        self._connection: sa.Connection | None = None
        self._leads = False

    def held(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            if self._leads:
                self._connection.execute(sa.text("SELECT 1"))  # the lock lives as long as the connection
            else:
                self._leads = bool(
                    self._connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY})
                )
        except sa.exc.DBAPIError as error:
            log.warning("clock.connection_lost", error=str(error.orig))
            self.release()
        return self._leads

    def release(self) -> None:
        connection, self._connection, self._leads = self._connection, None, False
        if connection is not None:
            connection.invalidate()
            connection.close()


def leadership(settings: Settings) -> Leadership:
    """The kind that fits the database."""
    if settings.is_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return FileLeadership(settings.data_dir / "clock.lock")
    return PostgresLeadership(settings.database_url)


class ClockRole:
    """Runs the schedules of all features while it leads."""

    def __init__(self, app: Flask, lead: Leadership, *, watch: float = WATCH):
        self._app, self._lead, self._watch = app, lead, watch
        self._guard = threading.Lock()  # schedules run in threads; the lead is asked by one at a time
        self._scheduler: BackgroundScheduler | None = None

    def run(self, stop: threading.Event) -> None:
        """Lead, or wait to lead, until ``stop`` is set; runs under way are finished first."""
        try:
            while not stop.is_set():
                if self._leads() and self._scheduler is None:
                    self._begin()
                elif self._scheduler is not None and not self._leads():
                    self._end()
                stop.wait(self._watch)
        finally:
            self._end()
            self._lead.release()

    def _leads(self) -> bool:
        with self._guard:
            return self._lead.held()

    def _begin(self) -> None:
        log.info("clock.leads")
        self._scheduler = BackgroundScheduler(timezone=UTC)
        now = SystemClock().now()  # real time, as APScheduler's own
        for schedule in self._app.extensions["outreach"].registry.schedules():
            self._scheduler.add_job(
                self._fire, "interval", (schedule,), seconds=schedule.seconds, id=schedule.name, next_run_time=now,
                misfire_grace_time=None, coalesce=True, max_instances=1,
            )
        self._scheduler.start()

    def _end(self) -> None:
        if self._scheduler is not None:
            log.info("clock.rests")
            self._scheduler.shutdown(wait=True)
            self._scheduler = None

    def _fire(self, schedule: Schedule) -> None:
        """Run one schedule; what it writes, it writes in units of work. What it raises is logged; it is tried
        again when it is next due."""
        if not self._leads():
            return
        try:
            with self._app.app_context(), reading():
                schedule.run(self._app)
        except Exception:
            log.exception("clock.schedule", schedule=schedule.name)
