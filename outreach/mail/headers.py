"""Header text in bytes: encoded words and folding (RFC 2047, RFC 5322 §2.2.3).

No header can be broken open from a value: control characters and line separators become a space
before anything else is done with it.
"""

from __future__ import annotations

import re
from binascii import b2a_base64

MAX_LINE = 76  # a line that holds an encoded word; RFC 2047 §2
_FRAME = len("=?utf-8?b??=")
_MAX_PAYLOAD = (75 - _FRAME) // 4 * 3  # UTF-8 bytes that fit one encoded word of 75 characters

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")


def one_line(text: str) -> str:
    """``text`` with each run of control characters or line separators replaced by one space."""
    return text if text.isprintable() else _BREAKS.sub(" ", text)


def is_plain(text: str, column: int) -> bool:
    """Whether ``text`` may stand as it is after ``column`` characters of the same line: printable ASCII,
    single spaces, nothing that looks like an encoded word, and short enough not to need folding."""
    return column + len(text) <= MAX_LINE and _PLAIN.fullmatch(text) is not None and "=?" not in text


def unstructured(header: str, text: str) -> bytes:
    """The whole field of a free-text header such as Subject, folded, with its final CRLF."""
    text = one_line(text)
    start = header.encode("ascii") + b": "
    words = text.encode("ascii") if is_plain(text, len(start)) else encoded_words(text, len(start))
    return b"%b%b\r\n" % (start, words)


def encoded_words(text: str, column: int) -> bytes:
    """``text`` as base64 encoded words of at most 75 characters, each on a line of at most 76; the first
    follows ``column`` characters. No character is split between two words (RFC 2047 §5)."""
    data = text.encode("utf-8")
    words = []
    start, room = 0, min(_MAX_PAYLOAD, (MAX_LINE - column - _FRAME) // 4 * 3)
    while start < len(data):
        end = start + room
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        words.append(b"=?utf-8?b?%b?=" % b2a_base64(data[start:end], newline=False))
        start, room = end, _MAX_PAYLOAD
    return b"\r\n ".join(words)
