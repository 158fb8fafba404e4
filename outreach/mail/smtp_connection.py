"""One non-blocking connection: the socket, TLS and deadlines around a :class:`Channel`."""

from __future__ import annotations

import errno
import math
import os
import selectors
import socket
import ssl
import time
from dataclasses import dataclass

from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp_channel import Channel, Flight, Goodbye
from outreach.mail.smtp_opening import OpeningFailed
from outreach.mail.smtp_reply import ProtocolError
from outreach.mail.smtp_url import Security, SmtpUrl

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_READ_BYTES = 65536
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. The defaults are those of RFC 5321 §4.5.3.2; a short ``final`` makes messages doubtful."""

    connect: float = 30
    reply: float = 300
    final: float = 600


class _Lost(Exception):
    """The connection broke."""


class _Silence(_Lost):
    """No reply came in time."""


class Connection:
    """Driven by whoever owns the selector: :meth:`handle` on events, :meth:`expire` past ``deadline``,
    :meth:`proceed` while ``due``. When it ends, ``cause`` says why."""

    def __init__(
        self, addresses: list[tuple], url: SmtpUrl, *, helo: str | None, tls: ssl.SSLContext | None, timeouts: Timeouts,
        selector: selectors.BaseSelector, lockstep: bool,
    ):
        self.channel: Channel | None = None  # none before the connection stands
        self.cause: Outcome | None = None  # set when the connection has ended
        self.permanent = False  # the server (or its certificate) will not have us
        self.suspect = False  # the server may not be up to pipelining, whatever it announced
        self.useless = False  # it failed on its own before the server gave its word on a single message
        self.returned: Flight | None = None  # announced when the connection ended, of which nothing was sent
        self.blames = False  # it ended while the server was to answer the returned one's envelope
        self.deadline = math.inf
        self._addresses = list(addresses)
        self._url, self._helo, self._tls, self._timeouts, self._lockstep = url, helo, tls, timeouts, lockstep
        self._selector = selector
        self._sock: socket.socket | None = None
        self._events = 0
        self._out = memoryview(b"")
        self._secure = self._shaking = False
        self._dial()

    @property
    def alive(self) -> bool:
        return self.cause is None

    @property
    def due(self) -> bool:
        return self.channel is not None and self.channel.due and self.alive

    @property
    def busy(self) -> bool:
        """Whether it holds a message."""
        return self.channel is not None and bool(self.channel.under_way or self.channel.announced)

    # --- what the owner calls

    def handle(self, events: int) -> None:
        """Do what the socket is ready for. Never raises: a failure ends the connection."""
        try:
            if self.channel is None:
                self._connected()
            elif self._shaking:
                self._shake()
            else:
                if events & WRITE:
                    self._flush()
                if events & READ:
                    self._read()
        except (_Lost, ProtocolError, Goodbye, OpeningFailed, OSError) as error:
            self._end(error)

    def proceed(self, content: bool, following: Flight | None) -> None:
        """See :meth:`Channel.proceed`; writes at once."""
        assert self.channel is not None
        self.channel.proceed(content, following)
        try:
            self._flush()
        except (_Lost, ProtocolError, Goodbye, OSError) as error:
            self._end(error)

    def expire(self) -> None:
        """The deadline has passed."""
        silence = _Silence("응답 시간이 지났습니다")
        if self.channel is None:
            self._failed_to_connect(silence)
            return
        self._end(silence)

    def drop(self, reason: str) -> None:
        """End it at once, without QUIT. That is nobody's failure."""
        self._end(_Lost(reason))
        self.useless = self.suspect = self.blames = False

    def say_goodbye(self) -> None:
        """Write QUIT to an idle connection and leave the answer unread for :meth:`wait_for_end`."""
        if self._sock is not None and self.due and not self.busy:
            try:
                self._sock.send(b"QUIT\r\n")
            except OSError:
                self.drop("QUIT")
        else:
            self.drop("QUIT")

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the server has answered QUIT, then close."""
        if self._sock is not None:
            try:
                self._sock.settimeout(max(seconds, 0.001))
                self._sock.recv(_READ_BYTES)
            except OSError:
                pass
        self.drop("QUIT")

    # --- from address to secured connection

    def _dial(self) -> None:
        """Begin to connect to the next of the host's addresses."""
        self._unplug()
        family, kind, protocol, _, address = self._addresses.pop(0)
        try:
            self._sock = socket.socket(family, kind, protocol)
            self._sock.setblocking(False)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._check(self._sock.connect_ex(address))
            self._watch(WRITE)
            self.deadline = time.monotonic() + self._timeouts.connect
        except OSError as error:
            self._failed_to_connect(error)

    def _connected(self) -> None:
        assert self._sock is not None
        try:
            self._check(self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        except OSError as error:
            self._failed_to_connect(error)
            return
        self.channel = Channel(self._url, self._helo or self._literal(), lockstep=self._lockstep)
        if self._url.security is Security.TLS:
            self._wrap()
        else:
            self._watch(READ)
            self._rearm()

    @staticmethod
    def _check(code: int) -> None:
        if code not in {0, errno.EINPROGRESS}:
            raise OSError(code, os.strerror(code))

    def _failed_to_connect(self, error: Exception) -> None:
        if self._addresses:
            self._dial()
        else:
            self._end(error)

    def _literal(self) -> str:
        """Our address as an address literal: EHLO without a DNS lookup (RFC 5321 §4.1.3)."""
        assert self._sock is not None
        host = self._sock.getsockname()[0].partition("%")[0]
        return f"[IPv6:{host}]" if self._sock.family == socket.AF_INET6 else f"[{host}]"

    def _wrap(self) -> None:
        assert self._sock is not None and self._tls is not None
        self._selector.unregister(self._sock)
        self._events = 0
        self._sock = self._tls.wrap_socket(self._sock, server_hostname=self._url.host, do_handshake_on_connect=False)
        self._secure = self._shaking = True
        self.deadline = time.monotonic() + self._timeouts.connect
        self._shake()

    def _shake(self) -> None:
        assert isinstance(self._sock, ssl.SSLSocket) and self.channel is not None
        try:
            self._sock.do_handshake()
        except ssl.SSLWantReadError:
            self._watch(READ)
            return
        except ssl.SSLWantWriteError:
            self._watch(WRITE)
            return
        self._shaking = False
        if self.channel.start_tls:
            self.channel.secured()
        self._watch(READ)
        self._rearm()
        self._read()  # the first words may have come with the handshake

    # --- bytes

    def _read(self) -> None:
        self._receive()
        if self.channel is not None and self.channel.start_tls:
            self._wrap()
        else:
            self._flush()

    def _receive(self) -> None:
        assert self._sock is not None and self.channel is not None
        while True:
            try:
                data = self._sock.recv(_READ_BYTES)
            except _NOT_NOW:
                return
            if not data:
                raise _Lost("서버가 연결을 끊었습니다")
            before = self.channel.waiting_for
            self.channel.receive(data)
            if self.channel.waiting_for is not before:
                self._rearm()
            if not self._secure:  # TLS may hold more than the selector sees
                return

    def _flush(self) -> None:
        assert self._sock is not None and self.channel is not None
        if not self._out:
            taken = self.channel.take()
            if not taken:
                return
            self._out = memoryview(taken)
            self._rearm()
            if self._secure:  # OpenSSL may have written what it reports as not yet written
                self.channel.reach = len(taken)
        while self._out:
            try:
                count = self._sock.send(self._out)
            except _NOT_NOW:
                self._watch(READ | WRITE)
                return
            except OSError:
                self._receive()  # what the server said before it hung up still counts
                raise
            if not self._secure:
                self.channel.reach += count
            self._out = self._out[count:]
        self._watch(READ)

    def _watch(self, events: int) -> None:
        if events == self._events:
            return
        assert self._sock is not None
        if self._events:
            self._selector.modify(self._sock, events, self)
        else:
            self._selector.register(self._sock, events, self)
        self._events = events

    def _rearm(self) -> None:
        stage = self.channel.waiting_for if self.channel is not None else None
        if stage is None:
            self.deadline = math.inf
        else:
            self.deadline = time.monotonic() + (self._timeouts.final if stage is Stage.DOT else self._timeouts.reply)

    # --- the end

    def _end(self, error: Exception) -> None:
        if self.cause is not None:
            return
        self.cause = self._cause_of(error)
        self.permanent = isinstance(error, ssl.SSLCertVerificationError) or getattr(error, "permanent", False)
        self._unplug()
        channel = self.channel
        if channel is None:
            self.useless = True
            return
        self.useless = not channel.served and (self.busy or channel.turned_away or not channel.ready)
        broke_off = self.useless and self.cause.code is None
        fell_silent = isinstance(error, _Silence) and channel.out_of_step
        self.suspect = channel.pipelining and (broke_off or fell_silent or isinstance(error, ProtocolError))
        self.blames = channel.at_envelope
        self.returned = channel.lost(self.cause)

    def _cause_of(self, error: Exception) -> Outcome:
        if isinstance(error, Goodbye):
            return error.cause
        if isinstance(error, OpeningFailed):
            reply = error.reply
            return Outcome(
                Kind.NOT_SENT, error.stage, reply.code if reply else None, reply.enhanced if reply else None, error.text
            )
        stage = Stage.CONNECTION
        if self._shaking:
            stage = Stage.STARTTLS
        elif self.channel is not None and (not self.channel.ready or self.channel.at_envelope):
            stage = self.channel.waiting_for or stage
        text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        return Outcome(Kind.NOT_SENT, stage, text=text)

    def _unplug(self) -> None:
        if self._sock is None:
            return
        if self._events:
            self._selector.unregister(self._sock)
            self._events = 0
        self._sock.close()
        self._sock = None
