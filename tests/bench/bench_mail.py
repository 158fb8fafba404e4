"""Messages a second through the sending job (claims, journal, results all durable) into Postfix's smtp-sink,
beside smtp-source's rate into the same sink: the limit on this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import sqlalchemy as sa

from campaigns.delivery.engine import Engine
from campaigns.mailings.compose import Addresses, compose
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.planning.models import Campaign
from outreach.calendar import service as calendar
from outreach.clock import SystemClock
from outreach.db import db
from tests.bench.table import show
from tests.conftest import make_app

RECIPIENTS = int(os.environ.get("BENCH_RECIPIENTS", "50000"))
PARAGRAPH = "휴직하는 직원의 자리를 채울 사람을 인재채움뱅크가 무료로 찾아 드리고, 지원금 신청도 돕습니다. "


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Postfix's message sink on a free port of the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ["smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1000"]
    if os.geteuid():
        command = [command[0], *command[3:]]
    process = subprocess.Popen(command)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def source_rate(port: int, messages: int = 20_000, size: int = 8_000) -> float:
    """smtp-source with 16 sessions and messages of ``size`` bytes, without pipelining."""
    command = ["smtp-source", "-s", "16", "-l", str(size), "-m", str(messages), "-d", f"127.0.0.1:{port}"]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return messages / (time.perf_counter() - started)


def prepare(app: object, count: int) -> None:
    """A mailing being sent, with ``count`` recipients written down."""
    now = SystemClock().now()
    campaign = Campaign(name="벤치", created_at=now, updated_at=now)
    mailing = Mailing(
        campaign=campaign, title="벤치", state=MailingState.SENDING, message_class=MessageClass.PUBLIC_NOTICE,
        subject="{{회사명}} 대표님께: 대체인력 안내", preheader="무료로 찾아 드립니다", sender_name="시험고용센터",
        sender_address="centre@outreach.example", sender_phone="02-0000-0000", sender_postal="서울 가상로 1",
        started_at=now, approved_hash="x", created_at=now, updated_at=now,
        blocks=[
            {"kind": "heading", "text": "{{회사명}} 대표님께"},
            {"kind": "text", "text": PARAGRAPH * 2},
            {"kind": "button", "label": "상담 신청하기", "target": "form"},
            {"kind": "contact", "text": ""},
        ],
    )
    composed = compose(db.session, app.jinja_env, mailing, Addresses(None, None), now.date())  # type: ignore[attr-defined]
    mailing.compiled = composed.to_json()
    db.session.add(mailing)
    db.session.flush()
    db.session.execute(
        sa.text(
            'INSERT INTO delivery (mailing_id, contact_id, workplace_id, company_id, address, address_key, "values", '
            "state, attempts, reply_text) VALUES (:m, :n, :n, :n, :a, :a, :v, 'queued', 0, '')"
        ),
        [
            {"m": mailing.id, "n": n, "a": f"p{n}@c{n % 500}.example", "v": f'{{"회사명": "가상기업 {n}"}}'}
            for n in range(count)
        ],
    )
    db.session.commit()


def engine_rate(folder: Path, url: str, count: int) -> tuple[float, int]:
    """(messages a second, bytes a message) of one worker's engine."""
    app = make_app(f"sqlite:///{folder / 'bench.sqlite3'}", folder, clock=SystemClock(), smtp_url=url)  # type: ignore[arg-type]
    with app.app_context():
        flask_migrate.upgrade()
        calendar.open_always(db.session, reason="measured at any time of day", now=SystemClock().now())
        prepare(app, count)
    engine = Engine(app)
    started = time.perf_counter()
    while engine.step():
        pass
    seconds = time.perf_counter() - started
    assert engine.settled["accepted"] == count, engine.settled
    engine.close()
    size = len(engine._kept.writer.render(1, "a@b.example", {"회사명": "가상기업"})) if engine._kept else 0
    return count / seconds, size


def main() -> None:
    if not shutil.which("smtp-sink"):
        sys.exit("smtp-sink is missing: make bench installs it")
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with sink() as port:
            rate, size = engine_rate(folder, f"smtp://127.0.0.1:{port}", RECIPIENTS)
            limit = source_rate(port, size=size)
    finally:
        shutil.rmtree(folder)
    source = f"smtp-source, 16 sessions, {size:,} bytes"
    show([(source, limit, "messages/s"), ("one worker, SQLite", rate, "messages/s")])


if __name__ == "__main__":
    main()
