"""Replies of an SMTP server, read from a stream however it is cut into packets (RFC 5321 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_LINE_BYTES = 4096  # RFC 5321 §4.5.3.1.5 says 512; real servers write long explanations
MAX_LINES = 200

_CODES = {b"%d" % code: code for code in range(200, 600)}
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?= |$)")  # RFC 2034


class ProtocolError(Exception):
    """What the server sent is not SMTP, or not what can stand here."""


class Reply(NamedTuple):
    code: int
    lines: tuple[bytes, ...]  # without code and separator

    @property
    def ok(self) -> bool:
        return self.code < 300

    @property
    def enhanced(self) -> str | None:
        """The RFC 3463 status, if given and of the same class as the code."""
        match = _ENHANCED.match(self.lines[0])
        if match is None or int(match[1]) != self.code // 100:
            return None
        return match[0].decode("ascii")

    @property
    def text(self) -> str:
        """The server's words in one line, without the enhanced status."""
        words = (line[match.end() :] if (match := _ENHANCED.match(line)) else line for line in self.lines)
        text = b" ".join(word.strip() for word in words).decode("utf-8", "replace")
        return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


class ReplyParser:
    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[bytes] = []

    @property
    def midway(self) -> bool:
        """Whether bytes of an unfinished reply are waiting."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that ``data`` completes, in order; those before a fault still count. Must be read to
        the end. Raises ProtocolError."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            line = line.rstrip(b"\r")
            code, mark = _CODES.get(line[:3]), line[3:4]
            if code is None or mark not in b" -" or (self._lines and code != self._code):
                raise ProtocolError("SMTP 응답이 아닙니다")
            if mark == b"-":
                self._code = code
                self._lines.append(line[4:])
                if len(self._lines) > MAX_LINES:
                    raise ProtocolError("응답이 너무 깁니다")
            else:
                reply = Reply(code, (*self._lines, line[4:]))
                self._lines.clear()
                yield reply
        if len(self._rest) > MAX_LINE_BYTES:
            raise ProtocolError("응답 줄이 너무 깁니다")
