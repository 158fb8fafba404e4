"""Background jobs as rows: what is to be done, who does it, how far it is."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Identified, Json, UtcDateTime, db, enum_type


class JobState(str, enum.Enum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Identified, db.Model):
    """One job. ``key`` makes an enqueue idempotent while the job is open. A running job belongs to
    ``worker`` until ``leased_until``; after that any worker may take it up again."""

    __tablename__ = "job"

    kind: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str | None] = mapped_column(sa.String(128))
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[JobState] = mapped_column(enum_type(JobState), default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(sa.String(64))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    message: Mapped[str] = mapped_column(sa.Text, default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.Index("ix_job_state_run_after", "state", "run_after"),  # claiming the next job
        sa.Index(  # one open job per key
            "uq_job_open_key", "key", unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        ),
    )
