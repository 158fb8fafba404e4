"""Watching the background: does the clock beat, does what is due move? Findings are for a person: what stands still,
since when, and what to do about it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.orm import Session

from outreach.db import db, unit_of_work
from outreach.feature import Finding
from outreach.jobs.models import Job, JobState
from outreach.operations.models import Pulse, Standstill
from outreach.wording import Text

log = structlog.get_logger()

CLOCK = "clock"
#: The clock beats so often, in seconds; it counts as silent after several beats have failed to come.
BEAT = 10
SILENT_AFTER = timedelta(seconds=60)
#: What is due and has not moved for so long stands still. A batch takes about a second.
STILL_AFTER = timedelta(minutes=10)
#: Seconds between two looks of a worker at the clock.
LOOK = 60.0


def beat(app: Flask) -> None:
    """The leading clock's sign of life."""
    now, by = app.extensions["outreach"].clock.now(), f"{socket.gethostname()}-{os.getpid()}"
    with unit_of_work(db.session) as session:
        session.merge(Pulse(role=CLOCK, beat_at=now, by=by))


def note(session: Session, prefix: str, places: Mapping[str, int], now: datetime) -> None:
    """Remember where each piece of due work (its key begins with ``prefix``) stands, and since when."""
    known = {row.key: row for row in session.scalars(_of(prefix))}
    for key in known.keys() - places.keys():
        session.delete(known[key])
    for key, place in places.items():
        row = known.get(key)
        if row is None:
            session.add(Standstill(key=key, place=place, since=now))
        elif row.place != place:
            row.place, row.since = place, now
    session.flush()


def still(session: Session, prefix: str, now: datetime) -> list[Standstill]:
    """Due work that has stood still for STILL_AFTER or longer, the longest first."""
    return list(session.scalars(_of(prefix).where(Standstill.since <= now - STILL_AFTER).order_by(Standstill.since)))


def _of(prefix: str) -> sa.Select[tuple[Standstill]]:
    return sa.select(Standstill).where(Standstill.key.startswith(prefix, autoescape=True))


def clock_silent(session: Session, now: datetime) -> datetime | None:
    """When the clock was last heard, if that is too long ago; None if it beats, or never ran here."""
    pulse = session.get(Pulse, CLOCK, populate_existing=True)
    return pulse.beat_at if pulse is not None and now - pulse.beat_at > SILENT_AFTER else None


def check(session: Session, now: datetime) -> list[Finding]:
    """What stands still in the frame itself: the clock, and jobs that nobody takes up."""
    findings = []
    since = clock_silent(session, now)
    if since is not None:
        findings.append(Finding(
            "clock", Text("시계가 멈추었습니다."), since,
            Text("예약된 메일이 시작되지 않습니다. 서버에서 clock 프로세스가 도는지 확인하고 다시 시작해 주세요."),
        ))
    waiting = sa.or_(
        sa.and_(Job.state == JobState.QUEUED, Job.run_after < now - STILL_AFTER),
        sa.and_(Job.state == JobState.RUNNING, Job.leased_until < now - STILL_AFTER),
    )
    count, oldest = session.execute(sa.select(sa.func.count(), sa.func.min(Job.created_at)).where(waiting)).one()
    if count:
        findings.append(Finding(
            "jobs", Text("작업 %(count)s건을 아무도 맡지 않고 있습니다.", count=count), oldest,
            Text("서버에서 worker 프로세스가 도는지 확인하고 다시 시작해 주세요. 남은 작업은 저절로 이어집니다."),
        ))
    return findings


def findings(app: Flask, session: Session, now: datetime) -> list[Finding]:
    """What every feature has found, as it stands in the database."""
    return [found for look in app.extensions["outreach"].registry.checks() for found in look(session, now)]


def write_down(app: Flask) -> None:
    """The clock's part: what stands still goes to the log, too."""
    now = app.extensions["outreach"].clock.now()
    for found in findings(app, db.session, now):
        log.warning("watch.standstill", what=found.name, since=found.since.isoformat(), text=str(found.title))
    db.session.rollback()


class ClockWatch:
    """A worker's eye on the clock: a clock that is down cannot tell of itself. Does no work."""

    def __init__(self, app: Flask):
        self._app, self._looks_at = app, time.monotonic() + LOOK

    def step(self) -> bool:
        if time.monotonic() >= self._looks_at:
            self._looks_at = time.monotonic() + LOOK
            with self._app.app_context():
                since = clock_silent(db.session, self._app.extensions["outreach"].clock.now())
                db.session.rollback()
            if since is not None:
                log.error("watch.clock_silent", since=since.isoformat())
        return False

    def close(self) -> None:
        pass
