"""Jobs are seen by who started them; administrators see all."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from outreach.db import db
from outreach.jobs.models import Job, JobState
from outreach.jobs.service import enqueue
from outreach.scope import Role
from tests.people import SiteClient, make_user, sign_in


@pytest.fixture
def client(app: Flask) -> SiteClient:
    app.test_client_class = SiteClient
    return app.test_client()  # type: ignore[return-value]


def job_of(user_id: int | None, now: datetime, **values: object) -> Job:
    job = enqueue(db.session, "companies.import", {}, now=now, user_id=user_id)
    for name, value in values.items():
        setattr(job, name, value)
    db.session.flush()
    return job


def test_one_sees_ones_own_jobs(client: SiteClient, now: datetime) -> None:
    mine, other = make_user(Role.PROMOTION), make_user(Role.PROMOTION)
    own = job_of(mine.id, now, message="내 작업", done=3, total=10, state=JobState.RUNNING)
    job_of(other.id, now, message="남의 작업")
    sign_in(client, mine)
    page = client.get("/jobs").text
    assert "내 작업" in page and "3 / 10" in page and "남의 작업" not in page
    assert client.get(f"/jobs/{own.id}/progress").status_code == 200


def test_anothers_job_is_not_there(client: SiteClient, now: datetime) -> None:
    job = job_of(make_user(Role.PROMOTION).id, now)
    sign_in(client, make_user(Role.PROMOTION))
    assert client.get(f"/jobs/{job.id}/progress").status_code == 404
    assert client.get("/jobs/999999/progress").status_code == 404


def test_administrators_see_all(client: SiteClient, now: datetime) -> None:
    job_of(make_user(Role.PROMOTION).id, now, message="센터의 작업")
    job_of(None, now, message="시스템의 작업", state=JobState.FAILED)
    sign_in(client, make_user(Role.ADMINISTRATOR))
    everything = client.get("/jobs").text
    assert "센터의 작업" in everything and "시스템의 작업" in everything
    failed = client.get("/jobs?state=failed").text
    assert "시스템의 작업" in failed and "센터의 작업" not in failed


def test_partners_and_strangers_have_no_list(client: SiteClient) -> None:
    assert client.get("/jobs").status_code == 302
    sign_in(client, make_user(Role.PARTNER))
    assert client.get("/jobs").status_code == 403


def test_progress_asks_again_until_the_end(client: SiteClient, now: datetime) -> None:
    user = make_user(Role.PROMOTION)
    job = job_of(user.id, now, state=JobState.RUNNING, done=1, total=4)
    sign_in(client, user)
    answer = client.get(f"/jobs/{job.id}/progress?refresh=1")
    assert f'hx-get="/jobs/{job.id}/progress?refresh=1"' in answer.text and "25%" in answer.text
    assert "HX-Refresh" not in answer.headers
    db.session.get_one(Job, job.id).state = JobState.DONE
    answer = client.get(f"/jobs/{job.id}/progress?refresh=1")
    assert "hx-get" not in answer.text and answer.headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(f"/jobs/{job.id}/progress").headers


def test_a_fault_of_the_program_is_shown_in_full_to_administrators_only(client: SiteClient, now: datetime) -> None:
    user = make_user(Role.PROMOTION)
    job = job_of(user.id, now, state=JobState.FAILED, message="Traceback (most recent call last):\nsecret")
    sign_in(client, user)
    shown = client.get(f"/jobs/{job.id}/progress").text
    assert "secret" not in shown and str(job.id) in shown
    sign_in(client, make_user(Role.ADMINISTRATOR))
    assert "secret" in client.get("/jobs").text
