"""Uploaded lists go when their time is over; what was imported and how many rows were rejected stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from outreach.companies.imports import retention
from outreach.companies.models import Company, Import, ImportReject, ImportState
from outreach.db import db
from outreach.errors import NotFound
from outreach.scope import Role
from outreach.uploads import service as uploads
from tests.outreach.companies.imports.lists import company_row, folder, listing, store, upload
from tests.people import make_user, sign_in

DAY = timedelta(days=1)


def a_list(serial: int = 1) -> bytes:
    """One good row, and one that is rejected."""
    return listing([company_row(serial), company_row(serial + 1, 이메일="wrong")])


def erase(app) -> str:
    result = app.test_cli_runner().invoke(args=["jobs", "run", "retention.erase"])
    assert result.exit_code == 0, result.output
    db.session.rollback()
    return result.output


def files(app) -> int:
    return sum(path.is_file() for path in folder(app).rglob("*"))


def rejects() -> int:
    return db.session.scalar(sa.select(sa.func.count(ImportReject.id)))


def test_a_list_is_erased_when_its_time_is_over_and_not_before(app, clock):
    import_id = upload(app, a_list())
    store(app, import_id)
    before = db.session.get_one(Import, import_id).counts
    for wait, files_left, rejects_left in ((retention.KEEP - DAY, 1, 1), (2 * DAY, 0, 0)):
        clock.advance(days=wait.days)
        erase(app)
        assert (files(app), rejects()) == (files_left, rejects_left)
    row = db.session.get_one(Import, import_id)
    assert (row.state, row.counts, row.warnings) == (ImportState.DONE, before, [])
    assert db.session.scalar(sa.select(sa.func.count(Company.id))) == 1
    with pytest.raises(NotFound, match="보관 기간"):
        uploads.open_path(folder(app), row.upload)


def test_the_same_file_uploaded_again_keeps_it(app, clock):
    first = upload(app, a_list())
    store(app, first)
    clock.advance(days=retention.KEEP.days)
    again = upload(app, a_list())
    clock.advance(days=1)
    erase(app)
    assert files(app) == 1
    assert db.session.get_one(Import, first).upload.kind == uploads.ERASED
    assert uploads.open_path(folder(app), db.session.get_one(Import, again).upload).is_file()


def test_a_list_left_lying_is_cancelled(app, clock):
    import_id = upload(app, a_list())
    clock.advance(days=retention.KEEP.days + 1)
    erase(app)
    assert (files(app), db.session.get_one(Import, import_id).state) == (0, ImportState.CANCELLED)


def test_one_that_is_being_imported_waits(app, clock):
    import_id = upload(app, a_list())
    db.session.get_one(Import, import_id).state = ImportState.IMPORTING
    db.session.commit()
    clock.advance(days=retention.KEEP.days + 1)
    erase(app)
    assert files(app) == 1


def test_the_page_says_so(app, clock, client):
    import_id = upload(app, a_list())
    store(app, import_id)
    clock.advance(days=retention.KEEP.days + 1)
    erase(app)
    user = make_user(Role.HEADQUARTERS)
    db.session.commit()
    sign_in(client, user)
    page = client.get(f"/companies/imports/{import_id}").text
    assert "보관 기간(90일)이 지나 올린 파일과 반려된 행을 지웠습니다" in page
