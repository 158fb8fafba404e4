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
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"  # with UTF-8, RFC 6531 §3.3
_INTERNATIONAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class BadAddress(ValueError):
    """Not an address that SMTP can carry (of a sender: without SMTPUTF8)."""


class Address(NamedTuple):
    """A display name (may be empty) and an e-mail address in ASCII (an international domain in its
    ``xn--`` form, as email-validator's ``ascii_email`` gives it)."""

    name: str
    email: str


def is_international(email: str) -> bool:
    """Whether only a server with SMTPUTF8 (RFC 6531) can carry it: its local part is not in ASCII."""
    return not email.isascii()


def checked(email: str, *, international: bool = False) -> str:
    """``email`` itself if it is safe to write into a command or a header; with ``international`` its local part may
    hold Hangul and the like. Raises BadAddress."""
    if international and is_international(email):
        fits = len(email.encode("utf-8", "replace")) <= MAX_ADDRESS_CHARS and email.isprintable()
        fits = fits and _INTERNATIONAL.fullmatch(email) is not None
    else:
        fits = len(email) <= MAX_ADDRESS_CHARS and _ADDRESS.fullmatch(email) is not None
    if not fits:
        raise BadAddress(Text("전자우편 주소 형식이 아닙니다: %(address)s", address=f"{email[:80]!r}"))
    return email


def path(email: str, *, international: bool = False) -> bytes:
    """The path for MAIL FROM and RCPT TO, ``<user@example.kr>``; the empty address is the null path ``<>``
    of bounces and automatic notices (RFC 5321 §4.5.5). Raises BadAddress."""
    return b"<%b>" % (checked(email, international=international).encode("utf-8") if email else b"")


def mailbox(header: str, address: Address, *, international: bool = False) -> bytes:
    """The whole header field, e.g. ``From: =?utf-8?b?…?=`` CRLF `` <a@b>`` CRLF; an international address stands in
    UTF-8 (RFC 6532). Raises BadAddress."""
    email = checked(address.email, international=international).encode("utf-8")
    name = one_line(address.name).strip()
    start = header.encode("ascii") + b": "
    if not name:
        return b"%b%b\r\n" % (start, email)
    if not is_plain(name, len(start) + len(email) + 5):
        return b"%b%b\r\n <%b>\r\n" % (start, encoded_words(name, len(start)), email)
    phrase = name if _PHRASE.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return b"%b%b <%b>\r\n" % (start, phrase.encode("ascii"), email)
