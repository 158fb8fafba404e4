"""The SMTP server of the embedded mailbox: on the loopback only, taking every mail for anyone, relaying none.

A mail is answered with 250 only after it is kept; what arrives while one batch is being written makes up
the next, so that the server keeps up with the product's own sending.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from outreach.clock import Clock, SystemClock
from outreach.config import BadSetting, Settings
from outreach.mailbox.store import Received, Store

log = structlog.get_logger()

LOOPBACK = "127.0.0.1"
USUAL_PORT = 1025
MAX_MAIL_BYTES = 33_554_432


class AnotherRuns(Exception):
    """A mailbox server already serves this data folder, on ``port``."""

    def __init__(self, port: int):
        super().__init__(f"the mailbox already runs at {smtp_url(port)}")
        self.port = port


class _Protocol(SMTP):
    # aiosmtpd also takes this as the size of its read buffer; 1,001 bytes would stop and go through a mail.
    line_length_limit = 1 << 18


class _Keeper:
    """aiosmtpd's handler: gathers mails into batches and writes them in a thread."""

    def __init__(self, store: Store, clock: Clock):
        self._store, self._clock = store, clock
        self._waiting: list[tuple[list[Received], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # Commands are read from a buffer one by one, so that they may come in one packet (RFC 2920).
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw, now = bytes(envelope.original_content or b""), self._clock.now()
        mails = [Received(now, envelope.mail_from or "", recipient, raw) for recipient in envelope.rcpt_tos]
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((mails, kept))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        await kept
        return "250 2.0.0 kept"

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error = None
            try:
                await asyncio.to_thread(self._store.add, [mail for mails, _ in batch for mail in mails])
            except Exception as failure:
                log.exception("mailbox.write")
                error = failure
            for _, kept in batch:
                if not kept.done():
                    kept.set_exception(error) if error else kept.set_result(None)
        self._writer = None


def mailbox_path(settings: Settings) -> Path:
    return settings.folder("mailbox") / "mails.sqlite3"


@contextlib.contextmanager
def claimed_socket(settings: Settings, port: int | None = None) -> Iterator[socket.socket]:
    """The listening socket, and the sole right to serve this data folder. Without ``port``, that of last time
    is kept if it is free, else the usual one, else any. Raises AnotherRuns; OSError if ``port`` is not free;
    BadSetting outside the demo."""
    if not settings.demo:
        raise BadSetting("the embedded mailbox is for the demo only: OUTREACH_DEMO=1, or set OUTREACH_SMTP_URL")
    folder = settings.folder("mailbox")
    with (folder / "lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRuns(_kept_port(folder)) from None
        with _listen_on(port) if port else _listen(folder) as listening:
            (folder / "port").write_text(str(listening.getsockname()[1]), encoding="ascii")
            yield listening


def serve(settings: Settings, stop: threading.Event, listening: socket.socket, clock: Clock | None = None) -> None:
    """Receive mails on ``listening`` until ``stop`` is set."""
    asyncio.run(_serve(Store(mailbox_path(settings)), stop, listening, clock or SystemClock()))


@contextlib.contextmanager
def embedded(settings: Settings) -> Iterator[str]:
    """The address of a mailbox server for the time of a block: the one that runs already, or one in a thread
    of this process. For commands that send without `serve`."""
    with contextlib.ExitStack() as stack:
        try:
            listening = stack.enter_context(claimed_socket(settings))
        except AnotherRuns as other:
            yield smtp_url(other.port)
            return
        stop = threading.Event()
        thread = threading.Thread(target=serve, args=(settings, stop, listening), name="mailbox", daemon=True)
        thread.start()
        try:
            yield smtp_url(listening.getsockname()[1])
        finally:
            stop.set()
            thread.join()


def smtp_url(port: int) -> str:
    return f"smtp://{LOOPBACK}:{port}"


def _kept_port(folder: Path) -> int:
    try:
        port = int((folder / "port").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return USUAL_PORT
    return port if 0 < port < 65536 else USUAL_PORT


def _listen(folder: Path) -> socket.socket:
    for port in (_kept_port(folder), USUAL_PORT):
        with contextlib.suppress(OSError):
            return _listen_on(port)
    return _listen_on(0)


def _listen_on(port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only where the socket says that it is TCP, hence not create_server().
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening


async def _serve(store: Store, stop: threading.Event, listening: socket.socket, clock: Clock) -> None:
    loop = asyncio.get_running_loop()
    keeper = _Keeper(store, clock)
    server = await loop.create_server(
        lambda: _Protocol(
            keeper, hostname="mailbox.localhost", ident="mailbox", data_size_limit=MAX_MAIL_BYTES, loop=loop,
        ),
        sock=listening,
    )
    async with server:
        await server.start_serving()
        while not stop.is_set():
            await asyncio.sleep(0.1)
