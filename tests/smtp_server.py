"""A real SMTP server on the loopback whose behaviour a test writes as one small function.

The script is called with every :class:`Event` and may return None (do the usual), bytes (send these
instead of the usual reply), or an :class:`Act`. What arrived is kept in ``messages`` and ``commands``.
"""

from __future__ import annotations

import base64
import contextlib
import enum
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Event(NamedTuple):
    """``stage``: banner, ehlo, helo, starttls, auth, mail, rcpt, data, content (354 has been sent), dot,
    rset, quit. ``connection`` and ``message`` count from 1, the message within its connection."""

    stage: str
    argument: str
    connection: int
    message: int


class Act(enum.Enum):
    CLOSE = "close the connection"
    RESET = "reset the connection"
    SILENCE = "say nothing and go on"


class CloseAfter(NamedTuple):
    """Send ``reply``; at the stage ``content`` first read ``count`` bytes; then close."""

    reply: bytes = b""
    count: int = 0


class Pause(NamedTuple):
    seconds: float


Script = Callable[[Event], "bytes | Act | CloseAfter | Pause | None"]


def usual(event: Event) -> None:
    """The script of a server at its best."""


def always(stage: str, act: object, who: str = "") -> Script:
    """Act at ``stage``, whenever the argument holds ``who``."""
    return lambda event: act if event.stage == stage and who in event.argument else None  # type: ignore[return-value]


def once(stage: str, act: object, who: str = "", *, message: int | None = None) -> Script:
    """The same one time only; ``message``: only for that one of a connection."""
    done: list[Event] = []

    def script(event: Event) -> object:
        if done or event.stage != stage or who not in event.argument or message not in (None, event.message):
            return None
        done.append(event)
        return act

    return script  # type: ignore[return-value]


@dataclass
class Received:
    connection: int
    mail_from: str
    rcpt_to: list[str]
    content: bytes  # dots unstuffed, without the final one


@dataclass
class SmtpServer:
    """Use as a context manager; ``port`` is known inside. ``split`` sends replies byte by byte; with
    ``forgetful`` the server throws away what has come behind the line it is answering, as servers do that
    announce PIPELINING wrongly."""

    script: Script = lambda event: None
    extensions: Iterable[str] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    tls: ssl.SSLContext | None = None
    tls_first: bool = False
    split: bool = False
    forgetful: bool = False
    host: str = "127.0.0.1"
    lax: bool = False  # grants DATA without a recipient
    receive_buffer: int | None = None  # bytes the kernel may hold of what the server has not read
    port: int = 0
    messages: list[Received] = field(default_factory=list)
    commands: list[tuple[int, str]] = field(default_factory=list)
    early: list[str] = field(default_factory=list)  # sent ahead of a reply though PIPELINING was not offered
    logins: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0

    def __enter__(self) -> SmtpServer:
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server((self.host, self.port), backlog=64)
        if self.receive_buffer is not None:  # before accept: the sockets it gives inherit it
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    @property
    def recipients(self) -> list[str]:
        """Of the messages that were accepted, in order of arrival."""
        return [recipient for message in self.messages for recipient in message.rcpt_to]

    def stages(self, connection: int) -> list[str]:
        return [command.split(" ")[0].split(":")[0] for number, command in self.commands if number == connection]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                with self._lock:
                    self.connections += 1
                    self.open += 1
                    self.most_open = max(self.most_open, self.open)
                    self._sockets.add(sock)
                    session = _Session(self, sock, self.connections)
                threading.Thread(target=self._serve, args=(session,), daemon=True).start()

    def _serve(self, session: _Session) -> None:
        with contextlib.suppress(OSError, _Closed):
            session.run()
        self.leave(session)
        with contextlib.suppress(OSError):
            session.sock.close()

    def leave(self, session: _Session) -> None:
        """The connection counts as ended: before its last reply leaves, so that whoever has read that may open the
        next at once."""
        with self._lock:
            if session.plain in self._sockets:
                self._sockets.discard(session.plain)
                self.open -= 1


class _Closed(Exception):
    pass


