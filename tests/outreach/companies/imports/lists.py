"""Lists for the import tests, and the import done in one call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from outreach.companies.imports import service
from outreach.companies.imports.plan import guess
from outreach.companies.imports.report import Report
from outreach.companies.models import ConsentPurpose, Import
from outreach.db import db, unit_of_work
from outreach.scope import Scope
from tests.outreach.companies.making import HEADQUARTERS
from tests.outreach.companies.office_files import hyphened, text

HEADINGS = ("기업명", "사업자등록번호", "소재지", "상시근로자수", "전화번호", "담당자", "직위", "이메일")


def company_row(serial: int, **cells: Any) -> list[Any]:
    """The row of an invented company; ``cells`` by heading."""
    row = {
        "기업명": f"㈜시험{serial}정밀", "사업자등록번호": hyphened(serial),
        "소재지": f"서울특별시 구로구 디지털로 {serial}", "상시근로자수": str(serial % 300 + 1),
        "전화번호": f"02-2100-{serial % 10_000:04}", "담당자": "김담당", "직위": "과장",
        "이메일": f"hr{serial}@firm{serial}.example.kr",
    }
    return [cells.get(heading, row[heading]) for heading in HEADINGS]


def listing(rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    return text([headings, *rows], encoding="utf-8-sig")


def upload(
    app: Flask, content: bytes, *, scope: Scope = HEADQUARTERS, name: str = "명단.csv", as_of: date | None = None,
    evidence: str = "", purpose: ConsentPurpose = ConsentPurpose.ADVERTISING, without: Sequence[str] = (),
) -> int:
    """A list uploaded and mapped as its headings suggest; the id of its import."""
    found = guess(content)
    mapping = {column: target for column, target in found.mapping.items() if target not in without}
    given = service.Settings(
        found.sheet, (found.header.first, found.header.last), found.header.names, mapping, as_of, purpose, evidence
    )
    with unit_of_work(db.session) as session:
        row = service.upload(session, scope, folder(app), content, name, now=now(app))
        service.set_plan(session, scope, row, given, now=now(app))
        return row.id


def check(app: Flask, import_id: int) -> Report:
    return service.check(db.session, folder(app), import_id, clock(app), lambda done: None)


def store(app: Flask, import_id: int) -> Report:
    """Import what was uploaded, and what it counted."""
    with unit_of_work(db.session) as session:
        service.begin_store(session, session.get_one(Import, import_id))
    service.run(db.session, folder(app), import_id, clock(app), lambda done: None)
    return report(import_id)


def bring_in(app: Flask, content: bytes, **values: Any) -> Report:
    return store(app, upload(app, content, **values))


def report(import_id: int) -> Report:
    db.session.rollback()
    row = db.session.get_one(Import, import_id, populate_existing=True)
    return Report(row.counts, row.warnings)


def numbers(result: Report) -> tuple[int, int, int, int]:
    """created, updated, unchanged, rejected"""
    return tuple(result.counts[name] for name in ("created", "updated", "unchanged", "rejected"))  # type: ignore[return-value]


def folder(app: Flask) -> Path:
    return app.extensions["outreach"].settings.folder("uploads")


def clock(app: Flask) -> Any:
    return app.extensions["outreach"].clock


def now(app: Flask) -> datetime:
    return clock(app).now()


def later(app: Flask, **delta: float) -> datetime:
    return now(app) + timedelta(**delta)
