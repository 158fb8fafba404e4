"""Sending mail: a pool of SMTP connections driven by one selector loop in the calling thread.

What the pool promises:

* Every message of a batch gets exactly one outcome, also when sending is stopped or the server is away.
* :meth:`Hooks.on_intent` returns before the first byte of a message's content leaves, so that what the
  hook has written down survives the killing of the process.
* At any moment at most one message per open connection is between intent and outcome.
* A message is tried again by itself only if nothing of its content has left; what may have reached the
  server whole is reported as in doubt and never sent again from here. One at which connections keep breaking
  is deferred, as by a 4xx, so that it neither ends the others nor is tried for ever.
* The first connection must get one message through before the others are opened: a wrong password or a
  broken server costs one attempt, not as many as there are connections.
"""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp_channel import Channel, Flight, OutgoingMessage, Sign
from outreach.mail.smtp_connection import Connection, Timeouts
from outreach.mail.smtp_url import Security, SmtpUrl
from outreach.wording import Text

__all__ = ["Hooks", "OutgoingMessage", "SmtpPool", "Timeouts", "send_one"]

MAX_FAILURES = 3  # connections in a row that achieve nothing
MAX_TRIES = 2  # of a message whose envelope was all that a connection ever saw: it is what breaks them
_LONGEST_WAIT = 0.25  # seconds; how late a stop or a deadline may be noticed
_END = object()
_NO_SMTPUTF8 = Outcome(
    Kind.REFUSED_RECIPIENT, Stage.EHLO,
    text=Text("한글이 든 주소로는 이 메일 서버가 보내지 못합니다(SMTPUTF8 미지원). 영문 주소를 확인해 주세요"),
)
_STOPPED = Outcome(Kind.NOT_SENT, Stage.CONNECTION, text=Text("발송을 멈추었습니다"))

log = logging.getLogger(__name__)


class Hooks(Protocol):
    """What the sender does around the socket. All are called in the thread of :meth:`SmtpPool.send`; an
    exception from any of them ends all connections at once and is passed on: messages without an outcome
    must then be judged as after a death."""

    def stop(self) -> bool:
        """Asked before each round of writes. Once true, no further content leaves."""
        ...

    def about_to_write(self, ids: Sequence[int]) -> None:
        """The same ``ids`` are asked about once the messages behind them have been made ready: what takes time to
        find out may begin."""
        ...

    def before_write(self, ids: Sequence[int]) -> Collection[int]:
        """Called right before envelopes or contents of ``ids`` are written (a message comes twice). Those
        it returns are withdrawn."""
        ...

    def on_intent(self, ids: Sequence[int]) -> None:
        """The contents of ``ids`` leave as soon as this returns."""
        ...

    def on_outcome(self, delivery_id: int, outcome: Outcome) -> None: ...


