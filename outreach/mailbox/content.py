"""A received mail taken apart for showing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default

_CID = re.compile(r"cid:([^\"'\s)>]+)")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_NEW_TAB = '<base target="_blank">'


@dataclass(frozen=True)
class Part:
    """A picture or attachment. ``content_id`` without its angle brackets, '' if it has none."""

    content_id: str
    content_type: str
    content: bytes


class Opened:
    """The shown sides of a raw mail. Damaged mails show as far as they can be read."""

    def __init__(self, raw: bytes):
        self.raw = raw
        message = message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage)
        self._message = message

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self._message.items()]

    @property
    def text(self) -> str | None:
        return self._body("plain")

    def html(self, part_url: Callable[[int], str]) -> str | None:
        """The HTML side with links that open in a new tab and inline pictures from ``part_url(number)``."""
        html = self._body("html")
        if html is None:
            return None
        numbers = {part.content_id: number for number, part in enumerate(self.parts) if part.content_id}
        html = _CID.sub(lambda match: part_url(numbers[match[1]]) if match[1] in numbers else match[0], html)
        shown, found = _HEAD.subn(lambda match: match[0] + _NEW_TAB, html, count=1)
        return shown if found else _NEW_TAB + html

    @property
    def has_html(self) -> bool:
        return self._message.get_body(("html",)) is not None

    @property
    def source(self) -> str:
        return self.raw.decode("utf-8", "replace")

    @property
    def parts(self) -> list[Part]:
        return [
            Part((part.get("Content-ID") or "").strip().strip("<>"), part.get_content_type(),
                 _decoded(part))
            for part in self._message.walk()
            if not part.is_multipart() and part.get_content_maintype() != "text"
        ]

    def _body(self, subtype: str) -> str | None:
        part = self._message.get_body((subtype,))
        if part is None:
            return None
        content = _decoded(part)
        try:
            return content.decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:  # a charset nobody knows
            return content.decode("utf-8", "replace")


def _decoded(part: Message) -> bytes:
    """The content of a part that holds no further ones."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
