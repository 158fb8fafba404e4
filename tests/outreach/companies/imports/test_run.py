"""Runs that are killed, doubled, cancelled, or meet another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from outreach.companies.imports import engine, service
from outreach.companies.models import Company, Contact, Import, ImportReject, ImportState, Workplace
from outreach.db import db, unit_of_work
from tests.outreach.companies.imports.lists import (
    clock,
    company_row,
    folder,
    listing,
    numbers,
    report,
    store,
    upload,
)
from tests.outreach.companies.making import HEADQUARTERS

ROWS = 20_000

RUNNER = """
import sys
from pathlib import Path
from outreach.clock import SystemClock
from outreach.companies.imports import service
from outreach.db import db
from tests.conftest import make_app
url, data, import_id = sys.argv[1:]
app = make_app(url, Path(data))
with app.app_context():
    print("started", flush=True)
    service.run(db.session, app.extensions["outreach"].settings.folder("uploads"), int(import_id), SystemClock(),
                lambda done: print(done, flush=True))
"""


def big_list(rows: int = ROWS) -> bytes:
    """Every tenth row is wrong, every seventh without a business number."""
    told = []
    for serial in range(rows):
        cells = {"기업명": f"㈜큰명단{serial}", "전화번호": f"02-{2000 + serial // 10_000}-{serial % 10_000:04}"}
        if serial % 7 == 0 or serial >= 8000:
            cells["사업자등록번호"] = ""
        if serial % 10 == 0:
            cells["이메일"] = "wrong"
        told.append(company_row(serial, **cells))
    return listing(told)


def counted(model):
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def begin(app, content, **values):
    import_id = upload(app, content, **values)
    with unit_of_work(db.session) as session:
        service.begin_store(session, session.get_one(Import, import_id))
    return import_id


def start_process(app, import_id):
    settings = app.extensions["outreach"].settings
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, settings.database_url, str(settings.data_dir), str(import_id)],
        stdout=subprocess.PIPE, text=True, cwd=Path.cwd(), env={**os.environ, "PYTHONPATH": "."},
    )


def check_whole(import_id, rows=ROWS):
    """None lost, none doubled."""
    wrong = len(range(0, rows, 10))
    assert numbers(report(import_id)) == (rows - wrong, 0, 0, wrong)
    assert [counted(model) for model in (Company, Workplace, Contact)] == [rows - wrong] * 3
    assert counted(ImportReject) == wrong
    assert db.session.scalar(sa.select(sa.func.count(sa.distinct(Company.name_key)))) == rows - wrong
    assert db.session.get_one(Import, import_id).state is ImportState.DONE


@pytest.mark.slow
def test_killed_in_the_middle_and_run_again(app):
    import_id = begin(app, big_list())
    kills = 0
    while True:
        process = start_process(app, import_id)
        seen = iter(process.stdout)
        for line in seen:
            if line.strip().isdigit() and kills < 3 and int(line) < ROWS * (kills + 1) // 4 + 5000:
                time.sleep(0.02 * kills)
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
        else:
            assert process.wait() == 0
            break
        process.wait()
        db.session.rollback()
        done = db.session.get_one(Import, import_id, populate_existing=True)
        assert 0 < done.next_row < ROWS
        assert counted(Company) + counted(ImportReject) == done.next_row
        db.session.rollback()  # a test's transaction is a writer; the next process would wait for it
    assert kills == 3
    check_whole(import_id)


@pytest.mark.slow
def test_two_runs_of_one_import_at_once_store_it_once(app):
    rows = 6000
    import_id = begin(app, big_list(rows))
    processes = [start_process(app, import_id) for _ in range(2)]
    assert [process.wait(300) for process in processes] == [0, 0]
    check_whole(import_id, rows)


@pytest.mark.slow
def test_two_imports_of_the_same_companies_at_once(app):
    rows = 3000
    content = big_list(rows)
    ids = [begin(app, content, name=name) for name in ("하나.csv", "둘.csv")]
    processes = [start_process(app, import_id) for import_id in ids]
    assert [process.wait(300) for process in processes] == [0, 0]
    good = rows - len(range(0, rows, 10))
    assert counted(Company) == counted(Contact) == good
    created = [report(import_id).counts["created"] for import_id in ids]
    unchanged = [report(import_id).counts["unchanged"] for import_id in ids]
    assert sum(created) == good == sum(unchanged)


def test_cancelling_stops_before_the_next_chunk(app, monkeypatch):
    monkeypatch.setattr(engine, "SMALLEST_CHUNK", 50)
    monkeypatch.setattr(engine, "LARGEST_CHUNK", 50)
    import_id = begin(app, big_list(300))

    def stop(done):
        with unit_of_work(db.session) as session:
            service.cancel(session, HEADQUARTERS, session.get_one(Import, import_id), now=clock(app).now())

    assert service.run(db.session, folder(app), import_id, clock(app), stop) is ImportState.CANCELLED
    assert counted(Company) + counted(ImportReject) == 50


def test_one_list_of_half_known_companies_in_small_chunks(app, monkeypatch):
    """Whatever the size of the chunks, the result is the same."""
    store(app, upload(app, big_list(120)))
    for size in (1, 7, 1000):
        monkeypatch.setattr(engine, "SMALLEST_CHUNK", size)
        monkeypatch.setattr(engine, "LARGEST_CHUNK", size)
        again = store(app, upload(app, big_list(120)))
        assert numbers(again) == (0, 0, 108, 12)


def test_readers_and_writers_get_their_turn_during_an_import(app):
    """No other writing waits for the whole import."""
    import_id = begin(app, big_list(4000))
    waits: list[float] = []
    stop = threading.Event()

    def other():
        with app.app_context():
            while not stop.is_set():
                began = time.perf_counter()
                with unit_of_work(db.session) as session:
                    session.execute(sa.update(Import).where(Import.id == -1).values(message=""))
                waits.append(time.perf_counter() - began)
                time.sleep(0.01)

    thread = threading.Thread(target=other)
    thread.start()
    service.run(db.session, folder(app), import_id, clock(app), lambda done: None)
    stop.set()
    thread.join()
    assert len(waits) > 3
    assert max(waits) < 10
