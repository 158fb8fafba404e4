"""`serve` owns its children: it restarts one that dies, ends all on Ctrl-C, and none outlives it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.clock import SystemClock
from outreach.db import db, unit_of_work
from outreach.mail import outbox
from outreach.processes import ROOT
from tests.conftest import make_app

START, STOP = 90, 40  # seconds; generous, since test machines are busy


class Serving:
    """A running `serve` of a demo of its own."""

    def __init__(self, data_dir: Path, database: Path):
        data_dir.mkdir()
        shutil.copy(database, data_dir / "outreach.sqlite3")
        self.port = free_port()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
        environ |= {"OUTREACH_DEMO": "1", "OUTREACH_DATA_DIR": str(data_dir), "PORT": str(self.port)}
        self.log = data_dir / "serve.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "serve"], cwd=ROOT, env=environ, process_group=0,
                stdout=log, stderr=log,
            )

    def await_open(self) -> None:
        wait_for(lambda: "열렸습니다" in self.log.read_text() or self.process.poll() is not None, START)
        assert self.process.poll() is None, self.log.read_text()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.read().decode()


@pytest.fixture
def serving(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Serving]:
    running = Serving(tmp_path / "data", migrated_sqlite)
    family: set[int] = set()
    try:
        running.await_open()
        family = descendants(running.process.pid)
        yield running
    finally:
        for pid in {running.process.pid, *family}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        running.process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def status(pid: int) -> tuple[str, int] | None:
    """State letter and parent of a process; None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1])


def alive(pid: int) -> bool:
    found = status(pid)
    return found is not None and found[0] != "Z"


def descendants(root: int) -> set[int]:
    """All pids below ``root``."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    parents = {pid: found[1] for pid in pids if (found := status(pid))}
    family: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in family | {root}} - family:
        family |= more
    return family


def named(pids: set[int], name: str) -> set[int]:
    return {pid for pid in pids if alive(pid) and Path(f"/proc/{pid}/comm").read_text().strip() == name}


@pytest.mark.slow
def test_a_notice_reaches_the_mailbox_and_kill_9_of_the_parent_leaves_nobody(serving: Serving) -> None:
    family = descendants(serving.process.pid)
    assert len(family) >= 6  # mailbox, two workers, clock, web and the process that answers for it
    assert '"ok"' in serving.get("/health")
    app = make_app(f"sqlite:///{serving.log.parent / 'outreach.sqlite3'}", serving.log.parent)
    with app.app_context(), unit_of_work(db.session) as session:
        values = {"subject": "비밀번호를 정해 주세요", "text": "…", "now": SystemClock().now()}
        outbox.enqueue(session, key="welcome:1", to_address="kim@company.example", **values)
    wait_for(lambda: "kim@company.example" in serving.get("/mailbox"), START)
    serving.process.kill()
    wait_for(lambda: not any(alive(pid) for pid in family), STOP)


@pytest.mark.slow
def test_a_dead_child_is_replaced_and_ctrl_c_ends_all(serving: Serving) -> None:
    wait_for(lambda: named(descendants(serving.process.pid), "outreach-clock"), START)  # the site may open first
    [clock] = named(descendants(serving.process.pid), "outreach-clock")
    os.kill(clock, signal.SIGKILL)
    wait_for(lambda: named(descendants(serving.process.pid), "outreach-clock") - {clock}, START)
    family = descendants(serving.process.pid)
    serving.process.send_signal(signal.SIGINT)
    assert serving.process.wait(STOP) == 0
    assert not any(alive(pid) for pid in family)


@pytest.mark.slow
def test_a_taken_port_is_refused_at_once(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "outreach.sqlite3")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ = os.environ | {
            "OUTREACH_DEMO": "1", "OUTREACH_DATA_DIR": str(tmp_path), "PORT": str(taken.getsockname()[1])
        }
        answer = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "serve"], cwd=ROOT, env=environ, capture_output=True,
            text=True, timeout=START, check=False,
        )
    assert answer.returncode == 1 and "set PORT" in answer.stderr


def test_a_stop_signal_sets_the_event_and_a_stuck_process_is_ended_hard() -> None:
    script = (
        "import signal, sys, time; from outreach.processes import stop_on_signals\n"
        "stop = stop_on_signals(grace=0.5); print('up', flush=True)\n"
        "stop.wait(30); print('asked', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.terminate()
    assert process.stdout.readline() == "asked\n"
    assert process.wait(10) == 1
    process.stdout.close()
