"""Companies a second from a CSV file into SQLite, read, judged, matched and stored in chunks; beside the rate at which
SQLite takes the very same rows ready-made into the same tables and indexes: the limit on this machine."""

from __future__ import annotations

import csv
import os
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
from flask import Flask

from outreach.clock import SystemClock
from outreach.companies.imports import service
from outreach.companies.imports.plan import guess, opened
from outreach.companies.imports.store import COLUMNS
from outreach.companies.models import Company, Contact, Import, Workplace
from outreach.companies.rules import business_number_is_valid
from outreach.db import db, unit_of_work
from outreach.regions.loading import load_reference
from outreach.scope import Role, Scope
from tests.bench.table import show
from tests.conftest import make_app

ROWS = int(os.environ.get("BENCH_ROWS", "200000"))
HEADINGS = (
    "연번", "기업명", "사업자등록번호", "대표자", "업종코드", "소재지", "상시근로자수", "전화번호", "담당자", "직위",
    "이메일",
)
STREETS = (
    "인천 남동구 남동대로", "서울 구로구 디지털로", "경기 안산시 단원구 산단로", "부산 사상구 낙동대로",
    "대구 달서구 성서로",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "companies.csv"
        write_list(path)
        app = make_app(f"sqlite:///{folder}/bench.sqlite3", folder, SystemClock())
        with app.app_context():
            flask_migrate.upgrade()
            load_reference(db.session)
            db.session.commit()
            rates = [("CSV read, nothing done", ROWS / timed(lambda: read_only(path)), "rows/s")]
            import_id = prepare(app, path)
            rates.append(("read and judged", ROWS / timed(lambda: judge(app, import_id)), "rows/s"))
            rates.append(("imported, all new", ROWS / timed(lambda: run(app, import_id)), "rows/s"))
            again = prepare(app, path)
            rates.append(("imported again, unchanged", ROWS / timed(lambda: run(app, again)), "rows/s"))
            db.session.remove()
            db.engine.dispose()
        rates.insert(0, ("limit: same rows ready-made", ROWS / ready_made(folder / "bench.sqlite3"), "rows/s"))
        show(rates)
    print(f"{ROWS:,} rows; largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def timed(act) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def write_list(path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for serial, number in zip(range(ROWS), numbers(), strict=False):
            writer.writerow((
                serial + 1, f"㈜시험{serial}정밀", number, "김대표", "C2511", f"{STREETS[serial % 5]} {serial % 900}",
                serial % 300 + 1, f"032-{1000 + serial % 9000:04}-{serial % 10000:04}", "이담당", "과장",
                f"hr{serial}@firm{serial}.example.kr",
            ))


def numbers() -> Iterator[str]:
    """Different business numbers whose check digit is right, in no order."""
    for serial in range(10 * ROWS):
        stem = f"{(serial * 7_654_321 + 100_000_000) % 1_000_000_000:09}"
        yield next(f"{stem[:3]}-{stem[3:5]}-{stem[5:]}{check}" for check in range(10)
                   if business_number_is_valid(f"{stem}{check}"))


def read_only(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in csv.reader(file):
            pass


def prepare(app: Flask, path: Path) -> int:
    found = guess(path)
    now = SystemClock().now()
    header = (found.header.first, found.header.last)
    given = service.Settings(found.sheet, header, found.header.names, found.mapping)
    with unit_of_work(db.session) as session:
        scope = Scope(Role.HEADQUARTERS)
        row = service.take_file(session, scope, folder_of(app), path, now=now)
        service.set_plan(session, scope, row, given, now=now)
        service.begin_store(session, row)
        return row.id


def folder_of(app: Flask) -> Path:
    return app.extensions["outreach"].settings.folder("uploads")


def judge(app: Flask, import_id: int) -> None:
    row = db.session.get_one(Import, import_id)
    path = service.uploads.open_path(folder_of(app), row.upload)
    plan = service.plan_of(row)
    db.session.rollback()
    with opened(path, plan) as source:
        for _ in source.bundles():
            pass


def run(app: Flask, import_id: int) -> None:
    service.run(db.session, folder_of(app), import_id, SystemClock(), lambda done: None)


def ready_made(path: Path) -> float:
    """Seconds for the stored rows in chunks of 1000 into empty tables with the same indexes, as durable."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -64000"):
        connection.execute(f"PRAGMA {pragma}")
    tables = {}
    for model in (Company, Workplace, Contact):
        columns = ", ".join(f'"{name}"' for name in COLUMNS[model])
        rows = connection.execute(f"SELECT {columns} FROM {model.__tablename__} ORDER BY id").fetchall()
        tables[model] = columns, rows
    for model in (Contact, Workplace, Company):
        connection.execute(f"DELETE FROM {model.__tablename__}")
    started = time.perf_counter()
    for at in range(0, ROWS, 1000):
        connection.execute("BEGIN IMMEDIATE")
        for model, (columns, rows) in tables.items():
            marks = ", ".join("?" * len(COLUMNS[model]))
            sql = f"INSERT INTO {model.__tablename__} ({columns}) VALUES ({marks})"
            connection.executemany(sql, rows[at : at + 1000])
        connection.execute("COMMIT")
    taken = time.perf_counter() - started
    connection.close()
    return taken
