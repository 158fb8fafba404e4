"""Running jobs in a worker process: the WorkSource over the job table."""

from __future__ import annotations

import os
import socket
import traceback
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from outreach.clock import Clock
from outreach.db import db, unit_of_work
from outreach.errors import DomainError
from outreach.feature import JobKind
from outreach.jobs import service

log = structlog.get_logger()


class LostLease(Exception):
    """Another worker took the job over; this one must stop touching it."""


@dataclass
class JobContext:
    """What a job's ``run`` gets: the app, a clock, and a way to tell how far it is."""

    app: Flask
    clock: Clock
    job_id: int
    worker: str
    user_id: int | None

    def report(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far the job is, in a unit of work of its own; call it at least once a minute.
        Raises LostLease."""
        with unit_of_work(db.session) as session:
            if not service.report(
                session, self.job_id, self.worker, now=self.clock.now(), done=done, total=total, message=message
            ):
                raise LostLease(self.job_id)

    def hold(self, session: Session) -> None:
        """Within a unit of work: make sure that the job is still this worker's, and keep it so until the unit
        ends. Raises LostLease. For steps that must not be taken by two workers at once, however long one of
        them was stopped in between."""
        if not service.hold(session, self.job_id, self.worker, now=self.clock.now()):
            raise LostLease(self.job_id)


class JobSource:
    """Takes one job after the other from the table and runs it."""

    def __init__(self, app: Flask):
        self.app = app
        self.worker = f"{socket.gethostname()}:{os.getpid()}"

    def step(self) -> bool:
        """Run the next due job, if any. True if there was one."""
        return self._run(None)

    def step_for(self, key: str) -> bool:
        """Run the job of this number, if it is due. False: it leaves nothing to ask for again."""
        self._run(int(key))
        return False

    def _run(self, job_id: int | None) -> bool:
        clock = self.app.extensions["outreach"].clock
        with self.app.app_context():
            with unit_of_work(db.session) as session:
                job = service.claim_next(session, self.worker, now=clock.now(), job_id=job_id)
                if job is not None:
                    session.expunge(job)
            if job is None:
                return False
            kind = self.app.extensions["outreach"].registry.job_kinds.get(job.kind)
            context = JobContext(self.app, clock, job.id, self.worker, job.created_by)
            if kind is not None and job.attempts > kind.max_attempts:
                give_up(context)  # each try so far ended with the death of its worker
            else:
                run_job(kind, context, dict(job.payload))
            return True

    def close(self) -> None:
        pass


def release(app: Flask, key: str) -> None:
    """The worker that ran the job of this number is dead."""
    with app.app_context(), unit_of_work(db.session) as session:
        service.release(session, int(key or 0), now=app.extensions["outreach"].clock.now())


def run_job(kind: JobKind | None, context: JobContext, payload: dict[str, Any]) -> bool:
    """Run one claimed job and record its end. True if it succeeded."""
    try:
        if kind is None:
            raise DomainError("이 작업을 처리하는 기능이 설치되어 있지 않습니다.")
        result = kind.run(context, payload)
    except LostLease:
        log.warning("job.lost_lease", job=context.job_id)
        return False
    except Exception as error:  # whatever a job does wrong is recorded on its row, never lost
        message = str(error) if isinstance(error, DomainError) else traceback.format_exc(limit=-6)
        attempts = 1 if isinstance(error, DomainError) else (kind.max_attempts if kind else 1)
        log.error("job.failed", job=context.job_id, error=str(error))
        with unit_of_work(db.session) as session:
            service.fail(
                session, context.job_id, context.worker, now=context.clock.now(), message=message,
                max_attempts=attempts,
            )
        return False
    with unit_of_work(db.session) as session:
        return service.finish(session, context.job_id, context.worker, now=context.clock.now(), result=result)


def give_up(context: JobContext) -> None:
    """End a job that kills the worker (memory, a crash in a library) instead of letting it go round for ever."""
    log.error("job.given_up", job=context.job_id)
    message = "작업 중 프로세스가 여러 번 비정상 종료되어 중단했습니다. 파일을 나누어 다시 시도해 주세요."
    with unit_of_work(db.session) as session:
        service.fail(session, context.job_id, context.worker, now=context.clock.now(), message=message, max_attempts=0)
