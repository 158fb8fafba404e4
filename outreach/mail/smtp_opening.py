"""The opening of an SMTP connection, from banner to login, as a dialogue free of sockets.

A generator that yields what to write (with the stage it belongs to) and is sent the server's reply.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator
from typing import NamedTuple

from outreach.mail.outcome import Stage
from outreach.mail.smtp_reply import Reply
from outreach.mail.smtp_url import Security, SmtpUrl

Extensions = dict[str, frozenset[str]]


class Step(NamedTuple):
    stage: Stage
    command: bytes  # may be empty: nothing to write, a reply is due
    start_tls: bool = False  # instead of writing, begin TLS; no reply is due


Opening = Generator[Step, Reply, Extensions]


class OpeningFailed(Exception):
    """``permanent``: trying again without changing something is pointless (and might lock the account)."""

    def __init__(self, stage: Stage, text: str, *, permanent: bool, reply: Reply | None = None):
        super().__init__(text)
        self.stage, self.text, self.permanent, self.reply = stage, text, permanent, reply


def opening(url: SmtpUrl, helo: str) -> Opening:
    """Returns what the server offers: extension name in capitals -> parameters in capitals.
    Raises OpeningFailed."""
    _require((yield Step(Stage.BANNER, b"")), Stage.BANNER, 220)
    offered = yield from _hello(helo)
    if url.security is Security.STARTTLS:
        if "STARTTLS" not in offered:
            raise OpeningFailed(Stage.STARTTLS, "서버가 STARTTLS를 제공하지 않습니다", permanent=True)
        _require((yield Step(Stage.STARTTLS, b"STARTTLS\r\n")), Stage.STARTTLS, 220)
        yield Step(Stage.STARTTLS, b"", start_tls=True)
        offered = yield from _hello(helo)  # what was said in the clear does not count, RFC 3207 §4.2
    if url.user is not None:
        yield from _log_in(url.user, url.password, offered.get("AUTH", frozenset()))
    return offered


def _hello(helo: str) -> Opening:
    name = helo.encode("ascii")
    reply = yield Step(Stage.EHLO, b"EHLO %b\r\n" % name)
    if reply.code in {500, 502, 504}:  # a server from before ESMTP, RFC 5321 §3.2
        _require((yield Step(Stage.EHLO, b"HELO %b\r\n" % name)), Stage.EHLO, 250)
        return {}
    _require(reply, Stage.EHLO, 250)
    offered: Extensions = {}
    for line in reply.lines[1:]:
        keyword, *parameters = line.decode("ascii", "replace").upper().replace("AUTH=", "AUTH ").split() or [""]
        offered[keyword] = offered.get(keyword, frozenset()) | frozenset(parameters)
    return offered


def _log_in(user: str, password: str, mechanisms: frozenset[str]) -> Generator[Step, Reply, None]:
    if "PLAIN" in mechanisms:  # RFC 4616
        yield from _login_step(b"AUTH PLAIN " + b64encode(f"\0{user}\0{password}".encode()), 235)
    elif "LOGIN" in mechanisms:
        yield from _login_step(b"AUTH LOGIN", 334)
        yield from _login_step(b64encode(user.encode()), 334)
        yield from _login_step(b64encode(password.encode()), 235)
    else:
        raise OpeningFailed(Stage.AUTH, "서버가 AUTH PLAIN·LOGIN을 제공하지 않습니다", permanent=True)


def _login_step(line: bytes, expected: int) -> Generator[Step, Reply, None]:
    _require((yield Step(Stage.AUTH, line + b"\r\n")), Stage.AUTH, expected)


def _require(reply: Reply, stage: Stage, code: int) -> None:
    if reply.code != code:
        raise OpeningFailed(stage, reply.text, permanent=reply.code >= 500, reply=reply)
