"""The worker's journal: what it was about to send and what came of it, for the case that it dies.

One file per worker process, ``<folder>/<worker>.journal``: a head and records, 128 bytes each,
little-endian, each ending in the CRC-32 of the 124 bytes before it.

* head: magic ``DHJRNL01``, the host's boot id (16 bytes), the worker's name (100 bytes UTF-8, zero-padded);
* record: delivery id (8 bytes), kind (1: 0 for an intent, else a position in ``_KINDS``), stage (1: a position
  in ``_STAGES``), SMTP reply code (2, or 0), enhanced status (12 bytes ASCII, zero-padded), text (100 bytes
  UTF-8, cut at a character, zero-padded).

Records are plain appends: what ``write`` has taken survives the killing of the process at any instant.
There is no ``fsync``, so after a power cut or reboot the last appends may be missing; the boot id in the
head tells the two cases apart. The worker holds an exclusive ``flock`` on its file for as long as it
lives, stopped or not; the kernel lets go of it when the process ends, however it ends. The folder must
be on a local file system, and a worker must not fork (a child would hold the lock on).

Room for a batch's records is taken before anything is claimed (:meth:`Journal.reserve`), so that a disk that
fills up stops the sending between batches, and not between a message and the record of its outcome.

From the moment a batch's results are committed the database is the truth; :meth:`Journal.clear` then
empties the journal, so that it never speaks of more than one batch.
"""

from __future__ import annotations

import ctypes
import enum
import errno
import fcntl
import os
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import structlog

from outreach.mail.outcome import Kind, Outcome, Stage

log = structlog.get_logger()

RECORD_BYTES = 128
SUFFIX = ".journal"
MAX_WORKER_BYTES = 80

_MAGIC = b"DHJRNL01"
_HEAD = struct.Struct("<8s16s100s")
_RECORD = struct.Struct("<QBBH12s100s")
_CRC = struct.Struct("<I")
#: The order is the file format: only append.
_KINDS = (
    Kind.ACCEPTED, Kind.REFUSED_RECIPIENT, Kind.REFUSED_MESSAGE, Kind.DEFERRED, Kind.IN_DOUBT, Kind.NOT_SENT,
    Kind.WITHDRAWN,
)
_STAGES = (
    Stage.PREPARE, Stage.CONNECTION, Stage.BANNER, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.RSET, Stage.MAIL,
    Stage.RCPT, Stage.DATA, Stage.DOT,
)
_INTENT = 0
_FALLOC_FL_KEEP_SIZE = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_fallocate = getattr(_libc, "fallocate64", None)
_KIND_NUMBERS = {kind: number for number, kind in enumerate(_KINDS, 1)}
_STAGE_NUMBERS = {stage: number for number, stage in enumerate(_STAGES)}


class Intent(enum.Enum):
    """The last word of the journal on a message whose content was about to leave."""

    INTENT = "intent"


INTENT = Intent.INTENT
Record = Outcome | Intent


class Verdict(str, enum.Enum):
    """What becomes of a row that a dead worker had claimed."""

    REQUEUE = "requeue"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


def verdict(record: Record | None, complete: bool) -> Verdict:
    """Judge a row that is still claimed by a dead worker from the journal's last record on it (None: there
    is none). ``complete``: no record can be missing (:attr:`JournalState.complete`).

    Only what is certain to have had no effect is queued again: after a reboot an intent may be missing
    behind any record but a final one.
    """
    if isinstance(record, Outcome):
        if record.kind is Kind.ACCEPTED:
            return Verdict.ACCEPTED
        if record.kind in {Kind.REFUSED_RECIPIENT, Kind.REFUSED_MESSAGE}:
            return Verdict.REFUSED
    if record is INTENT or (isinstance(record, Outcome) and record.kind is Kind.IN_DOUBT):
        return Verdict.IN_DOUBT
    return Verdict.REQUEUE if complete else Verdict.IN_DOUBT


class BadJournal(ValueError):
    """The file does not begin with the head of a journal."""


@dataclass(frozen=True, slots=True)
class JournalState:
    """What a journal says. ``records`` holds the last record of each delivery; ``damaged``: the file ends in,
    or holds, something that is no record, and nothing behind that was read."""

    worker: str
    boot_id: UUID
    records: dict[int, Record] = field(default_factory=dict)
    damaged: bool = False

    @property
    def complete(self) -> bool:
        """Whether no record can be missing: the host has not been rebooted since, and all could be read."""
        return self.boot_id == current_boot_id() and not self.damaged


