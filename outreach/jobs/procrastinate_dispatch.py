"""Dispatch by Procrastinate (PostgreSQL): a worker of any host is woken by NOTIFY as soon as a unit of work that
announced something is committed.

A deferred task only says "look": (source, key). It is deleted when it is done, whatever came of it, since what
came of it stands in the rows. Everything a source does runs in one thread, one step after the other.

* ``queueing_lock`` is source and key: of one thing at most one task waits, while others may be under way. That is
  how one mailing spreads: whoever claims a batch announces the next one in the same unit of work.
* A worker's heartbeat runs beside the work. A task whose worker's heart has stopped is *stalled*; the periodic task
  ``retry_stalled`` puts it back, and ends the lease of the job it was about.
* Every LOOK seconds each worker asks its sources itself: for what falls due by the clock alone (retries), for what
  died on this host (journals lie on its disk), and for anything nobody announced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import cache
from threading import Event
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from outreach.lazy import lazy

if TYPE_CHECKING:
    import procrastinate
    import psycopg
    from procrastinate import exceptions, jobs
else:  # a machine with SQLite need not load them
    procrastinate, psycopg = lazy("procrastinate"), lazy("psycopg")
    exceptions, jobs = lazy("procrastinate.exceptions"), lazy("procrastinate.jobs")

#: One bounded piece of work of a source: of what ``key`` names, or of anything if it is ''. True if the caller
#: should ask again at once. Never raises.
Step = Callable[[str], bool]

log = structlog.get_logger()

TASK, RETRY_STALLED = "outreach.look", "outreach.retry_stalled"
UPKEEP = "upkeep"  # the queue of Procrastinate's own tasks; every worker serves it
LOOK = 5.0  # seconds between a worker's own looks
HEARTBEAT, STALLED_AFTER = 5.0, 30.0  # seconds
RETRY_STALLED_CRON = "* * * * * */10"  # every ten seconds, by one worker
REST = 2.0  # seconds before the database is tried again

_WAITING = sa.text("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :lock AND status = 'todo'")


@cache
def _deferring() -> procrastinate.App:
    """Only builds tasks; what it defers is written on the session's own connection, so it never opens one."""
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def defer(session: Session, source: str, key: str, at: datetime | None = None) -> None:
    """See outreach.jobs.dispatch.announce. Within the session's transaction, on its connection."""
    lock = f"{source}:{key}"
    if session.scalar(_WAITING, {"lock": lock}):
        return
    connection = session.connection()
    task = _deferring().configure_task(
        TASK, queue=source, queueing_lock=lock, schedule_at=at, task_kwargs={"source": source, "key": key},
        connection=connection.connection.driver_connection,
    )
    # The savepoint of the connection, not of the session: that one would not begin before the session is used, and
    # an error behind its back would make the commit of the whole unit a silent rollback.
    with suppress(exceptions.AlreadyEnqueued), connection.begin_nested():  # someone else has said so just now
        task.defer()


class ProcrastinateDispatcher:
    """``url``: the database as SQLAlchemy names it. ``release``: what to do about the work a stalled task named,
    before it is put back (source, key)."""

    def __init__(
        self, url: str, release: Callable[[str, str], None], *, look: float = LOOK, heartbeat: float = HEARTBEAT,
        stalled_after: float = STALLED_AFTER, retry_cron: str = RETRY_STALLED_CRON,
    ):
        self._conninfo = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._release, self._look = release, look
        self._heartbeat, self._stalled_after, self._retry_cron = heartbeat, stalled_after, retry_cron
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="work")  # the one thread in which work is done
        self._steps: Mapping[str, Step] = {}

    def run(self, steps: Mapping[str, Step], stop: Event) -> None:
        """Until ``stop`` is set; a database that is away is waited for."""
        self._steps = steps
        with self._hand:
            asyncio.run(self._run(stop))

    async def _run(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                await self._serve(stop)
            except (exceptions.ConnectorException, psycopg.Error, OSError) as error:
                log.warning("dispatch.database", error=str(error.__cause__ or error))
            if not stop.is_set():
                await asyncio.sleep(REST)

    async def _serve(self, stop: Event) -> None:
        """A Procrastinate worker, as long as its connection holds."""
        app = self._app()
        async with app.open_async():
            working = asyncio.create_task(app.run_worker_async(
                queues=[*self._steps, UPKEEP], concurrency=1, install_signal_handlers=False, delete_jobs="always",
                fetch_job_polling_interval=self._look, update_heartbeat_interval=self._heartbeat,
                stalled_worker_timeout=self._stalled_after,
            ))
            looking = asyncio.create_task(self._look_around(app))
            try:
                while not (stop.is_set() or working.done()):
                    await asyncio.wait([working], timeout=0.1)
            finally:
                looking.cancel()
                working.cancel()  # it finishes the task under way first
                results = await asyncio.gather(working, looking, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    def _app(self) -> procrastinate.App:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(
            conninfo=self._conninfo, min_size=1, max_size=4, timeout=10,
        ))

        @app.task(name=TASK)
        async def look(source: str, key: str) -> None:
            await self._step(app, source, key)

        @app.periodic(cron=self._retry_cron)
        @app.task(name=RETRY_STALLED, queue=UPKEEP, queueing_lock=RETRY_STALLED)
        async def retry_stalled(timestamp: int) -> None:
            await self._retry_stalled(app)

        return app

    async def _step(self, app: procrastinate.App, source: str, key: str) -> None:
        step = self._steps.get(source)
        if step and await self._at_hand(step, key):
            with suppress(exceptions.AlreadyEnqueued):  # there is more: in its turn, by whoever is free
                await app.configure_task(
                    TASK, queue=source, queueing_lock=f"{source}:{key}", task_kwargs={"source": source, "key": key},
                ).defer_async()

    async def _look_around(self, app: procrastinate.App) -> None:
        while True:
            for source in self._steps:
                await self._step(app, source, "")
            await asyncio.sleep(self._look)

    async def _retry_stalled(self, app: procrastinate.App) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._stalled_after):
            log.warning("dispatch.stalled", task=job.task_name, work=job.queueing_lock, worker=job.worker_id)
            if job.task_name == TASK:
                await self._at_hand(self._release, job.task_kwargs["source"], job.task_kwargs["key"])
            try:
                await app.job_manager.retry_job(job)
            except exceptions.UniqueViolation:  # the same has been announced anew meanwhile
                await app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=True)
            except exceptions.ConnectorException:
                log.info("dispatch.stalled_settled", work=job.queueing_lock)  # by another worker, just now

    async def _at_hand(self, act: Callable[..., Any], *arguments: str) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._hand, act, *arguments)
