"""The address of the mail server as one setting, ``OUTREACH_SMTP_URL``."""

from __future__ import annotations

import enum
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

_HELP = "write smtp://[user:password@]host[:port], smtps://…, or smtp://…?starttls=1"


class BadSmtpUrl(ValueError):
    """The setting makes no sense; the message says why and never repeats the password."""


class Security(enum.Enum):
    NONE = "none"
    STARTTLS = "starttls"  # RFC 3207, required: there is no falling back to plain text
    TLS = "tls"  # from the first byte, RFC 8314


_DEFAULT_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class SmtpUrl:
    """Build with :meth:`parse`. ``password`` is never shown by ``repr``."""

    host: str
    port: int
    security: Security = Security.NONE
    user: str | None = None
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> SmtpUrl:
        """Read a setting; user and password are percent-decoded. Raises BadSmtpUrl.

        A password is refused without TLS unless the server is this very machine: anyone on the way could
        read it.
        """
        if not text.isascii() or not text.isprintable() or " " in text:
            raise BadSmtpUrl(f"only printable ASCII without blanks, others percent-encoded; {_HELP}")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise BadSmtpUrl(f"host and port can't be read (percent-encode / ? # @ in a password); {_HELP}") from None
        if parts.scheme not in {"smtp", "smtps"}:
            raise BadSmtpUrl(f"unknown scheme {parts.scheme!r}; {_HELP}")
        if not parts.hostname or port == 0:
            raise BadSmtpUrl(f"host or port missing; {_HELP}")
        if parts.path not in {"", "/"} or parts.fragment:
            raise BadSmtpUrl(f"only ?starttls=1 may follow the port (percent-encode / ? # in a password); {_HELP}")
        security = _security(parts.scheme, parts.query)
        user, password = _credentials(parts.username, parts.password)
        if user is not None and security is Security.NONE and not _is_this_machine(parts.hostname):
            raise BadSmtpUrl("a password over an unencrypted connection: use smtps:// or ?starttls=1")
        return cls(parts.hostname, port or _DEFAULT_PORTS[security], security, user, password)

    def tls_context(self) -> ssl.SSLContext:
        """TLS 1.2 or later, certificate and host name verified against the system's authorities."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _security(scheme: str, query: str) -> Security:
    try:
        options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise BadSmtpUrl(f"the part behind '?' can't be read; {_HELP}") from None
    starttls = options.pop("starttls", "0")
    if options:
        raise BadSmtpUrl(f"unknown option {sorted(options)[0]!r}; {_HELP}")
    if starttls not in {"0", "1"}:
        raise BadSmtpUrl("starttls: write 1 or 0")
    if scheme == "smtps" and starttls == "1":
        raise BadSmtpUrl("smtps:// is encrypted from the start; leave out ?starttls=1")
    if scheme == "smtps":
        return Security.TLS
    return Security.STARTTLS if starttls == "1" else Security.NONE


def _credentials(user: str | None, password: str | None) -> tuple[str | None, str]:
    if user is None:
        return None, ""
    if not user or not password:
        raise BadSmtpUrl("user and password: give both or none")
    try:
        pair = unquote(user, errors="strict"), unquote(password, errors="strict")
    except UnicodeDecodeError:
        raise BadSmtpUrl("user or password is not percent-encoded UTF-8") from None
    if any("\0" in text for text in pair):
        raise BadSmtpUrl("user and password can't hold a NUL (RFC 4616)")
    return pair


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
