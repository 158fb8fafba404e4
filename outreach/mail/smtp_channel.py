"""The mail dialogue of one connection, free of sockets: which bytes to write, and which reply belongs to
which command.

With PIPELINING (RFC 2920) the content of one message and the envelope of the next leave together, and
the server's four replies come back together. DATA ends such a group, so the next content can't leave
before the final reply to this one: at any time at most one message of a connection is in doubt. Without
it, each command waits for its reply.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import NamedTuple

from outreach.mail.address import is_international, path
from outreach.mail.content import wire_content
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp_opening import Extensions, Step, opening
from outreach.mail.smtp_reply import ProtocolError, Reply, ReplyParser
from outreach.mail.smtp_url import SmtpUrl


class OutgoingMessage(NamedTuple):
    """``content``: the message with CRLF line ends, 7-bit, not dot-stuffed; or a function that renders it
    shortly before it is sent. ``mail_from`` may be empty (null path)."""

    delivery_id: int
    mail_from: str
    rcpt_to: str
    content: bytes | Callable[[], bytes]


#: Takes sender and content, gives the content to send (outreach.mail.dkim).
Sign = Callable[[str, bytes], bytes]


class Flight:
    """A message made ready for the wire. Raises what rendering raises, BadAddress and ValueError. With ``signers``
    it is signed meanwhile by one of those threads: :meth:`finish` waits for it."""

    __slots__ = ("_signed", "content", "envelope", "id", "international", "returns", "tries")

    def __init__(self, message: OutgoingMessage, sign: Sign | None = None, signers: Executor | None = None):
        content = message.content if isinstance(message.content, bytes) else message.content()
        self.id = message.delivery_id
        self.international = is_international(message.rcpt_to)  # only for servers with SMTPUTF8
        parameters = b" BODY=8BITMIME SMTPUTF8" if self.international else b""
        self.envelope = (
            (Stage.MAIL, b"MAIL FROM:%b%b\r\n" % (path(message.mail_from), parameters)),
            (Stage.RCPT, b"RCPT TO:%b\r\n" % path(message.rcpt_to, international=True)),
            (Stage.DATA, b"DATA\r\n"),
        )
        self._signed: Future[bytes] | None = None
        if sign and signers:
            self._signed = signers.submit(sign, message.mail_from, content)
        else:
            self.content = wire_content(sign(message.mail_from, content) if sign else content)
        self.tries = 0  # connections that broke at its envelope before they had achieved anything
        self.returns = 0  # connections that broke at its envelope

    def finish(self) -> None:
        """Its ``content`` is there from now on. Raises what signing raises."""
        if self._signed is not None:
            self.content, self._signed = wire_content(self._signed.result()), None


def _of_recipient(stage: Stage, reply: Reply) -> bool:
    """Whether a 421 puts off that one recipient (X.7.x, a policy, at RCPT): of the next one it says nothing."""
    return stage is Stage.RCPT and (reply.enhanced or "").startswith("4.7")


class Goodbye(Exception):
    """The server ends the connection (421); ``cause`` says so in its words."""

    def __init__(self, cause: Outcome):
        super().__init__(cause.text)
        self.cause = cause


class Channel:
    """Feed it with :meth:`receive`; write what :meth:`take` gives. ``reach`` must be kept by whoever writes:
    how many bytes of the last ``take`` may have left this machine."""

    def __init__(self, url: SmtpUrl, helo: str, *, lockstep: bool = False):
        self.reach = 0
        self.start_tls = False  # begin TLS now, then call secured()
        self.ready = False  # the opening is over
        self.pipelining = False
        self.smtputf8 = False
        self.under_way: Flight | None = None  # its content has been handed out, its final reply is due
        self.announced: Flight | None = None  # its envelope has been handed out
        self.cleared = False  # the server waits for the content of the announced one (354)
        self.settled: list[tuple[Flight, Outcome]] = []
        self.served = 0  # messages the server has given its word on
        self.turned_away = False  # a message was answered by the end of the connection (421)
        self._lockstep = lockstep
        self._parser = ReplyParser()
        self._expected: deque[Stage] = deque()
        self._later: deque[tuple[Stage, bytes]] = deque()  # commands that wait for the reply before them
        self._group = 0  # how many replies the last write is to bring
        self._out: list[bytes] = []
        self._dot_at = 0
        self._refusal: Outcome | None = None  # of the announced one
        self._open_transaction = False
        self._opening = opening(url, helo)
        self._follow(next(self._opening))

    # --- towards the server

    @property
    def due(self) -> bool:
        """Whether :meth:`proceed` may be called: everything written has been answered."""
        return self.ready and not self._expected

    @property
    def waiting_for(self) -> Stage | None:
        return self._expected[0] if self._expected else None

    @property
    def at_envelope(self) -> bool:
        """Whether the server has still to answer the announced message, and no other."""
        return self.announced is not None and self.under_way is None

    @property
    def out_of_step(self) -> bool:
        """Whether some but not all commands of a pipelined group have been answered."""
        return self.pipelining and 0 < len(self._expected) < self._group

    def proceed(self, content: bool, following: Flight | None) -> None:
        """Hand out the content of the cleared message, then the envelope of ``following``; both at once
        only with ``pipelining``."""
        if content:
            assert self.cleared and self.announced is not None
            self.under_way, self.announced, self.cleared = self.announced, None, False
            self._say(Stage.DOT, self.under_way.content)
            self._dot_at = len(self.under_way.content) - len(b".\r\n")
        if following is not None:
            self.announced = following
            reset = ((Stage.RSET, b"RSET\r\n"),) if self._open_transaction and not content else ()
            self._later.extend((*reset, *following.envelope))
            self._say_more()

    def take(self) -> bytes:
        """What to write now; may be empty."""
        if not self._out:
            return b""
        out, self._out, self.reach = b"".join(self._out), [], 0
        self._group = len(self._expected)
        return out

    def _say(self, stage: Stage, command: bytes) -> None:
        self._expected.append(stage)
        if command:
            self._out.append(command)

    def _say_more(self) -> None:
        while self._later and (self.pipelining or not self._expected):
            self._say(*self._later.popleft())

    # --- from the server

    def receive(self, data: bytes) -> None:
        """Raises ProtocolError, Goodbye, and OpeningFailed; the connection is then of no more use."""
        for reply in self._parser.feed(data):
            if not self._expected:
                if reply.code == 421:
                    raise Goodbye(_cause(Stage.CONNECTION, reply))
                raise ProtocolError("명령하지 않은 것에 대한 응답이 왔습니다")
            stage = self._expected.popleft()
            if not self.ready:
                self._opened(reply)
            else:
                self._answered(stage, reply)

    def secured(self) -> None:
        """TLS is in place."""
        self.start_tls = False
        self._follow(next(self._opening))

    def _opened(self, reply: Reply) -> None:
        try:
            step = self._opening.send(reply)
        except StopIteration as end:
            offered: Extensions = end.value
            self.ready = True
            self.pipelining = "PIPELINING" in offered and not self._lockstep
            self.smtputf8 = "SMTPUTF8" in offered
        else:
            self._follow(step)

    def _follow(self, step: Step) -> None:
        if not step.start_tls:
            self._say(step.stage, step.command)
            return
        if self._parser.midway:  # injected before the encryption, to be read behind it
            raise ProtocolError("STARTTLS 뒤에 암호화되지 않은 응답이 이어졌습니다")
        self.start_tls = True

    def _answered(self, stage: Stage, reply: Reply) -> None:
        if stage is Stage.DOT:
            self._final(reply)
        if reply.code == 421:
            if _of_recipient(stage, reply):
                self._refusal = _refusal(stage, reply)
                self._settle_announced()
            raise Goodbye(_cause(stage, reply))
        if stage is Stage.RSET:
            if not reply.ok:
                raise ProtocolError("RSET이 거부되었습니다")
            self._open_transaction = False
        elif stage is Stage.DATA:
            self._data(reply)
        elif stage is not Stage.DOT:
            self._envelope(stage, reply)
        if self._later:
            self._say_more()

    def _envelope(self, stage: Stage, reply: Reply) -> None:
        if reply.ok:
            self._open_transaction = True
        elif self._refusal is None:
            self._refusal = _refusal(stage, reply)
        if self._refusal is not None and self._later:
            self._later.clear()
            self._settle_announced()

    def _data(self, reply: Reply) -> None:
        if reply.code != 354:
            self._refusal = self._refusal or _refusal(Stage.DATA, reply)
            self._settle_announced()
        elif self._refusal is None:
            self.cleared = True
        else:
            # The server wants content for nobody. Hanging up is the one answer that delivers nothing.
            raise ProtocolError("받는 사람 없이 DATA가 허용되었습니다")

    def _final(self, reply: Reply) -> None:
        flight, early = self.under_way, not self.in_doubt
        assert flight is not None
        if not reply.ok:
            outcome = _refusal(Stage.DOT, reply)
        elif early:
            raise ProtocolError("본문을 다 보내기 전에 접수 응답이 왔습니다")
        else:
            outcome = Outcome(Kind.ACCEPTED, Stage.DOT, reply.code, reply.enhanced, reply.text)
        self.under_way, self._open_transaction = None, False
        self._settle(flight, outcome)
        if early:  # the rest of the content must not be read as commands
            raise Goodbye(_cause(Stage.DOT, reply))

    def _settle_announced(self) -> None:
        assert self.announced is not None and self._refusal is not None
        flight, outcome = self.announced, self._refusal
        self.announced = self._refusal = None
        self._settle(flight, outcome)

    def _settle(self, flight: Flight, outcome: Outcome) -> None:
        if outcome.code == 421 and outcome.stage is not Stage.RCPT:
            self.turned_away = True
        else:
            self.served += 1
        self.settled.append((flight, outcome))

    # --- at the end

    @property
    def in_doubt(self) -> bool:
        """Whether the message under way may have reached the server whole: its final dot may have left."""
        return self.under_way is not None and self.reach > self._dot_at

    def lost(self, cause: Outcome) -> Flight | None:
        """The connection is gone: settle what was under way, and give back a message that was only announced.
        Nothing of its content has left, so it may go another way. Half a message is delivered to nobody; that
        counts as a try, or one that no connection survives would be tried for ever."""
        if self.under_way is not None:
            kind, stage = (Kind.IN_DOUBT, Stage.DOT) if self.in_doubt else (Kind.DEFERRED, Stage.DATA)
            self.settled.append((self.under_way, cause._replace(kind=kind, stage=stage)))
            self.under_way = None
        if self._refusal is not None:  # its recipient had been refused already
            self._settle_announced()
        flight, self.announced, self.cleared = self.announced, None, False
        return flight


def _refusal(stage: Stage, reply: Reply) -> Outcome:
    """Raises ProtocolError for a code that is no refusal."""
    if reply.code < 400:
        raise ProtocolError(f"{stage.value.upper()}에 대한 응답이 아닙니다: {reply.code}")
    if reply.code < 500:
        kind = Kind.DEFERRED
    else:
        kind = Kind.REFUSED_RECIPIENT if stage is Stage.RCPT else Kind.REFUSED_MESSAGE
    return Outcome(kind, stage, reply.code, reply.enhanced, reply.text)


def _cause(stage: Stage, reply: Reply) -> Outcome:
    return Outcome(Kind.NOT_SENT, stage, reply.code, reply.enhanced, reply.text)