class _Session:
    def __init__(self, server: SmtpServer, sock: socket.socket, number: int):
        self.server, self.sock, self.plain, self.number = server, sock, sock, number
        self.buffer = b""
        self.message = 0
        self.sender: str | None = None
        self.utf8 = False
        self.recipients: list[str] = []
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        if self.server.tls_first:
            self._secure()
        self._answer("banner", "", b"220 test ready\r\n")
        while True:
            line = self._line().decode("utf-8", "replace")
            self.server.commands.append((self.number, line))
            if self.buffer and "PIPELINING" not in self.server.extensions:
                self.server.early.append(line)
            if self.server.forgetful:
                self.buffer = b""
            verb, _, argument = line.partition(" ")
            getattr(self, f"_do_{verb.lower()}", self._unknown)(argument)

    # --- commands

    def _do_ehlo(self, argument: str) -> None:
        lines = ["test", *self.server.extensions]
        if self.server.tls and self.sock is self.plain:
            lines.append("STARTTLS")
        text = "".join(f"250{' ' if line is lines[-1] else '-'}{line}\r\n" for line in lines)
        self._answer("ehlo", argument, text.encode())

    def _do_helo(self, argument: str) -> None:
        self._answer("helo", argument, b"250 test\r\n")

    def _do_starttls(self, argument: str) -> None:
        if self._answer("starttls", argument, b"220 2.0.0 go ahead\r\n"):
            self._secure()

    def _do_auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            user, password = self._ask("Username:"), self._ask("Password:")
        self.server.logins.append((user, password))
        self._answer("auth", f"{mechanism} {user}", b"235 2.7.0 welcome\r\n")

    def _do_mail(self, argument: str) -> None:
        self.message += 1
        self.utf8 = "SMTPUTF8" in argument.rpartition(">")[2] and "SMTPUTF8" in self.server.extensions
        if self._answer("mail", _address(argument), b"250 2.1.0 ok\r\n"):
            self.sender = _address(argument)

    def _do_rcpt(self, argument: str) -> None:
        if self.sender is None:
            self._send(b"503 5.5.1 need MAIL first\r\n")
        elif not (argument.isascii() or self.utf8):
            self._send(b"553 5.6.7 not without SMTPUTF8\r\n")
        elif self._answer("rcpt", _address(argument), b"250 2.1.5 ok\r\n"):
            self.recipients.append(_address(argument))

    def _do_data(self, argument: str) -> None:
        if not self.recipients and not self.server.lax:
            self._send(b"554 5.5.1 no valid recipients\r\n")
            return
        recipient = self.recipients[0] if self.recipients else ""
        if not self._answer("data", recipient, b"354 go on\r\n"):
            return
        act = self.server.script(self._event("content", recipient))
        if isinstance(act, CloseAfter):
            self._read_exactly(act.count)
        self._apply(act)
        content = self._content()
        if self.server.forgetful:
            self.buffer = b""
        self._answer("dot", recipient, b"250 2.0.0 queued\r\n", accepted=content)
        self._forget()

    def _do_rset(self, argument: str) -> None:
        self._forget()
        self._answer("rset", "", b"250 2.0.0 ok\r\n")

    def _do_quit(self, argument: str) -> None:
        self._answer("quit", "", b"221 2.0.0 bye\r\n")
        raise _Closed

    def _unknown(self, argument: str) -> None:
        self._send(b"500 5.5.2 unknown command\r\n")

    # --- acting as the script says

    def _answer(self, stage: str, argument: str, usual: bytes, accepted: bytes | None = None) -> bool:
        """True if the usual happened, or a positive reply of the script's own. The content ``accepted`` counts
        as arrived before its reply leaves, so that whoever has read the reply finds it; also where the script
        cuts the connection after a positive reply."""
        act = self.server.script(self._event(stage, argument))
        reply = act if isinstance(act, bytes) else act.reply if isinstance(act, CloseAfter) else usual
        positive = reply[:1] in (b"2", b"3") and act not in (Act.CLOSE, Act.RESET)
        if accepted is not None and positive:
            self.server.messages.append(Received(self.number, self.sender or "", self.recipients, accepted))
        if isinstance(act, bytes):
            self._send(act)
            return positive
        self._apply(act)
        if act is not Act.SILENCE:
            self._send(usual)
        return True

    def _apply(self, act: object) -> None:
        if isinstance(act, Pause):
            time.sleep(act.seconds)
        elif isinstance(act, CloseAfter):
            self.server.leave(self)
            self._send(act.reply)
            raise _Closed
        elif act is Act.RESET:
            self.plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Closed
        elif act is Act.CLOSE:
            raise _Closed

    def _event(self, stage: str, argument: str) -> Event:
        return Event(stage, argument, self.number, self.message)

    def _forget(self) -> None:
        self.sender, self.recipients = None, []

    # --- bytes

    def _ask(self, prompt: str) -> str:
        self._send(b"334 %b\r\n" % base64.b64encode(prompt.encode()))
        return base64.b64decode(self._line()).decode()

    def _secure(self) -> None:
        assert self.server.tls is not None
        self.sock = self.server.tls.wrap_socket(self.sock, server_side=True)
        self.buffer = b""

    def _send(self, data: bytes) -> None:
        if not self.server.split:
            self.sock.sendall(data)
            return
        for at in range(len(data)):
            self.sock.sendall(data[at : at + 1])

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise _Closed
        self.buffer += data

    def _line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _read_exactly(self, count: int) -> None:
        while len(self.buffer) < count:
            self._more()

    def _content(self) -> bytes:
        while not self.buffer.startswith(b".\r\n") and b"\r\n.\r\n" not in self.buffer:
            self._more()
        if self.buffer.startswith(b".\r\n"):
            content, self.buffer = b"", self.buffer[3:]
        else:
            content, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
            content += b"\r\n"
        if content.startswith(b"."):
            content = content[1:]
        return content.replace(b"\r\n..", b"\r\n.")


def _address(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]
