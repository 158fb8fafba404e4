"""Processes of one machine: a parent that owns its children, none of which outlives it.

The kernel ties a child's life to its parent's (``PR_SET_PDEATHSIG``, Linux): even when the parent is
killed with SIGKILL, its children are told to stop. Every child is a process group of its own, so that
Ctrl-C at a terminal reaches the parent alone and the parent ends the children in their order.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger()

ROOT = Path(__file__).resolve().parent.parent

#: Seconds a process may take to end after it was asked to.
GRACE = 20.0
#: Waits before a dead child is started again; one that ran longer than STEADY begins anew.
RESTART_WAITS = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY = 60.0

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, signal_number: int = signal.SIGTERM) -> None:
    """Ask the kernel to signal this process when its parent, whose pid is ``parent``, dies; ends at once if
    it is dead already. Survives exec. Without effect where the kernel can't (not Linux)."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def name_process(name: str) -> None:
    """What ``ps -o comm`` and ``top`` show for this process; at most 15 characters are kept."""
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, name.encode("ascii")[:15], 0, 0, 0)


def stop_on_signals(grace: float = GRACE) -> threading.Event:
    """An event set by SIGTERM, SIGINT or SIGHUP. A process that has not ended ``grace`` seconds later is
    ended hard: what it was doing is recovered as after a death."""
    stop = threading.Event()

    def handle(_number: int, _frame: object) -> None:
        if not stop.is_set():
            stop.set()
            watchdog = threading.Timer(grace, os._exit, (1,))
            watchdog.daemon = True
            watchdog.start()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handle)
    return stop


@dataclass
class Child:
    """One role under supervision. ``command``: the arguments after ``flask --app wsgi``. Children of a higher
    ``stage`` rely on those of lower ones and are stopped before them."""

    name: str
    command: Sequence[str]
    stage: int = 0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0  # deaths in a row, each soon after its start
    start_at: float = field(default=0.0)

    def start(self, environ: Mapping[str, str]) -> None:
        parent = os.getpid()
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "flask", "--app", "wsgi", *self.command], cwd=ROOT, env=dict(environ),
            stdin=subprocess.DEVNULL, process_group=0, preexec_fn=lambda: die_with_parent(parent),
        )
        log.info("process.started", child=self.name, pid=self.process.pid)

    def poll(self) -> int | None:
        """The exit status if the child has ended since it was started; it then waits to be started again."""
        status = self.process.poll() if self.process else None
        if status is None:
            return None
        self.process = None
        lived = time.monotonic() - self.started
        self.failures = 1 if lived > STEADY else self.failures + 1
        self.start_at = time.monotonic() + RESTART_WAITS[min(self.failures, len(RESTART_WAITS)) - 1]
        log.error("process.died", child=self.name, status=status, lived_seconds=round(lived, 1))
        return status

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def await_end(self, deadline: float) -> None:
        """Wait for the end until ``deadline`` (monotonic seconds), then kill."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process.killed", child=self.name)
            self.process.kill()
            self.process.wait()
        self.process = None


class Supervisor:
    """Starts children in the given order, starts again those that die, and stops them stage by stage."""

    def __init__(self, children: Sequence[Child], environ: Mapping[str, str]):
        self.children, self.environ = children, environ

    def run(self, stop: threading.Event, ready: Callable[[], bool], on_ready: Callable[[], None]) -> int:
        """Until ``stop`` is set: exit status 0; 1 if a child can't be kept alive. ``on_ready`` is called once,
        as soon as ``ready()`` is true."""
        announced = False
        try:
            while not stop.is_set():
                if not self._tend():
                    return 1
                if not announced and ready():
                    announced = True
                    on_ready()
                stop.wait(0.2)
            return 0
        finally:
            for stage in sorted({child.stage for child in self.children}, reverse=True):
                self._stop([child for child in self.children if child.stage == stage])

    def _stop(self, children: Sequence[Child]) -> None:
        for child in children:
            child.ask_to_end()
        deadline = time.monotonic() + GRACE + 2  # they end themselves hard after GRACE
        for child in children:
            child.await_end(deadline)

    def _tend(self) -> bool:
        """Look after every child once. False if one died so often that starting it again is pointless."""
        for child in self.children:
            child.poll()
            if child.failures > len(RESTART_WAITS):
                log.error("process.given_up", child=child.name)
                return False
            if child.process is None and time.monotonic() >= child.start_at:
                child.start(self.environ)
        return True
