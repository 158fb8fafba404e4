"""DKIM signatures judged by another program, dkimpy, without a name server."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import dkim


def verdicts(message: bytes, records: Mapping[str, str]) -> list[bool]:
    """What dkimpy says of each signature, the topmost first. ``records``: TXT records by name."""

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        record = records.get(name.decode("ascii").rstrip("."))
        return record.encode("ascii") if record else None

    return [_verdict(message, position, look_up) for position in range(message.count(b"DKIM-Signature:"))]


def _verdict(message: bytes, position: int, look_up: Callable[..., bytes | None]) -> bool:
    try:
        return dkim.DKIM(message, minkey=2048).verify(idx=position, dnsfunc=look_up)
    except dkim.ValidationError:  # how dkimpy says that the body is another one
        return False