class SmtpPool:
    """Up to ``connections`` connections to one server, kept open between batches. Not for several threads.

    ``helo`` is the name for EHLO (default: the address literal), ``tls`` replaces the verifying default
    context, ``pause`` is the first of the growing waits (seconds) before a failed server is tried again,
    ``sign`` what every content passes through last, in ``signers`` threads beside the sending one (0: in that
    one), ``max_failures`` after how many connections in a row that achieve nothing the server is given up.
    """

    def __init__(
        self, url: SmtpUrl, *, connections: int = 8, helo: str | None = None, timeouts: Timeouts = Timeouts(),
        tls: ssl.SSLContext | None = None, pause: float = 0.5, sign: Sign | None = None, signers: int = 0,
        max_failures: int = MAX_FAILURES,
    ):
        if connections < 1:
            raise ValueError("connections: at least one")
        self.size = self.limit = connections
        self.sign = sign
        self.signers = ThreadPoolExecutor(signers, "signer") if sign and signers else None
        self.pause, self.max_failures = pause, max_failures
        self.proven = False  # a message has got through since the last total failure
        self.gave_up: Outcome | None = None  # why the last batch could not be sent to its end
        self.lockstep = False  # the server announced pipelining but did not live up to it
        self.failures = 0  # connections in a row that achieved nothing
        self.connections: list[Connection] = []
        self.selector = selectors.DefaultSelector()
        self._url, self._helo, self._timeouts = url, helo, timeouts
        self._tls = None if url.security is Security.NONE else tls or url.tls_context()

    def send(self, batch: Iterable[OutgoingMessage | None], hooks: Hooks) -> None:
        """Send ``batch`` and return when every message has its outcome. The iterable is read as the messages
        go, and only as far ahead as there are connections. Where it yields None, nothing may be begun until one of
        those under way has its outcome; when sending ends early, what is behind a None gets no outcome."""
        run = _Run(self, batch, hooks)
        try:
            self.gave_up = run.go()
        except BaseException:
            self.abort()
            raise

    def open(self, count: int) -> None:
        """Begin ``count`` more connections. Raises OSError if the server's name can't be resolved."""
        addresses = socket.getaddrinfo(self._url.host, self._url.port, type=socket.SOCK_STREAM)
        self.connections.extend(
            Connection(
                addresses, self._url, helo=self._helo, tls=self._tls, timeouts=self._timeouts,
                selector=self.selector, lockstep=self.lockstep,
            )
            for _ in range(count)
        )

    def abort(self) -> None:
        """End all connections without a word."""
        for connection in self.connections:
            connection.drop("")
        self.connections.clear()

    def close(self, seconds: float = 2) -> None:
        """QUIT on all connections, waiting at most ``seconds`` for the answers. The pool's end."""
        deadline = time.monotonic() + seconds
        for connection in self.connections:
            connection.say_goodbye()
        for connection in self.connections:
            connection.wait_for_end(deadline - time.monotonic())
        self.connections.clear()
        self.selector.close()
        if self.signers:
            self.signers.shutdown(cancel_futures=True)

    def __enter__(self) -> SmtpPool:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Run:
    """One batch on its way through the pool."""

    def __init__(self, pool: SmtpPool, batch: Iterable[OutgoingMessage | None], hooks: Hooks):
        self._pool, self._hooks = pool, hooks
        self._source = iter(batch)
        self._waiting: deque[Flight] = deque()  # ready to be announced
        self._exhausted = False
        self._over: Outcome | None = None  # why nothing more is begun
        self._not_before = 0.0
        pool.failures = 0
        pool.limit = min(pool.limit + 1, pool.size)  # what was too much a while ago may not be so now

    def go(self) -> Outcome | None:
        """To the end, or to where the server failed: why."""
        self._fill()
        self._wait(0)  # notice kept connections that the server has closed meanwhile
        while True:
            self._collect()
            self._fill()
            if self._over is None and self._hooks.stop():
                self._over = _STOPPED
            if self._over is not None:
                self._refuse_rest(self._over)
            else:
                self._staff()
            self._write()
            self._collect()
            if self._ended() and not any(connection.busy for connection in self._pool.connections):
                return None if self._over is _STOPPED else self._over
            self._wait(self._patience())

    # --- supply

    def _ended(self) -> bool:
        """Whether nothing is left to be begun."""
        return not self._waiting and self._exhausted

    def _fill(self) -> None:
        """Make messages ready, one for each connection ahead. One that can't be built is refused here and
        holds up no other."""
        while len(self._waiting) < self._pool.size and not self._exhausted:
            message = next(self._source, _END)
            if message is _END:
                self._exhausted = True
                return
            if message is None:
                return
            try:
                self._waiting.append(Flight(message, self._pool.sign, self._pool.signers))
            except Exception as error:
                self._not_built(message.delivery_id, error)

    def _not_built(self, delivery_id: int, error: Exception) -> None:
        log.warning("delivery %d can't be built: %r", delivery_id, error)
        self._hooks.on_outcome(delivery_id, Outcome(Kind.REFUSED_MESSAGE, Stage.PREPARE, text=str(error)))

    def _next(self) -> Flight | None:
        while self._over is None:
            if not self._waiting:
                self._fill()
            if not self._waiting:
                return None
            flight = self._waiting.popleft()
            try:
                flight.finish()
                return flight
            except Exception as error:
                self._not_built(flight.id, error)
        return None

    def _next_for(self, channel: Channel) -> Flight | None:
        """The next that this server can carry. To whom it can't, nothing is said; another form of the address does
        not exist (RFC 6531 §3.2)."""
        while (flight := self._next()) is not None:
            if channel.smtputf8 or not flight.international:
                return flight
            self._hooks.on_outcome(flight.id, _NO_SMTPUTF8)
        return None

    def _refuse_rest(self, cause: Outcome) -> None:
        """Report all that has not left, and end the connections that wait for leave to send."""
        for connection in self._pool.connections:
            if connection.channel is None or not connection.channel.ready or (
                connection.channel.announced and not connection.channel.under_way
            ):
                connection.drop(cause.text)
        self._collect()
        while self._waiting:
            self._hooks.on_outcome(self._waiting.popleft().id, cause)
        for message in self._source:
            if message is None:
                break
            self._hooks.on_outcome(message.delivery_id, cause)
        self._exhausted = True

    # --- connections

    def _staff(self) -> None:
        """Open what is missing: one connection until the server has proven itself, then all."""
        pool = self._pool
        wanted = min(pool.limit if pool.proven else 1, len(pool.connections) + self._unserved())
        missing = wanted - len(pool.connections)
        if missing > 0 and time.monotonic() >= self._not_before:
            try:
                pool.open(missing)
            except OSError as error:
                reason = error.strerror or str(error)
                self._failed(Outcome(Kind.NOT_SENT, Stage.CONNECTION, text=reason), permanent=False)

    def _unserved(self) -> int:
        """Waiting messages for which no connection is free or on its way."""
        free = sum(1 for connection in self._pool.connections if not connection.busy)
        return max(0, len(self._waiting) - free)

    def _collect(self) -> None:
        """Report outcomes and bury the connections that have ended."""
        pool = self._pool
        for connection in pool.connections:
            channel = connection.channel
            if channel is not None and channel.settled:
                for flight, outcome in channel.settled:
                    self._hooks.on_outcome(flight.id, outcome)
                channel.settled.clear()
                if channel.served:
                    self._prove()
        if all(connection.alive for connection in pool.connections):
            return
        ended = [connection for connection in pool.connections if not connection.alive]
        pool.connections = [connection for connection in pool.connections if connection.alive]
        pool.proven = pool.proven and bool(pool.connections)
        for connection in ended:
            self._bury(connection)
        useless = [connection for connection in ended if connection.useless]
        if useless and self._over is None:
            assert useless[0].cause is not None
            self._failed(useless[0].cause, permanent=any(connection.permanent for connection in useless))

    def _prove(self) -> None:
        self._pool.failures = 0
        if not self._pool.proven:
            self._pool.proven, self._pool.limit = True, self._pool.size

    def _bury(self, connection: Connection) -> None:
        assert connection.cause is not None
        if connection.suspect and not self._pool.lockstep:
            self._pool.lockstep = True
            log.warning("SMTP server is not up to pipelining, going on without")
        flight = connection.returned
        if flight is None:
            return
        flight.returns += connection.blames
        flight.tries += connection.blames and connection.useless
        if flight.tries < MAX_TRIES and flight.returns < self._pool.size + MAX_TRIES:
            # It goes first: a server that takes so many messages a connection takes it on a new one; one that
            # breaks every connection shows itself before it has cost many.
            self._waiting.appendleft(flight)
        else:
            self._hooks.on_outcome(flight.id, connection.cause._replace(kind=Kind.DEFERRED))

    def _failed(self, cause: Outcome, *, permanent: bool) -> None:
        """Connections achieved nothing. If others do, the server takes no more than those; if there are none,
        try again after a while, but not for ever."""
        pool = self._pool
        log.warning("SMTP connection failed at %s: %s %s", cause.stage.value, cause.code or "", cause.text)
        if pool.connections:
            pool.limit = len(pool.connections)
            return
        pool.failures += 1
        self._not_before = time.monotonic() + pool.pause * 2 ** (pool.failures - 1)
        if permanent or pool.failures >= pool.max_failures:
            self._over = cause

    # --- the loop

    def _write(self) -> None:
        """Let every connection whose server has answered go on: ask the hooks once for all of them, then write."""
        plans: list[tuple[Connection, Flight | None, Flight | None]] = []
        for connection in self._pool.connections:
            if connection.due:
                channel = connection.channel
                assert channel is not None
                content = channel.announced if channel.cleared else None
                following = self._next_for(channel) if content is None or channel.pipelining else None
                if content or following:
                    plans.append((connection, content, following))
        if not plans:
            return
        ids = [flight.id for plan in plans for flight in plan[1:] if flight is not None]
        self._hooks.about_to_write(ids)
        self._fill()
        withdrawn = self._hooks.before_write(ids)
        if withdrawn:
            plans = [self._without(withdrawn, *plan) for plan in plans]
        intents = [content.id for connection, content, _ in plans if content is not None]
        if intents:
            self._hooks.on_intent(intents)
        for connection, content, following in plans:
            if content or following:
                connection.proceed(content is not None, following)

    def _without(
        self, withdrawn: Collection[int], connection: Connection, content: Flight | None, following: Flight | None
    ) -> tuple[Connection, Flight | None, Flight | None]:
        if following is not None and following.id in withdrawn:
            self._hooks.on_outcome(following.id, Outcome(Kind.WITHDRAWN, Stage.MAIL))
            following = None
        if content is not None and content.id in withdrawn:
            # The server waits for its content by now; nothing but hanging up takes the message back.
            connection.drop("보내기 직전에 취소되었습니다")
            connection.returned = None
            self._hooks.on_outcome(content.id, Outcome(Kind.WITHDRAWN, Stage.DATA))
            if following is not None:
                self._waiting.appendleft(following)
            content = following = None
        return connection, content, following

    def _patience(self) -> float:
        if self._waiting and any(connection.due for connection in self._pool.connections):
            return 0
        if self._waiting and not self._pool.connections:
            return min(_LONGEST_WAIT, max(0.0, self._not_before - time.monotonic()))
        return _LONGEST_WAIT

    def _wait(self, seconds: float) -> None:
        if not self._pool.connections:
            time.sleep(seconds)
            return
        for key, events in self._pool.selector.select(seconds):
            key.data.handle(events)
        now = time.monotonic()
        for connection in self._pool.connections:
            if connection.deadline < now and connection.alive:
                connection.expire()


