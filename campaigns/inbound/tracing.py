"""Which delivery a mail answers: signed tokens of ours in what came back (outreach.links)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from campaigns.inbound.content import Headers, Mail

#: As envelope senders and Message-IDs carry it; servers change the case of addresses.
_TOKEN = re.compile(r"(?:\+|[<\s\"]d\d{1,18}\.)([0-9a-f]{24,40})(?==?@)", re.IGNORECASE)
_LINK = re.compile(r"/([urc])/([A-Za-z0-9_-]{14,60})")
_TEXT_CHARS = 100_000
_MOST = 200  # tokens tried of one mail

#: Where the token of a report's recipient address, and that of an answered Message-ID stands.
_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "x-postfix-sender")
_ANSWERED = ("in-reply-to", "references")


def candidates(mail: Mail, recipient: str = "") -> Iterator[tuple[str, str]]:
    """(kind, token) as they may stand in a mail, the surest first: ``b`` of the envelope or a Message-ID, else the
    letter of a public link. ``recipient``: of the envelope, if the mail server told it."""
    yield from _tokens(f"<{recipient}>")
    for name in _TO:
        yield from _of(mail.headers, name)
    for original in mail.originals:
        for name in ("message-id", "return-path", "x-original-to"):
            yield from _of(original, name)
    for name in _ANSWERED:
        for value in reversed(mail.headers.all(name)):
            yield from reversed(list(_tokens(value[-8000:])))  # the last one named is the one answered
    for part in mail.parts:
        yield from _tokens(part.text[:_TEXT_CHARS])
    for part in mail.parts:
        yield from ((found[1], found[2]) for found in _LINK.finditer(part.text[:_TEXT_CHARS]))


def delivery_of(mail: Mail, read: Callable[[str, str], int | None], recipient: str = "") -> int | None:
    """The delivery's id, by the first token that ``read`` finds genuine; None if there is none."""
    tried: set[tuple[str, str]] = set()
    for candidate in candidates(mail, recipient):
        if candidate in tried:
            continue
        tried.add(candidate)
        found = read(*candidate)
        if found is not None:
            return found
        if len(tried) >= _MOST:
            return None
    return None


def _of(headers: Headers, name: str) -> Iterator[tuple[str, str]]:
    for value in headers.all(name):
        yield from _tokens(f"<{value}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        yield "b", found[1].lower()
