"""The same import on PostgreSQL, alone and against another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from outreach.clock import FixedClock
from outreach.companies.imports import service
from outreach.companies.models import Company, Consent, Contact, Import, ImportReject, MergeSuggestion, Workplace
from outreach.db import db, unit_of_work
from outreach.demo.companies import fictional_companies
from outreach.demo.workbook import office_workbook
from outreach.regions.loading import load_reference
from tests import postgres
from tests.conftest import NOW, make_app
from tests.outreach.companies.imports.lists import (
    bring_in,
    check,
    clock,
    company_row,
    folder,
    listing,
    numbers,
    report,
    upload,
)

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with postgres.running() as url:
        app = make_app(url, Path(tmp_path_factory.mktemp("data")), FixedClock(NOW))
        with app.app_context():
            flask_migrate.upgrade()
            load_reference(db.session)
            db.session.commit()
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(migrated: Flask) -> Flask:
    with unit_of_work(db.session) as session:
        for model in (MergeSuggestion, ImportReject, Import, Consent, Contact, Workplace, Company):
            session.execute(sa.delete(model))
    return migrated


def counted(model) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_an_office_list_twice_and_changed(app: Flask) -> None:
    content = office_workbook(list(fictional_companies(150)))
    confirmed = {"as_of": date(2026, 11, 1), "evidence": "신청서"}
    promised = check(app, upload(app, content, **confirmed))
    first = bring_in(app, content, **confirmed)
    assert dict(first.counts) == dict(promised.counts)
    assert counted(Company) == first.counts["created"] > 100 and counted(Consent) == first.counts["consents"] > 0
    again = bring_in(app, content, **confirmed)
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)
    assert numbers(bring_in(app, listing([company_row(1)]))) == (1, 0, 0, 0)
    assert numbers(bring_in(app, listing([company_row(1, 직위="부장")]))) == (0, 1, 0, 0)


def test_two_imports_at_once_of_companies_without_numbers(app: Flask) -> None:
    content = listing([company_row(serial, 사업자등록번호="") for serial in range(800)])
    ids = []
    for name in ("하나.csv", "둘.csv"):
        ids.append(upload(app, content, name=name))
        with unit_of_work(db.session) as session:
            service.begin_store(session, session.get_one(Import, ids[-1]))
    failed: list[BaseException] = []

    def work(import_id: int) -> None:
        with app.app_context():
            try:
                service.run(db.session, folder(app), import_id, clock(app), lambda done: None)
            except BaseException as error:
                failed.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(import_id,)) for import_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert counted(Company) == counted(Contact) == 800
    assert sum(report(import_id).counts["created"] for import_id in ids) == 800
