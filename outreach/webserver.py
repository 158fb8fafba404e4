"""The web role: granian in front of the WSGI application."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wsgi import FileWrapper

from outreach import logs, processes

TARGET = "wsgi:app"
#: Requests worked on at the same time; each holds a thread and, mostly, a database connection.
THREADS = 8
#: Answers on their way at the same time. Whoever reads slowly holds a thread that only waits, not one of the above
#: (docs/decisions/0024-downloads.md).
ANSWERS = 2048
#: Bytes that the server holds back for each slow reader; its own default is 400 KiB.
BUFFER = 64 * 1024
#: Bytes of a file read at once. Larger ones cost fewer hand-overs between threads, but memory for each slow reader.
BLOCK = 32 * 1024
#: Bytes at once for a reader that has taken SURE bytes (more than the system's own buffers hold for one that stands
#: still) at QUICK bytes a second or more.
LARGE_BLOCK, SURE, QUICK = 128 * 1024, 4 * 2**20, 4 * 2**20
#: Seconds that requests under way have when the server is stopped.
DRAIN = 10


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first. Exit status by SystemExit."""
    from granian import Granian  # not at the top: no other role needs it
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    server = Granian(
        TARGET, address=host, port=port, interface=Interfaces.WSGI, workers=1, blocking_threads=ANSWERS,
        backpressure=2 * ANSWERS, backlog=ANSWERS, http1_settings=HTTP1Settings(max_buffer_size=BUFFER),
        websockets=False, log_level=LogLevels.error, workers_kill_timeout=DRAIN,
    )
    parent = os.getpid()
    server.serve(target_loader=_Loader(parent), wrap_loader=False)


class _Loader:
    """Called in the process that answers requests, which granian starts: loads the application there. Can be
    pickled, since granian starts processes in more than one way."""

    def __init__(self, parent: int):
        self._parent = parent

    def __call__(self) -> Any:
        processes.die_with_parent(self._parent, signal.SIGKILL)
        processes.name_process("outreach-web")
        logs.configure("web")
        module, _, name = TARGET.partition(":")
        return Gate(getattr(importlib.import_module(module), name), THREADS)


class Gate:
    """Lets at most ``places`` requests into the application at once. Its answer is sent outside: a file that someone
    takes minutes to read keeps nobody else waiting."""

    def __init__(self, app: Callable[..., Iterable[bytes]], places: int):
        self._app, self._places = app, threading.BoundedSemaphore(places)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.file_wrapper"] = Blocks
        with self._places:
            return self._app(environ, start_response)


class Blocks(FileWrapper):
    """A file as an answer's body (PEP 3333, wsgi.file_wrapper), in blocks by how fast its reader is."""

    def __init__(self, file: Any, _size: int = 0):
        super().__init__(file, BLOCK)
        self._began, self._sent = time.monotonic(), 0

    def __next__(self) -> bytes:
        quick = self._sent >= SURE and self._sent >= QUICK * (time.monotonic() - self._began)
        self.buffer_size = LARGE_BLOCK if quick else BLOCK
        block = super().__next__()
        self._sent += len(block)
        return block
