"""What jobs contribute: the worker's side of the job table, its tidying, and the commands."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l

from outreach.db import db, unit_of_work
from outreach.feature import Feature, Schedule, WorkSource
from outreach.jobs.commands import jobs
from outreach.jobs.models import Job, JobState
from outreach.jobs.runner import JobSource, release
from outreach.jobs.service import SOURCE

KEEP = timedelta(days=90)


def _purge(app: Flask) -> None:
    """Delete jobs that ended more than KEEP ago; what they made stays."""
    ended = Job.state.in_([JobState.DONE, JobState.FAILED])
    with unit_of_work(db.session) as session:
        session.execute(sa.delete(Job).where(ended, Job.finished_at < app.extensions["outreach"].clock.now() - KEEP))


feature = Feature(
    name="jobs",
    work=(WorkSource(SOURCE, JobSource, release),),
    schedules=(Schedule("jobs.purge", _l("끝난 작업 기록 정리"), 24 * 3600, _purge),),
    commands=(jobs,),
)
