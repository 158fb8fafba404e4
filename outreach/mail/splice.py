"""Base64 bodies with slots: what does not change is encoded once, only the values are encoded per recipient.

Base64 turns three bytes into four characters, so a stretch of text reads differently depending on how
many bytes stand before it, modulo three. Each stretch is therefore encoded for all three cases; a value
takes the odd bytes on either side of it along. Lines are broken at every splice, which RFC 2045 §6.8
allows: a line may have any length up to 76.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from typing import NamedTuple

LINE_BYTES = 57  # 76 characters


class _Phase(NamedTuple):
    """A stretch as it stands after ``n`` odd bytes."""

    head: bytes  # raw, completes the group of three that the bytes before it began
    lines: bytes  # encoded
    tail: bytes  # raw, 0 to 2 bytes that begin the next group


class SplicedBase64:
    """``parts``: literal bytes, or the index of a value."""

    def __init__(self, parts: Sequence[bytes | int]):
        first, splices = _alternate(parts)
        self._start = _phases(first, last=not splices)[0]
        self._splices = [
            (run, _phases(stretch, last=number == len(splices))) for number, (run, stretch) in enumerate(splices, 1)
        ]

    def render(self, values: Sequence[bytes]) -> bytes:
        """The encoded body with ``values`` in their places; lines end with CRLF."""
        _, lines, tail = self._start
        out = [lines]
        for run, phases in self._splices:
            middle = tail + b"".join([values[part] if isinstance(part, int) else part for part in run])
            head, lines, tail = phases[len(middle) % 3]
            out += (base64_lines(middle + head), lines)
        return b"".join(out)


def base64_lines(data: bytes) -> bytes:
    """``data`` in base64, lines of at most 76 characters, each ended by CRLF."""
    if len(data) <= LINE_BYTES:
        return b2a_base64(data, newline=False) + b"\r\n" if data else b""
    lines = [b2a_base64(data[at : at + LINE_BYTES], newline=False) for at in range(0, len(data), LINE_BYTES)]
    lines.append(b"")
    return b"\r\n".join(lines)


def _alternate(parts: Sequence[bytes | int]) -> tuple[bytes, list[tuple[list[bytes | int], bytes]]]:
    """The literal before the first value, then runs of values, each with the stretch behind it. A literal
    shorter than a line between two values joins their run: it saves less than a splice costs."""
    first = b""
    splices: list[tuple[list[bytes | int], bytes]] = []
    for part in parts:
        if isinstance(part, int):
            if splices and len(splices[-1][1]) < LINE_BYTES:
                run, literal = splices.pop()
                splices.append(([*run, literal, part], b""))
            else:
                splices.append(([part], b""))
        elif splices:
            run, literal = splices.pop()
            splices.append((run, literal + part))
        else:
            first += part
    return first, splices


def _phases(stretch: bytes, *, last: bool) -> tuple[_Phase, _Phase, _Phase]:
    first, second, third = (_phase(stretch, odd, last) for odd in range(3))
    return first, second, third


def _phase(stretch: bytes, odd: int, last: bool) -> _Phase:
    head, rest = stretch[: -odd % 3], stretch[-odd % 3 :]
    whole = len(rest) if last else len(rest) - len(rest) % 3
    return _Phase(head, base64_lines(rest[:whole]), rest[whole:])
