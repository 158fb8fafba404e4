"""What one recipient costs on PostgreSQL: the figures that docs/scale.md multiplies."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from campaigns.delivery.engine import Engine
from outreach.db import db
from tests import postgres
from tests.bench import mail_peers, mail_run

RECIPIENTS = int(os.environ.get("BENCH_RECIPIENTS", "20000"))
_TICK = os.sysconf("SC_CLK_TCK")


def _server_cpu() -> float:
    """Of all processes of PostgreSQL servers, those that have ended included."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == "postgres":
                fields = path.with_name("stat").read_text().rpartition(")")[2].split()
                parent = Path(f"/proc/{fields[1]}/comm").read_text().strip()
                ended = 0 if parent == "postgres" else int(fields[13]) + int(fields[14])
                total += (int(fields[11]) + int(fields[12]) + ended) / _TICK
        except OSError:
            continue
    return total


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with postgres.running(durable=True) as url, mail_peers.sink() as port:
            _measure(url, folder, f"smtp://127.0.0.1:{port}")
    finally:
        shutil.rmtree(folder)


def _measure(url: str, folder: Path, smtp_url: str) -> None:
    app, mailing_id = mail_run.prepare(url, folder, smtp_url, RECIPIENTS)
    with app.app_context():
        written = _bytes()
        mail_run._start(mailing_id)
        engine, wal = Engine(app), _wal()
        mine, servers, started = time.process_time(), _server_cpu(), time.monotonic()
        while engine.step():
            pass
        mine, servers = time.process_time() - mine, _server_cpu() - servers
        seconds = time.monotonic() - started
        engine.close()
        done, wal = _bytes(), _wal() - wal
        trips = db.session.scalar(sa.text(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        ))
        db.session.rollback()
        size = mail_run.message_bytes(app, mailing_id)
    per = 1e6 / RECIPIENTS
    print(f"recipients {RECIPIENTS:,}, {RECIPIENTS / seconds:,.0f}/s with this machine's load")
    print(f"worker     {mine * per:8.1f} us of processor time a message")
    print(f"database   {servers * per:8.1f} us of processor time a message (all its processes)")
    rows = f"{written / RECIPIENTS:8.0f} bytes written down, {done / RECIPIENTS:,.0f} when accepted"
    print(f"row        {rows}, with indexes")
    print(f"log        {wal / RECIPIENTS:8.0f} bytes of write-ahead log a message")
    print(f"journal    {2 * 128:8d} bytes a message, emptied after each batch")
    print(f"message    {size:8,d} bytes")
    print(f"units      {trips:8,d} transactions in all (batches, opt-out look-ups, looks)")
    mail_run.let_go(app)


def _bytes() -> int:
    size = db.session.scalar(sa.text("SELECT pg_total_relation_size('delivery')"))
    db.session.rollback()
    return int(size)


def _wal() -> int:
    at = db.session.scalar(sa.text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"))
    db.session.rollback()
    return int(at)


if __name__ == "__main__":
    main()
