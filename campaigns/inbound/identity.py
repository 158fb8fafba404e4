"""What makes two copies of a mail the same: they come twice when a server is cut off before it hears that we have
it, and by several ways when both a pipe and a mailbox are set up."""

from __future__ import annotations

import hashlib
import re

from campaigns.inbound.content import Mail

_NAMES = ("message-id", "date", "from", "subject")
_BODY_BYTES = 1 << 20
_BLANK = re.compile(rb"\r?\n\r?\n")


def identity(mail: Mail, raw: bytes) -> str:
    """SHA-256 (hex) of what its sender wrote into it: Message-ID, date, sender, subject and the beginning of the
    body. The fields that servers add on the way, and their line ends, make no difference."""
    digest = hashlib.sha256()
    for name in _NAMES:
        digest.update(mail.headers.first(name).encode("utf-8", "replace") + b"\0")
    blank = _BLANK.search(raw)
    body = raw[blank.end():blank.end() + _BODY_BYTES] if blank else raw[:_BODY_BYTES]
    digest.update(body.replace(b"\r\n", b"\n").rstrip(b"\n"))
    return digest.hexdigest()
