"""Milliseconds to count an audience with every exclusion, and to show the first page of the company list, over a
million companies in SQLite. Beside each: the bare SQL that merely counts, or fetches, the same rows through sqlite3."""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask

from campaigns.audience import service
from campaigns.audience.history import KEY as HISTORY
from campaigns.audience.rules import Conditions
from campaigns.audience.service import Question
from outreach.clock import SystemClock
from outreach.companies import search
from outreach.companies.search import CompanyFilter
from outreach.db import db
from outreach.regions.loading import load_reference
from outreach.scope import Role, Scope
from tests.bench.table import show
from tests.conftest import make_app

COMPANIES = int(os.environ.get("BENCH_COMPANIES", "1000000"))
CENTRE = 3
#: Per hundred: contacts without an address; addresses that opted out; addresses mailed ten days ago.
NO_ADDRESS, OPTED_OUT, MAILED = 10, 2, 10

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :companies) "
#: Spread evenly and the same in every run: the number's own digits, stirred by two large primes.
STIRRED = "(i * 2654435761 % 4294967291)"
ROWS = (
    f"""INSERT INTO company (id, name, name_key, representative, ksic, ksic_version, section, industry, homepage, memo,
        fictional, edited, version, created_at, updated_at)
        {NUMBERS} SELECT i, '가상 ' || {STIRRED}, '가상' || {STIRRED}, '', '25111', 11, 'C', '', '', '', 1, '{{}}', 1,
        :now, :now FROM n""",
    f"""INSERT INTO workplace (id, company_id, name, is_head, address, address_key, postcode, phone, phone_key,
        province_id, centre_id, section, ksic, headcount, edited, version, created_at, updated_at)
        {NUMBERS} SELECT i, i, '', 1, '', '', '', '', '', 1 + {STIRRED} % 17, 1 + {STIRRED} % 13,
        substr('CCCGGIFHJMQ', 1 + {STIRRED} % 11, 1), '25111', 1 + 600 / (1 + {STIRRED} % 300), '{{}}', 1, :now, :now
        FROM n""",
    f"""INSERT INTO contact (id, workplace_id, name, title, email, address_key, phone, edited, version, created_at,
        updated_at)
        {NUMBERS} SELECT i, i, '김', '', '', CASE WHEN {STIRRED} % 100 >= :no_address THEN 'p' || i || '@c.example' END,
        '', '{{}}', 1, :now, :now FROM n""",
    f"""INSERT INTO suppression (address_key, reason, source, created_at)
        {NUMBERS} SELECT 'p' || i || '@c.example', 'unsubscribed', '', :now FROM n WHERE i % 100 < :opted_out""",
    f"""INSERT INTO delivery (mailing_id, contact_id, workplace_id, company_id, address, address_key, "values", state,
        attempts, reply_text, done_at)
        {NUMBERS} SELECT 1, i, i, i, '', 'p' || i || '@c.example', '{{}}', 'accepted', 1, '', :mailed_at FROM n
        WHERE i % 100 >= 100 - :mailed""",
)
#: What is asked: the words, our conditions, the campaign's centre, the bare SQL's condition.
QUESTIONS: tuple[tuple[str, Conditions, int | None, str], ...] = (
    ("a centre", Conditions(centre_ids=(CENTRE,)), CENTRE, f"w.centre_id = {CENTRE}"),
    (
        "two provinces, two industries, 10-299", Conditions(
            province_ids=(1, 2), sections=("C", "G"), min_headcount=10, max_headcount=299
        ), None, "w.province_id IN (1, 2) AND w.section IN ('C', 'G') AND w.headcount BETWEEN 10 AND 299",
    ),
    ("the whole nation", Conditions(), None, "1"),
)
LISTS = (
    ("headquarters", Scope(Role.HEADQUARTERS), "SELECT * FROM company ORDER BY name LIMIT 50"),
    (
        "a centre", Scope(Role.CENTRE_MANAGER, centre_id=CENTRE),
        "SELECT * FROM company c WHERE EXISTS (SELECT 1 FROM workplace w WHERE w.company_id = c.id AND w.centre_id ="
        f" {CENTRE}) ORDER BY name LIMIT 50",
    ),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "bench.sqlite3"
        app = make_app(f"sqlite:///{path}", folder, clock=SystemClock())  # type: ignore[arg-type]
        with app.app_context():
            flask_migrate.upgrade()
            load_reference(db.session)
            db.session.commit()
            fill(path)
            bare = sqlite3.connect(path)
            for question in QUESTIONS:
                counting(app, bare, *question)
            for listing in LISTS:
                first_page(bare, *listing)
            bare.close()
            db.session.remove()
            db.engine.dispose()


def fill(path: Path) -> None:
    """The rows, made inside SQLite."""
    now = SystemClock().now()
    values = {
        "companies": COMPANIES, "no_address": NO_ADDRESS, "opted_out": OPTED_OUT, "mailed": MAILED,
        "now": f"{now:%Y-%m-%d %H:%M:%S.%f}", "mailed_at": f"{now - timedelta(days=10):%Y-%m-%d %H:%M:%S.%f}",
    }
    started = time.perf_counter()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for statement in ROWS:
            connection.execute(statement, values)
        connection.execute("ANALYZE")
    connection.close()
    print(f"{COMPANIES:,} companies made in {time.perf_counter() - started:.0f} s")


def counting(
    app: Flask, bare: sqlite3.Connection, words: str, conditions: Conditions, centre_id: int | None, where: str
) -> None:
    question = Question(conditions, centre_id, False, app.extensions[HISTORY], SystemClock().now())
    sql = f"SELECT count(*) FROM workplace w LEFT JOIN contact c ON c.workplace_id = w.id WHERE {where}"
    matched = bare.execute(sql).fetchone()[0]
    found = service.count(db.session, question)
    assert found.matched == matched, (found, matched)
    show([
        (f"limit: {matched:,} rows, bare count", median(lambda: bare.execute(sql).fetchone()), "ms"),
        (f"audience of {words}", median(lambda: service.count(db.session, question)), "ms"),
    ])


def first_page(bare: sqlite3.Connection, words: str, scope: Scope, sql: str) -> None:
    show([
        ("limit: 50 rows, bare select", median(lambda: bare.execute(sql).fetchall()), "ms"),
        (f"company list of {words}", median(lambda: search.find(db.session, scope, CompanyFilter())), "ms"),
    ])


def median(act: Callable[[], Any], times: int = 3) -> float:
    """Milliseconds, the middle one of ``times`` runs after a first; each in a transaction of its own."""
    taken = []
    for _ in range(times + 1):
        db.session.rollback()
        db.session.expunge_all()
        started = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()
