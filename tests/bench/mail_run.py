"""One sending by the product's own processes: real workers (and a clock), every state durable."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from campaigns.delivery import lawful
from campaigns.delivery.models import Delivery
from campaigns.delivery.wake import wake
from campaigns.mailings.message import MessageWriter
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.planning.models import Campaign
from outreach.calendar import service as calendar
from outreach.clock import SystemClock
from outreach.companies.topics import Topic
from outreach.db import db, unit_of_work
from tests.bench import mail_letter
from tests.conftest import make_app
from tests.roles import start_role

PATIENCE = 3600.0  # seconds, for a whole sending


@dataclass(frozen=True)
class Sent:
    """``rate``: messages a second, from the word to go to the last commit. ``peak_mb``: the most memory that any
    worker held. ``delays``: seconds from the word to go to each recipient's recorded acceptance, sorted."""

    rate: float
    peak_mb: float
    delays: Sequence[float]


def prepare(url: str, folder: Path, smtp_url: str, recipients: int) -> tuple[Flask, int]:
    """A database with one mailing, approved and not started, and its recipients. (application, mailing id)"""
    app = make_app(url, folder, clock=SystemClock(), smtp_url=smtp_url)  # type: ignore[arg-type]
    with app.app_context():
        flask_migrate.upgrade()
        now = SystemClock().now()
        calendar.open_always(db.session, reason="measured at any time of day", now=now)
        mailing = Mailing(
            campaign=Campaign(name="벤치", created_at=now, updated_at=now), title="벤치", state=MailingState.APPROVED,
            message_class=MessageClass.PUBLIC_NOTICE, class_reason="공공기관의 제도 안내로 영리 목적이 없습니다.",
            topic=Topic.SUBSTITUTES, approved_at=now, approved_by=1, subject=mail_letter.SUBJECT,
            sender_name=mail_letter.SENDER_NAME, sender_address=mail_letter.SENDER, sender_phone="02-0000-0000",
            sender_postal="서울 가상로 1", approved_hash="x", created_at=now, updated_at=now,
            compiled=mail_letter.composed().to_json(),
        )
        db.session.add(mailing)
        db.session.flush()
        assert not lawful.obstacles(db.session, mailing, now=now), "a mailing that would be held back measures nothing"
        db.session.execute(_recipients(db.engine.dialect.name), {"mailing": mailing.id, "count": recipients})
        db.session.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        return app, mailing.id


def message_bytes(app: Flask, mailing_id: int) -> int:
    """The size of one message."""
    outreach = app.extensions["outreach"]
    with app.app_context():
        writer = MessageWriter.of(
            db.session.get_one(Mailing, mailing_id), outreach.settings.base_url, outreach.signer, outreach.clock
        )
        db.session.rollback()
    return len(writer.render(500_000, "p500000@c0.example", {"회사명": "가상기업 500000", "담당자": "김담당500000"}))


def send(
    app: Flask, mailing_id: int, smtp_url: str, *, workers: int = 1, at: datetime | None = None,
    environment: Mapping[str, str] | None = None,
) -> Sent:
    """Start ``workers``, each with a data folder of its own on PostgreSQL, and let them send the mailing: at once,
    or at ``at`` by a clock that sleeps until then."""
    roles = [("worker", "--only", "mailings")] * workers + [("clock",)] * (at is not None)
    with contextlib.ExitStack() as running, app.app_context():
        processes = [
            running.enter_context(_role(app, number, smtp_url, role, environment or {}))
            for number, role in enumerate(roles)
        ]
        for process in processes:
            _await_ready(process)
        started = _schedule(mailing_id, at) if at else _start(mailing_id)
        _await_end(mailing_id)
        peak = max(_peak_mb(process.pid) for process in processes[:workers])
        delays = _delays(mailing_id, started)
    return Sent(len(delays) / delays[-1], peak, delays)