class _OneMessage:
    """Hooks for a single message that must not take for ever."""

    outcome: Outcome

    def __init__(self, deadline: float):
        self._deadline = deadline

    def stop(self) -> bool:
        return time.monotonic() > self._deadline

    def about_to_write(self, ids: Sequence[int]) -> None:
        pass

    def before_write(self, ids: Sequence[int]) -> Collection[int]:
        return ()

    def on_intent(self, ids: Sequence[int]) -> None:
        pass

    def on_outcome(self, delivery_id: int, outcome: Outcome) -> None:
        self.outcome = outcome


def send_one(
    url: SmtpUrl, message: OutgoingMessage, *, helo: str | None = None,
    timeouts: Timeouts = Timeouts(reply=60, final=300), tls: ssl.SSLContext | None = None, seconds: float = 300,
    sign: Sign | None = None,
) -> Outcome:
    """Send one message over a connection of its own and say what became of it.

    Its content does not leave after ``seconds``; with the wait for the final reply it takes at most
    ``seconds + timeouts.final``, by default ten minutes.
    """
    hooks = _OneMessage(time.monotonic() + seconds)
    with SmtpPool(url, connections=1, helo=helo, timeouts=timeouts, tls=tls, sign=sign) as pool:
        pool.send([message], hooks)
    return hooks.outcome
