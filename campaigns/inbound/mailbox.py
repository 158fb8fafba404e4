"""The mailbox that reports and answers come to, read by IMAP (RFC 3501), as one setting ``OUTREACH_IMAP_URL``.

A mail leaves the folder only after it was taken in. Whatever breaks in between, the next look finds it again, and
taking it in twice changes nothing (campaigns.inbound.identity).
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import TracebackType
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from campaigns.inbound.parsing import MAX_BYTES

log = structlog.get_logger()

#: Seconds that one answer of the server may take.
TIMEOUT = 30.0
#: Where mails go that were taken in, and the mark they get where they can't be moved.
DONE_FOLDER = "Outreach-Done"
DONE_MARK = "OutreachDone"

#: What a server and the way to it may do wrong.
FAILURES = (OSError, EOFError, imaplib.IMAP4.error, ImapToolsError)

_HELP = "write imaps://user:password@host[:port]/INBOX, or imap://…?starttls=1"
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class BadImapUrl(ValueError):
    """The setting makes no sense; the message says why and never repeats the password."""


@dataclass(frozen=True, slots=True)
class ImapUrl:
    """Build with :meth:`parse`. ``password`` is never shown by ``repr``."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True
    starttls: bool = False

    @classmethod
    def parse(cls, text: str) -> ImapUrl:
        """Read a setting; user, password and folder are percent-decoded. Raises BadImapUrl, also for a password that
        would go over a network without TLS."""
        try:
            parts = urlsplit(text)
            port = parts.port
            options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        except ValueError:
            raise BadImapUrl(f"it can't be read (percent-encode / ? # @ in a password); {_HELP}") from None
        if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username or not parts.password:
            raise BadImapUrl(f"scheme, user, password or host is missing; {_HELP}")
        if set(options) - {"starttls"} or options.get("starttls", "0") not in {"0", "1"}:
            raise BadImapUrl(f"only ?starttls=1 may follow the folder; {_HELP}")
        tls, starttls = parts.scheme == "imaps", options.get("starttls") == "1"
        if tls and starttls:
            raise BadImapUrl("imaps:// is encrypted from the start; leave out ?starttls=1")
        if not (tls or starttls or _is_this_machine(parts.hostname)):
            raise BadImapUrl("a password over an unencrypted connection: use imaps:// or ?starttls=1")
        return cls(
            parts.hostname, port or (993 if tls else 143), unquote(parts.username), unquote(parts.password),
            unquote(parts.path.strip("/")) or "INBOX", tls, starttls,
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Fetched(NamedTuple):
    """A mail, or its first MAX_BYTES; ``size``: of the whole."""

    raw: bytes
    size: int


class Mailbox:
    """One connection with the folder opened; a context. Raises FAILURES throughout."""

    def __init__(self, url: ImapUrl):
        self._url, self._timeout = url, TIMEOUT
        self._box: BaseMailBox | None = None

    def __enter__(self) -> Mailbox:
        url = self._url
        context = ssl.create_default_context()
        if url.tls:
            box: BaseMailBox = MailBox(url.host, url.port, timeout=self._timeout, ssl_context=context)
        elif url.starttls:
            box = MailBoxStartTls(url.host, url.port, timeout=self._timeout, ssl_context=context)
        else:
            box = MailBoxUnencrypted(url.host, url.port, timeout=self._timeout)
        self._box = box
        try:
            box.login(url.user, url.password, initial_folder=url.folder)
            # Asked again: MOVE (RFC 6851), which takes one mail out and no other, is often told of only now.
            _status, told = box.client.capability()
            box.client.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(politely=error is None)

    def _close(self, *, politely: bool = False) -> None:
        box, self._box = self._box, None
        if box is None:
            return
        with contextlib.suppress(*FAILURES):
            if politely:
                box.logout()
        with contextlib.suppress(*FAILURES):
            box.client.shutdown()

    @property
    def _open(self) -> BaseMailBox:
        assert self._box is not None, "used outside its context"
        return self._box

    def waiting(self) -> list[str]:
        """The UIDs of the mails that were not taken in yet, oldest first."""
        return self._open.uids(f"UNDELETED UNKEYWORD {DONE_MARK}", charset=None)

    def fetch(self, uid: str) -> Fetched | None:
        """One mail, without marking it as seen; None if it is gone."""
        status, data = self._open.client.uid("FETCH", uid, f"(RFC822.SIZE BODY.PEEK[]<0.{MAX_BYTES}>)")
        if status != "OK":
            raise imaplib.IMAP4.error(f"FETCH {uid}: {status}")
        for item in data:
            if isinstance(item, tuple) and len(item) == 2:
                said = _SIZE.search(b" ".join(piece for piece in (item[0], *_plain(data)) if isinstance(piece, bytes)))
                return Fetched(item[1], max(int(said[1]) if said else 0, len(item[1])))
        return None

    def done(self, uid: str) -> None:
        """Take the mail out of the folder: into DONE_FOLDER, or where that can't be, mark it."""
        box = self._open
        try:
            if not box.folder.exists(DONE_FOLDER):
                box.folder.create(DONE_FOLDER)
            box.move([uid], DONE_FOLDER)
        except ImapToolsError as error:
            log.warning("inbound.not_moved", error=str(error)[:200])
            box.flag([uid], [DONE_MARK], True)


def _plain(data: list[object]) -> list[object]:
    return [item for item in data if not isinstance(item, tuple)]
