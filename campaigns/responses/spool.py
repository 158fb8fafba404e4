"""The spool: events appended to a file by whoever answers the public, and read from it by whoever has the database.

Each answering process writes segments of its own, ``<name>.spool``, and holds ``flock`` on the one it is writing. An
event is one line, written by one ``write``: what the kernel has taken outlives the process, however that ends (a power
cut may lose the last lines). A reader keeps how far it has come in ``<name>.at`` and removes a segment when all of it
is taken in and its writer is gone. Reading twice is harmless: every event has a name of its own.

A line is ``<crc32 of the rest, 8 hex digits> <JSON list>``; one that is not goes to the file ``damaged``; empty
ones mean nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import itertools
import json
import os
import secrets
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import NamedTuple

import structlog

from outreach.clock import UTC

log = structlog.get_logger()

#: A segment is closed when it has this many bytes, so that it can be removed.
SEGMENT_BYTES = 4 << 20
#: How much of a segment is read at once: about a thousand events.
READ_BYTES = 256 << 10
AGENT_CHARS = 300


class Event(NamedTuple):
    """One event. ``kind``: the letter of its public address; ``row_id``: the delivery or the place; ``method``: as
    asked, or PREFETCH for a browser that only looks ahead; ``network``: the address family."""

    id: str
    kind: str
    at: datetime
    row_id: int
    position: int
    method: str
    network: str
    agent: str


@dataclass
class _Segment:
    """A file being written. It is closed by the last thread that lets go of it: a number closed under another
    thread's hands could be another file's by then."""

    name: str
    file: io.FileIO
    pid: int
    numbers: Iterator[int] = field(default_factory=itertools.count)
    size: int = 0


class Spool:
    """The writing side, for the threads of one process. Nothing is made before the first event."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES):
        self.folder, self._limit = folder, segment_bytes
        self.lost = 0  # events that could not be written, since the process began
        self._segment: _Segment | None = None
        self._opening = threading.Lock()

    def append(self, kind: str, at: float, row_id: int, position: int, method: str, network: str, agent: str) -> bool:
        """Keep an event that happened at ``at`` (seconds of the epoch). False if the disk takes none: it is lost,
        logged and counted, and the reader goes on all the same."""
        try:
            segment = self._writable()
            body = (
                f'["{segment.name}-{next(segment.numbers)}","{kind}",{at:.6f},{row_id},{position},"{method}",'
                f'"{network}",{quoted(agent[:AGENT_CHARS])}]'
            ).encode("ascii")
            self._write(segment, b"\n%08x %b\n" % (zlib.crc32(body), body))
        except OSError as error:
            self.lost += 1
            if self.lost & (self.lost - 1) == 0:  # a full disk must not fill the log, too: the 1st, 2nd, 4th, 8th …
                log.error("click.lost", lost=self.lost, error=str(error))
            return False
        return True

    @staticmethod
    def _write(segment: _Segment, line: bytes) -> None:
        """The line bears a line end before it, too: it is whole even behind one that a full disk cut short."""
        written = segment.file.write(line) or 0
        segment.size += written
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _writable(self) -> _Segment:
        segment = self._segment
        if segment is not None and segment.size < self._limit and segment.pid == os.getpid():
            return segment
        with self._opening:
            if self._segment is segment:
                self._segment = self._open()
            assert self._segment is not None
            return self._segment

    def _open(self) -> _Segment:
        """A new segment, locked before it gets the name that readers look for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{secrets.token_hex(8)}.spool"
        new = path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        file = io.FileIO(descriptor, "w")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        new.rename(path)
        return _Segment(path.stem, file, os.getpid())


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a segment: its events, and where it ends."""

    path: Path
    events: list[Event]
    end: int


class SpoolReader:
    """The reading side of one folder. Whoever reads holds the folder's lock (:meth:`locked`)."""

    def __init__(self, folder: Path):
        self.folder = folder

    def waiting(self) -> list[Path]:
        """Segments with something unread. Looks only."""
        found = []
        for path in sorted(self.folder.glob("*.spool")):
            with contextlib.suppress(FileNotFoundError):  # another reader has just removed it
                if path.stat().st_size > _offset(path):
                    found.append(path)
        return found

    @contextlib.contextmanager
    def locked(self) -> Iterator[bool]:
        """Be the folder's one reader; False if another is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def next_piece(self, path: Path) -> Piece | None:
        """What comes next in a segment, whole lines only; None if nothing does. What is no event is set aside."""
        offset = _offset(path)
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(READ_BYTES)
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            return None
        events = []
        for line in whole.splitlines():
            event = _event(line)
            if event is not None:
                events.append(event)
            elif line:
                self._set_aside(path, line)
        return Piece(path, events, offset + len(whole))

    def taken(self, piece: Piece) -> None:
        """The events of ``piece`` are in the database."""
        mark = piece.path.with_suffix(".at")
        new = mark.with_suffix(".at.new")
        new.write_text(str(piece.end), encoding="ascii")
        new.rename(mark)

    def tidy(self) -> None:
        """Remove segments that are wholly read and whose writer is gone. A line cut short in one is set aside."""
        for path in self.folder.glob("*.spool"):
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                file.seek(_offset(path))
                rest = file.read(READ_BYTES)
                if b"\n" in rest:
                    continue
                if rest:
                    self._set_aside(path, rest)
                path.unlink()
        for mark in self.folder.glob("*.at"):
            if not mark.with_suffix(".spool").exists():
                mark.unlink(missing_ok=True)

    def _set_aside(self, path: Path, line: bytes) -> None:
        log.error("click.unreadable", file=path.name, bytes=len(line))
        with (self.folder / "damaged").open("ab") as file:
            file.write(line + b"\n")


def _offset(path: Path) -> int:
    """How far a segment has been taken in."""
    try:
        return int(path.with_suffix(".at").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _event(line: bytes) -> Event | None:
    try:
        crc, body = line[:8], line[9:]
        if int(crc, 16) != zlib.crc32(body):
            return None
        name, kind, at, row_id, position, method, network, agent = json.loads(body)
        when = datetime.fromtimestamp(at, UTC)
        return Event(name, kind, when, int(row_id), int(position), method, network, _shown(agent))
    except (ValueError, TypeError, OverflowError):
        return None


def _shown(agent: str) -> str:
    """A header arrives as Latin-1 (PEP 3333); browsers write UTF-8. Without what no database takes."""
    with contextlib.suppress(UnicodeError):
        agent = agent.encode("latin-1").decode("utf-8")
    return "".join(mark for mark in agent if mark.isprintable())[:AGENT_CHARS]
