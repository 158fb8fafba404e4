"""Which jobs a person may see: one's own; administrators see all."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.errors import NotFound
from outreach.jobs.models import Job, JobState
from outreach.scope import Role, Scope


def visible_jobs(scope: Scope, *, state: JobState | None = None) -> sa.Select[tuple[Job]]:
    """Newest first."""
    query = sa.select(Job).order_by(Job.id.desc())
    if scope.role is not Role.ADMINISTRATOR:
        query = query.where(Job.created_by == scope.user_id)
    return query.where(Job.state == state) if state else query


def visible_job(session: Session, scope: Scope, job_id: int) -> Job:
    """Raises NotFound, for another's job, too."""
    job = session.scalar(visible_jobs(scope).where(Job.id == job_id))
    if job is None:
        raise NotFound("작업을 찾을 수 없습니다. 오래된 기록은 지워집니다.")
    return job
