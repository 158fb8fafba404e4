"""`flask jobs list` and `flask jobs run NAME`: every job can be run once by hand, in the foreground."""

from __future__ import annotations

import os
import socket
import sys

import click
import sqlalchemy as sa
from flask import current_app
from tqdm import tqdm

from outreach.cli import CommandGroup
from outreach.clock import to_kst
from outreach.db import db, reading, unit_of_work
from outreach.feature import JobKind, Schedule
from outreach.jobs.models import Job, JobState
from outreach.jobs.runner import JobContext, run_job
from outreach.jobs.service import LEASE

RECENT = 20

jobs = CommandGroup("jobs", help="Background work: what there is, and running it by hand.")


@jobs.command("list")
def list_jobs() -> None:
    """Schedules, kinds of jobs, and the latest jobs with their state."""
    registry = current_app.extensions["outreach"].registry
    click.echo("SCHEDULES")
    for schedule in registry.schedules():
        click.echo(f"  {schedule.name:<32} every {schedule.seconds} s")
    click.echo("KINDS")
    for name in sorted(registry.job_kinds):
        click.echo(f"  {name}")
    click.echo(f"JOBS (latest {RECENT})")
    with reading():
        for job in db.session.scalars(sa.select(Job).order_by(Job.id.desc()).limit(RECENT)):
            progress = f"{job.done}/{job.total}" if job.total else ""
            click.echo(f"  {job.id:>8} {to_kst(job.created_at):%Y-%m-%d %H:%M} {job.kind:<24} "
                       f"{job.state.value:<8} {progress:>12} {job.message.splitlines()[-1] if job.message else ''}")


@jobs.command("run")
@click.argument("name")
def run(name: str) -> None:
    """Run the schedule or the kind of job NAME once, here and now.

    A kind that needs a payload says what it misses. Exit status 1 if it did not succeed, 2 if there is no
    such name.
    """
    registry = current_app.extensions["outreach"].registry
    schedules = {schedule.name: schedule for schedule in registry.schedules()}
    if name in schedules:
        _run_schedule(schedules[name])
    elif name in registry.job_kinds:
        _run_kind(registry.job_kinds[name])
    else:
        names = ", ".join(sorted([*schedules, *registry.job_kinds])) or "none"
        raise click.BadParameter(f"no schedule or job is named {name!r}; there are: {names}", param_hint="NAME")


def _run_schedule(schedule: Schedule) -> None:
    schedule.run(current_app._get_current_object())  # type: ignore[attr-defined]
    click.echo(f"{schedule.name}: done")


class TerminalContext(JobContext):
    """Shows progress as a bar where a person waits at a terminal."""

    bar: tqdm | None = None

    def report(self, done: int, total: int | None = None, message: str = "") -> None:
        super().report(done, total, message)
        if self.bar is None:
            self.bar = tqdm(total=total, unit="", disable=not sys.stderr.isatty())
        self.bar.total = total
        self.bar.set_postfix_str(message, refresh=False)
        self.bar.update(done - self.bar.n)


def _run_kind(kind: JobKind) -> None:
    """The job is entered as already running here, so that no worker takes it as well."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    clock, worker = app.extensions["outreach"].clock, f"{socket.gethostname()}:{os.getpid()}"
    now = clock.now()
    with unit_of_work(db.session) as session:
        job = Job(
            kind=kind.name, payload={}, state=JobState.RUNNING, worker=worker, leased_until=now + LEASE, attempts=1,
            run_after=now, created_at=now, done=0, message="",
        )
        session.add(job)
        session.flush()
        job_id = job.id
    context = TerminalContext(app, clock, job_id, worker, None)
    once = JobKind(kind.name, kind.label, kind.run, max_attempts=1)  # a person is watching: no silent retry
    succeeded = run_job(once, context, {})
    if context.bar is not None:
        context.bar.close()
    if not succeeded:
        with reading():
            message = db.session.scalar(sa.select(Job.message).where(Job.id == job_id))
        raise click.ClickException(message or f"{kind.name}: another worker took the job over")
    click.echo(f"{kind.name}: done")