@contextlib.contextmanager
def _role(
    app: Flask, number: int, smtp_url: str, role: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    settings = app.extensions["outreach"].settings
    folder = settings.data_dir if settings.is_sqlite else settings.data_dir / f"host-{number}"
    folder.mkdir(exist_ok=True)
    process = start_role(folder, settings.database_url, smtp_url, *role, environment=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _await_ready(process: subprocess.Popen[bytes]) -> None:
    """Until it has named itself, and a moment for its first look at the database."""
    deadline = time.monotonic() + 120
    while not Path(f"/proc/{process.pid}/comm").read_text().startswith("outreach-"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("a role did not start")
        time.sleep(0.1)
    time.sleep(3)


def _start(mailing_id: int) -> datetime:
    now = SystemClock().now()
    with unit_of_work(db.session) as session:
        session.execute(
            sa.update(Mailing).where(Mailing.id == mailing_id).values(state=MailingState.SENDING, started_at=now)
        )
        wake(session, now=now)
    return now


def _schedule(mailing_id: int, at: datetime) -> datetime:
    with unit_of_work(db.session) as session:
        values = {"state": MailingState.SCHEDULED, "scheduled_at": at}
        session.execute(sa.update(Mailing).where(Mailing.id == mailing_id).values(**values))
    return at


def _await_end(mailing_id: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while db.session.scalar(sa.select(Mailing.state).where(Mailing.id == mailing_id)) is not MailingState.FINISHED:
        db.session.rollback()
        if time.monotonic() > deadline:
            raise RuntimeError("the mailing was not finished in time")
        time.sleep(0.2)
    db.session.rollback()


def _delays(mailing_id: int, started: datetime) -> list[float]:
    """Raises AssertionError if anything but acceptance became of anyone."""
    rows = db.session.execute(
        sa.select(Delivery.state, Delivery.done_at, sa.func.count()).where(Delivery.mailing_id == mailing_id)
        .group_by(Delivery.state, Delivery.done_at).order_by(Delivery.done_at)
    ).all()
    db.session.rollback()
    states = {state.value for state, _, _ in rows}
    assert states == {"accepted"}, states
    return [(done_at - started) / timedelta(seconds=1) for _, done_at, number in rows for _ in range(number)]


def _peak_mb(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _recipients(dialect: str) -> sa.TextClause:
    """INSERT of ``:count`` recipients of ``:mailing`` in one statement. A column that is not named here gets the
    default of its model."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) SELECT {} FROM n"
    if dialect == "postgresql":
        numbers = "SELECT {} FROM generate_series(1, :count) AS n(i)"
    values: dict[str, str] = {
        "mailing_id": ":mailing", "contact_id": "i", "workplace_id": "i", "company_id": "i",
        "domain": "'c' || (i % 500) || '.example'",
        "address": "'p' || i || '@c' || (i % 500) || '.example'",
        "address_key": "'p' || i || '@c' || (i % 500) || '.example'",
        "values": """CAST('{"회사명": "가상기업 ' || i || '", "담당자": "김담당' || i || '"}' AS """
        + ("jsonb)" if dialect == "postgresql" else "text)"),
        "state": "'queued'",
    }
    for column in Delivery.__table__.columns:
        if column.name not in values and not column.nullable and not column.primary_key:
            values[column.name] = _literal(column.default.arg if column.default is not None else "")
    names = ", ".join(f'"{name}"' for name in values)
    return sa.text(f"INSERT INTO delivery ({names}) " + numbers.format(", ".join(values.values()))
                   .replace('": "', '"\\: "'))


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"'{getattr(value, 'value', value)}'"


def dkim_environment(folder: Path, keys: Mapping[str, bytes]) -> dict[str, str]:
    """OUTREACH_DKIM_KEYS for these private keys (PEM by selector)."""
    parts = []
    for selector, pem in keys.items():
        path = folder / f"{selector}.pem"
        path.write_bytes(pem)
        path.chmod(0o600)
        parts.append(f"{selector}@outreach.example={path}")
    return {"OUTREACH_DKIM_KEYS": ",".join(parts)}


def let_go(app: Flask) -> None:
    """Close what this process holds of the database."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
