"""Several processes edit one row at once: every edit is kept, or its author is told. On both databases."""

from __future__ import annotations

import multiprocessing

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm.exc import StaleDataError

from outreach.companies.models import Company
from outreach.config import Settings
from outreach.db import db, unit_of_work
from tests.conftest import NOW, make_app

PROCESSES, EDITS = 4, 50


def edit_many_times(settings: Settings, company_id: int, told: multiprocessing.Queue) -> None:
    """Read, think, write back; who was too late reads again, as a person would."""
    app, too_late = make_app(settings.database_url, settings.data_dir), 0
    with app.app_context():
        for _ in range(EDITS):
            while not edit(company_id):
                too_late += 1
        db.engine.dispose()
    told.put(too_late)


def edit(company_id: int) -> bool:
    try:
        with unit_of_work(db.session) as session:
            company = session.get_one(Company, company_id, populate_existing=True)
            company.headcount = (company.headcount or 0) + 1
    except StaleDataError:
        return False
    return True


@pytest.mark.slow
def test_no_edit_of_a_versioned_row_is_lost(app: Flask) -> None:
    company = Company(name="가상정밀", name_key="가상정밀", created_at=NOW, updated_at=NOW)
    with unit_of_work(db.session) as session:
        session.add(company)
    company_id, settings = company.id, app.extensions["outreach"].settings
    db.session.remove()
    db.engine.dispose()
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    workers = [
        context.Process(target=edit_many_times, args=(settings, company_id, told)) for _ in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    too_late = sum(told.get(timeout=120) for _ in workers)
    for worker in workers:
        worker.join(60)
    edited = db.session.execute(sa.select(Company.headcount, Company.version).where(Company.id == company_id)).one()
    assert edited.headcount == PROCESSES * EDITS
    assert edited.version == 1 + PROCESSES * EDITS
    if db.engine.dialect.name == "sqlite":
        assert too_late == 0, "a unit of work that writes sees the present and keeps it"
