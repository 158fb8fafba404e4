"""What a host is called in its workers' names: by that, recovery tells whose rows it may judge."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

_LONGEST = 50  # characters of the host's own name; a worker's whole name has at most 80 bytes


def host_identity(journals: Path) -> str:
    """``<host name>.<8 hex digits>``, the digits made once and kept beside the folder of the journals. Two machines
    (or containers) of one name, or two folders on one machine, must not judge each other's rows: whoever has not
    the journals can't tell living from dead."""
    path = journals.with_name(f"{journals.name}.host")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        made.write_text(secrets.token_hex(4), encoding="ascii")
        try:
            os.link(made, path)  # complete or not at all; of several workers that start at once, one makes it
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return f"{socket.gethostname()[:_LONGEST]}.{path.read_text(encoding='ascii')}"


def worker_name(journals: Path) -> str:
    """Unique for ever: a process number comes round again, the random part does not."""
    return f"{host_identity(journals)}-{os.getpid()}-{secrets.token_hex(4)}"


def host_of(worker: str) -> str:
    """The host in a worker's name; the name itself may hold hyphens."""
    return worker.rsplit("-", 2)[0]
