"""Addresses as they stand in the envelope and in header fields."""

from __future__ import annotations

import re
from typing import NamedTuple

from outreach.mail.headers import encoded_words, is_plain, one_line
from outreach.wording import Text

MAX_ADDRESS_CHARS = 254  # RFC 5321 §4.5.3.1.3: a path is 256 octets with its angle brackets

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"  # dot-atom, RFC 5322 §3.2.3
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
)
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class BadAddress(ValueError):
    """Not an address that SMTP without SMTPUTF8 can carry."""


class Address(NamedTuple):
    """A display name (may be empty) and an e-mail address in ASCII (an international domain in its
    ``xn--`` form, as email-validator's ``ascii_email`` gives it)."""

    name: str
    email: str


def checked(email: str) -> str:
    """``email`` itself if it is safe to write into a command or a header. Raises BadAddress."""
    if len(email) > MAX_ADDRESS_CHARS or not _ADDRESS.fullmatch(email):
        raise BadAddress(Text("전자우편 주소 형식이 아닙니다: %(address)s", address=f"{email[:80]!r}"))
    return email


def path(email: str) -> bytes:
    """The path for MAIL FROM and RCPT TO, ``<user@example.kr>``; the empty address is the null path ``<>``
    of bounces and automatic notices (RFC 5321 §4.5.5). Raises BadAddress."""
    return b"<%b>" % (checked(email).encode("ascii") if email else b"")


def mailbox(header: str, address: Address) -> bytes:
    """The whole header field, e.g. ``From: =?utf-8?b?…?=`` CRLF `` <a@b>`` CRLF. Raises BadAddress."""
    email = checked(address.email).encode("ascii")
    name = one_line(address.name).strip()
    start = header.encode("ascii") + b": "
    if not name:
        return b"%b%b\r\n" % (start, email)
    if not is_plain(name, len(start) + len(email) + 5):
        return b"%b%b\r\n <%b>\r\n" % (start, encoded_words(name, len(start)), email)
    phrase = name if _PHRASE.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return b"%b%b <%b>\r\n" % (start, phrase.encode("ascii"), email)
