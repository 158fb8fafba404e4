"""The web role: granian in front of the WSGI application."""

from __future__ import annotations

import importlib
import os
import signal
from typing import Any

from outreach import logs, processes

TARGET = "wsgi:app"
#: Requests worked on at the same time; each holds a thread and, mostly, a database connection.
THREADS = 8
#: Seconds that requests under way have when the server is stopped.
DRAIN = 10


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first. Exit status by SystemExit."""
    from granian import Granian  # not at the top: no other role needs it
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        TARGET, address=host, port=port, interface=Interfaces.WSGI, workers=1, blocking_threads=THREADS,
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
        return getattr(importlib.import_module(module), name)
