"""The daily erasure as such, the records of accesses, and the public page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from outreach.audit.models import AccessKind, AccessRecord, ChangeRecord
from outreach.db import db
from outreach.jobs.models import Job, JobState
from outreach.jobs.runner import JobSource
from outreach.oversight import retention as audit
from outreach.retention import jobs
from outreach.retention.routes import term


def add_accesses(at, number: int = 1) -> None:
    db.session.add_all(
        AccessRecord(at=at, user_email="a@b.example", address="", kind=AccessKind.VIEW, subject="contact",
                     subject_ids=[1], subject_count=1)
        for _ in range(number)
    )
    db.session.commit()


def accesses() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(AccessRecord.id)))


def records(app):
    return app.extensions["outreach"].registry.records()


def test_the_clock_asks_once_and_a_worker_erases(app, clock):
    add_accesses(clock.now())
    clock.advance(days=audit.KEEP.days + 1)
    jobs.begin(app)
    jobs.begin(app)  # another clock, or a run that is still under way
    assert JobSource(app).step() and not JobSource(app).step()
    assert accesses() == 0
    done = db.session.scalars(sa.select(Job)).one()
    assert (done.state, done.result["audit.accesses"]) == (JobState.DONE, 1)


def test_accesses_are_known_for_two_years_at_least(app, clock):
    add_accesses(clock.now())
    clock.advance(days=2 * 366)
    assert app.test_cli_runner().invoke(args=["jobs", "run", "retention.erase"]).exit_code == 0
    assert accesses() == 1
    assert audit.ACCESSES.keep >= timedelta(days=2 * 366) and audit.CHANGES.keep >= timedelta(days=2 * 366)


def test_many_rows_go_in_small_units_each_with_its_record(app, clock, monkeypatch):
    monkeypatch.setattr(jobs, "CHUNK", 3)
    add_accesses(clock.now(), 8)
    clock.advance(days=audit.KEEP.days + 1)
    add_accesses(clock.now())
    assert app.test_cli_runner().invoke(args=["jobs", "run", "retention.erase"]).exit_code == 0
    assert accesses() == 1
    erased = db.session.scalars(sa.select(ChangeRecord).filter_by(subject="retention").order_by(ChangeRecord.id)).all()
    assert [row.changes for row in erased] == [{"audit.accesses": [None, number]} for number in (3, 3, 2)]


def test_a_run_that_breaks_keeps_what_it_did_and_goes_on(app, clock, monkeypatch):
    monkeypatch.setattr(jobs, "CHUNK", 3)
    add_accesses(clock.now(), 7)
    clock.advance(days=audit.KEEP.days + 1)
    run = ["jobs", "run", "retention.erase"]
    real = jobs.record_change

    def fails(*args, **values):
        real(*args, **values)
        if accesses_within() < 3:
            raise OSError("disk full")

    def accesses_within() -> int:
        return db.session.scalar(sa.select(sa.func.count(AccessRecord.id)))

    monkeypatch.setattr(jobs, "record_change", fails)
    assert app.test_cli_runner().invoke(args=run).exit_code == 1
    assert accesses() == 4  # the first chunk is gone for good, the second came back
    monkeypatch.setattr(jobs, "record_change", real)
    assert app.test_cli_runner().invoke(args=run).exit_code == 0
    assert accesses() == 0


def test_every_class_says_what_why_and_when(app):
    names = [record.name for record in records(app)]
    assert len(names) == len(set(names))
    for record in records(app):
        assert record.label and record.reason
        timed = record.keep is not None
        assert timed == bool(record.due) == bool(record.erase) == bool(record.begins) == bool(record.erased)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_shows_every_class_without_signing_in(app, client, language):
    client.set_cookie("language", language)
    page = client.get("/privacy")
    assert page.status_code == 200
    with app.test_request_context(headers={"Accept-Language": language}):
        terms = {term(record.keep) for record in records(app) if record.keep}
    assert page.text.count("<dt>") == len(records(app))
    if language == "ko":
        assert terms == {"90일", "30일", "1년", "3년"} and all(word in page.text for word in terms)


def test_the_first_page_of_a_company_leads_there(client):
    assert 'href="/privacy"' in client.get("/login").text
