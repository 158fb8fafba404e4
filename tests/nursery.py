"""A process that starts workers in an instant, so that a hundred can be killed within a test.

It imports the product, builds the application (which by design opens no file, connection or thread) and then forks a
worker whenever it is told to. Journal, database and mail connections are the fork's own, as after a fresh start; only
the importing is saved. It says each worker's number, and ends the one it is told to.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Nursery:
    """The test's end of it."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process

    def start(self) -> int:
        """Start a worker that sends mailings; its process number."""
        return int(self._ask("start"))

    def kill(self, worker: int) -> None:
        """SIGKILL. It is gone when this returns."""
        self._ask(f"{int(signal.SIGKILL)} {worker}")

    def stop(self, worker: int) -> None:
        """Ask it to end in order; it has when this returns."""
        self._ask(f"{int(signal.SIGTERM)} {worker}")

    def _ask(self, order: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextlib.contextmanager
def nursery(database_url: str, data_dir: Path, smtp_url: str) -> Iterator[Nursery]:
    """None of its workers outlives the block."""
    command = [sys.executable, "-m", "tests.nursery", database_url, str(data_dir), smtp_url]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:  # closes its input, which ends it
        yield Nursery(process)


def main(database_url: str, data_dir: str, smtp_url: str) -> None:
    from tests.conftest import FEATURES, build_app, settings_for

    app = build_app(settings_for(database_url, Path(data_dir), smtp_url=smtp_url), FEATURES)
    workers: set[int] = set()
    for line in sys.stdin:
        order = line.split()
        if order == ["start"]:
            number = os.fork()
            if number == 0:
                _work(app)
            workers.add(number)
            print(number, flush=True)
        else:
            _end(int(order[1]), int(order[0]))
            workers.discard(int(order[1]))
            print(flush=True)
    for worker in workers:
        _end(worker, signal.SIGKILL)


def _end(worker: int, number: int) -> None:
    os.kill(worker, number)
    os.waitpid(worker, 0)


def _work(app: object) -> None:
    """What `flask --app wsgi worker --only mailings` does, without its output. Does not return."""
    from outreach.processes import die_with_parent, stop_on_signals
    from outreach.worker import Worker

    die_with_parent(os.getppid(), signal.SIGKILL)
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    try:
        Worker(app, only=["mailings"]).run(stop_on_signals())  # type: ignore[arg-type]
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