class Journal:
    """A living worker's journal; make it with :meth:`create` before anything is claimed."""

    def __init__(self, path: Path, descriptor: int):
        self.path, self._descriptor = path, descriptor

    @classmethod
    def create(cls, folder: Path, worker: str) -> Self:
        """Begin the journal of ``worker``, a name of at most 80 bytes that no other process has ever borne
        (it is the file's name). Raises FileExistsError, ValueError."""
        name = worker.encode("utf-8")
        if not name or len(name) > MAX_WORKER_BYTES or b"/" in name or b"\0" in name or worker.startswith("."):
            raise ValueError(f"not a worker's name: {worker!r}")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{worker}{SUFFIX}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        # Whoever looks for dead journals may hold the lock for an instant; it leaves a file without head alone.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        journal = cls(path, descriptor)
        try:
            journal._append(_sealed(_HEAD.pack(_MAGIC, current_boot_id().bytes, name)))
        except OSError:
            journal.remove()
            raise
        return journal

    def reserve(self, deliveries: int) -> None:
        """Take room for an intent and an outcome each, where the file system can (Linux; not NFS). The file stays
        as long as it is. Raises OSError if there is none: then nothing must be claimed."""
        if _fallocate is None:
            return
        size = ctypes.c_int64(2 * deliveries * RECORD_BYTES)
        start = ctypes.c_int64(os.fstat(self._descriptor).st_size)
        if _fallocate(self._descriptor, _FALLOC_FL_KEEP_SIZE, start, size) != 0:
            code = ctypes.get_errno()
            if code not in (errno.EOPNOTSUPP, errno.ENOSYS):
                raise OSError(code, f"journal: no room for {deliveries} deliveries ({os.strerror(code)})")

    def intent(self, delivery_ids: Iterable[int]) -> None:
        """Their contents leave next. Raises OSError (disk full …): then they must not leave."""
        self._append(b"".join([_sealed(_RECORD.pack(number, _INTENT, 0, 0, b"", b"")) for number in delivery_ids]))

    def outcome(self, delivery_id: int, outcome: Outcome) -> None:
        """What became of it. Raises OSError."""
        kind, stage, code, enhanced, text = outcome
        self._append(_sealed(_RECORD.pack(
            delivery_id, _KIND_NUMBERS[kind], _STAGE_NUMBERS[stage], code or 0, (enhanced or "").encode("ascii"),
            _cut(text.encode("utf-8"), 100),
        )))

    def clear(self) -> None:
        """Forget the batch: its results are committed."""
        os.ftruncate(self._descriptor, RECORD_BYTES)

    def remove(self) -> None:
        """The worker's orderly end: nothing is claimed any more."""
        try:
            self.path.unlink()
        finally:
            os.close(self._descriptor)

    def abandon(self) -> None:
        """Let go of it as death would: whoever recovers next settles what it speaks of."""
        os.close(self._descriptor)

    def _append(self, data: bytes) -> None:
        written = os.write(self._descriptor, data)
        if written != len(data):  # the disk is full; leave no half record for the next one to follow
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise OSError(errno.ENOSPC, f"journal: only {written} of {len(data)} bytes could be written")


class DeadJournal(AbstractContextManager["DeadJournal"]):
    """The journal of a worker that is gone, locked by us until closed. ``state`` is what it says."""

    def __init__(self, path: Path, state: JournalState, descriptor: int):
        self.path, self.state, self._descriptor = path, state, descriptor

    def remove(self) -> None:
        """Its rows have been settled and committed."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __exit__(self, *exception: object) -> None:
        self.close()


def dead_journals(folder: Path) -> Iterator[DeadJournal]:
    """The journals whose worker no longer lives, each locked while the caller works on it, so that of two
    who look only one gets it. A file without the head of a journal is passed over."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        journal = _lock_dead(path)
        if journal is not None:
            with journal:
                yield journal


def is_alive(folder: Path, worker: str) -> bool:
    """Whether the worker lives, or someone is settling its journal at this moment."""
    try:
        descriptor = os.open(folder / f"{worker}{SUFFIX}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock_dead(path: Path) -> DeadJournal | None:
    """None if its worker lives, someone else has it, or it is no journal (yet). One that can't be read (left by
    a command run as another user) is for that user to judge, and must not keep everyone else from sending."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except PermissionError:
        log.warning("journal.unreadable", path=str(path))
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:  # else someone else has settled and removed it before we had the lock
            return DeadJournal(path, read(path), descriptor)
    except (BlockingIOError, BadJournal):
        pass
    os.close(descriptor)
    return None


def read(path: Path) -> JournalState:
    """Read a journal, whether its worker lives or not. A cut or damaged record ends the reading. Raises
    BadJournal, FileNotFoundError."""
    data = path.read_bytes()
    head = _unsealed(data[:RECORD_BYTES])
    if head is None or not head.startswith(_MAGIC):
        raise BadJournal(f"not a journal: {path.name}")
    _, boot_id, name = _HEAD.unpack(head)
    records: dict[int, Record] = {}
    damaged = False
    for at in range(RECORD_BYTES, len(data), RECORD_BYTES):
        raw = _unsealed(data[at : at + RECORD_BYTES])
        if raw is None:
            damaged = True
            break
        number, record = _record(raw)
        records[number] = record
    return JournalState(name.rstrip(b"\0").decode("utf-8"), UUID(bytes=boot_id), records, damaged)


def current_boot_id() -> UUID:
    """The running kernel's boot id; on a system without one a new value each time, so that no journal is
    ever taken for complete."""
    try:
        return UUID(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    except OSError:
        return uuid4()


def _record(raw: bytes) -> tuple[int, Record]:
    number, kind, stage, code, enhanced, text = _RECORD.unpack(raw)
    if kind == _INTENT:
        return number, INTENT
    return number, Outcome(
        _KINDS[kind - 1], _STAGES[stage], code or None, enhanced.rstrip(b"\0").decode("ascii") or None,
        text.rstrip(b"\0").decode("utf-8"),
    )


def _sealed(body: bytes) -> bytes:
    return body + _CRC.pack(zlib.crc32(body))


def _unsealed(record: bytes) -> bytes | None:
    """The record without its checksum, or None if it is cut or damaged."""
    if len(record) != RECORD_BYTES:
        return None
    body, (checksum,) = record[: -_CRC.size], _CRC.unpack(record[-_CRC.size :])
    return body if zlib.crc32(body) == checksum else None


def _cut(text: bytes, size: int) -> bytes:
    """At most ``size`` bytes, without a half character at the end."""
    return text if len(text) <= size else text[:size].decode("utf-8", "ignore").encode("utf-8")
