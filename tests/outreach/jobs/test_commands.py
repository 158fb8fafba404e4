"""`flask jobs`: what there is, and one run by hand, with exit statuses."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import Flask

from outreach.db import db
from outreach.errors import DomainError
from outreach.feature import JobKind
from outreach.jobs.models import Job, JobState
from outreach.jobs.service import enqueue


def install(app: Flask, run: object) -> None:
    app.extensions["outreach"].registry.job_kinds["test.kind"] = JobKind("test.kind", "시험", run)  # type: ignore[arg-type]


def test_list_names_schedules_kinds_and_jobs(app: Flask, now: datetime) -> None:
    install(app, lambda context, payload: None)
    enqueue(db.session, "test.kind", {}, now=now)
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["jobs", "list"])
    assert result.exit_code == 0
    assert "jobs.purge" in result.output and "test.kind" in result.output and "queued" in result.output


def test_a_kind_runs_in_the_foreground(app: Flask) -> None:
    install(app, lambda context, payload: context.report(1, 1) or {"ok": True})
    result = app.test_cli_runner().invoke(args=["jobs", "run", "test.kind"])
    assert result.exit_code == 0, result.output
    done = db.session.scalars(sa.select(Job)).one()
    assert (done.state, done.result) == (JobState.DONE, {"ok": True})


def test_a_failure_is_exit_status_1_with_its_words(app: Flask) -> None:
    def run(context: object, payload: object) -> None:
        raise DomainError("회사 목록이 없습니다.")

    install(app, run)
    result = app.test_cli_runner().invoke(args=["jobs", "run", "test.kind"])
    assert result.exit_code == 1 and "회사 목록이 없습니다." in result.output


def test_a_schedule_runs_by_name(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["jobs", "run", "jobs.purge"]).exit_code == 0


def test_an_unknown_name_is_exit_status_2(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["jobs", "run", "nonsense"])
    assert result.exit_code == 2 and "jobs.purge" in result.output
