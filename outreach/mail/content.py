"""Message content as it stands between DATA and the final dot (RFC 5321 §4.5.2)."""

from __future__ import annotations

_ALL_BUT_LINE_ENDS = bytes(byte for byte in range(256) if byte not in b"\r\n")


class Canonical(bytes):
    """Content that needs no further look: 7-bit but for an international address of the recipient, every line ended
    by CRLF, no line beginning with a dot. Made only where that is certain by construction, as looking costs a third
    of the sending of a message."""


def wire_content(content: bytes) -> bytes:
    """``content`` dot-stuffed and with the final dot.

    Raises ValueError for 8-bit bytes and for a CR or LF on its own: servers disagree on where a line ends
    then, and text could pass itself off as commands ("SMTP smuggling").
    """
    if isinstance(content, Canonical):
        return content + b".\r\n"
    if not content.isascii():
        raise ValueError("message content must be 7-bit")
    line_ends = content.translate(None, _ALL_BUT_LINE_ENDS)
    if line_ends != b"\r\n" * content.count(b"\r\n"):
        raise ValueError("message content has a bare CR or LF")
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")
