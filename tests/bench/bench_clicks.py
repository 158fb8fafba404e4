"""Clicks answered a second by our site, every one of them appended to the spool and taken into the database, beside a
bare Flask route that does nothing but redirect: the limit of answering within Flask. Same server (granian as in
outreach/webserver.py), same load (wrk, 32 connections kept), in turns. Then how soon a single click is in the database.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
from flask import Flask, redirect
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from campaigns.delivery.models import Delivery
from campaigns.mailings.models import Mailing, MailingLink
from campaigns.planning.models import Campaign
from outreach import links
from outreach.clock import SystemClock
from outreach.db import db
from outreach.processes import ROOT
from outreach.webserver import THREADS
from tests.bench.table import show
from tests.conftest import make_app, settings_for
from wsgi import FEATURES, build_app

SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
TURNS = 2
TARGET = "https://www.work24.example/"
AGENT = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def bare_flask() -> Flask:
    """One route, nothing else."""
    app = Flask("bare")
    app.add_url_rule("/c/<token>", view_func=lambda token: redirect(TARGET, 302))
    return app


def our_site() -> Flask:
    """The whole product, as it runs: its thread takes events in while it answers."""
    folder = Path(os.environ["BENCH_FOLDER"])
    settings = dataclasses.replace(settings_for(f"sqlite:///{folder / 'bench.sqlite3'}", folder), testing=False)
    return build_app(settings, FEATURES)


def serve(name: str, port: int) -> None:
    """Run by :func:`running`, in a process of its own."""
    made = {"bare": bare_flask, "ours": our_site}[name]
    server = Granian(
        name, address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1, blocking_threads=THREADS,
        websockets=False, log_level=LogLevels.error,
    )
    server.serve(target_loader=made, wrap_loader=False)


@contextlib.contextmanager
def running(name: str, folder: Path) -> Iterator[str]:
    """The address of a server, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_clicks", "serve", name, str(port)], cwd=ROOT, process_group=0,
        env={**os.environ, "BENCH_FOLDER": str(folder)},
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def prepare(folder: Path) -> str:
    """A database with one mail that was sent; the path of its link."""
    app = make_app(f"sqlite:///{folder / 'bench.sqlite3'}", folder, SystemClock())  # type: ignore[arg-type]
    with app.app_context():
        flask_migrate.upgrade()
        now = SystemClock().now()
        mailing = Mailing(
            campaign=Campaign(name="벤치", created_at=now, updated_at=now), title="벤치", approved_hash="x",
            created_at=now, updated_at=now, links=[MailingLink(position=0, url=TARGET)],
        )
        delivery = Delivery(
            mailing=mailing, contact_id=1, workplace_id=1, company_id=1, address="a@b.example",
            address_key="a@b.example", values={},
        )
        db.session.add(delivery)
        db.session.commit()
        path = links.click_url("", app.extensions["outreach"].signer, delivery.id, 0, mailing.id)
        db.session.remove()
        db.engine.dispose()
    return path


def load(url: str) -> tuple[float, int]:
    """(redirects a second, how many in all), as wrk counts them."""
    command = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-H", f"User-Agent: {AGENT}", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    rate, total = re.search(r"Requests/sec:\s*([\d.]+)", said), re.search(r"(\d+) requests in", said)
    assert rate and total, said
    return float(rate[1]), int(total[1])


def taken_in(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "bench.sqlite3")) as database:
        return database.execute("SELECT count(*) FROM click_event").fetchone()[0]


def press(url: str) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": AGENT})
    opener = urllib.request.build_opener(NoRedirect)
    with contextlib.suppress(urllib.error.HTTPError):
        opener.open(request)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


def await_rows(folder: Path, number: int) -> float:
    """Seconds until so many clicks are in the database."""
    began = time.monotonic()
    while taken_in(folder) < number:
        time.sleep(0.01)
        if time.monotonic() - began > 120:
            sys.exit(f"only {taken_in(folder):,} of {number:,} clicks were taken in")
    return time.monotonic() - began


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: make bench installs it")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        path = prepare(folder)
        bare, ours, answered = [], [], 0
        with running("bare", folder) as bare_url, running("ours", folder) as our_url:
            for _ in range(TURNS):
                bare.append(load(bare_url + path)[0])
                rate, number = load(our_url + path)
                ours.append(rate)
                answered += number
            behind = await_rows(folder, answered)
            show([
                ("limit: bare Flask route", max(bare), "redirects/s"),
                ("our tracked link, spooled and taken in", max(ours), "redirects/s"),
            ])
            print(f"{answered:,} clicks answered; all in the database {behind:.1f} s after the last burst")
            waits = []
            for number in range(taken_in(folder) + 1, taken_in(folder) + 12):
                press(our_url + path)
                waits.append(await_rows(folder, number))
            print(f"a single click is in the database after {statistics.median(waits):.2f} s, at most {max(waits):.2f}")


if __name__ == "__main__":
    serve(sys.argv[2], int(sys.argv[3])) if sys.argv[1:2] == ["serve"] else main()
