"""What became of one message at the mail server: plain data, shared by transport and journal."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Kind(str, enum.Enum):
    """The verdict. Only ACCEPTED and the two refusals are the server's last word."""

    ACCEPTED = "accepted"  # 2xx to the final dot: the server has taken responsibility (RFC 5321 §4.2.5)
    REFUSED_RECIPIENT = "refused_recipient"  # 5xx to RCPT
    REFUSED_MESSAGE = "refused_message"  # 5xx to MAIL, DATA or the content; or it could not be built
    DEFERRED = "deferred"  # 4xx: the server asks to try again later; or connections break at this message
    IN_DOUBT = "in_doubt"  # content left whole, no final reply came: it may or may not arrive
    NOT_SENT = "not_sent"  # certainly not delivered; safe to queue again
    WITHDRAWN = "withdrawn"  # taken back by the caller before its content left


class Stage(str, enum.Enum):
    """Where in the dialogue it was decided."""

    PREPARE = "prepare"  # before any server was asked: rendering, address syntax
    CONNECTION = "connection"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    RSET = "rset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class Outcome(NamedTuple):
    """``code`` is the SMTP reply code, ``enhanced`` the RFC 3463 status such as ``5.1.1``; both are None
    where the server said nothing. ``text`` is the server's words, or ours in Korean without a code."""

    kind: Kind
    stage: Stage
    code: int | None = None
    enhanced: str | None = None
    text: str = ""
