"""How owner and renderer talk: frames on a pipe, each a JSON header followed by raw blobs.

A frame is 4 bytes of header length (big endian), the header (UTF-8 JSON with the blobs' lengths in ``blobs``), and
the blobs one after the other. Pictures and PDFs thus travel as they are.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from typing import Any

_LENGTH = struct.Struct(">I")

Reader = Callable[[int], bytes]


def frame(header: dict[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """One message as bytes."""
    head = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}, ensure_ascii=False).encode()
    return b"".join((_LENGTH.pack(len(head)), head, *blobs))


def read_frame(read: Reader) -> tuple[dict[str, Any], list[bytes]]:
    """The next message. ``read(n)`` returns exactly ``n`` bytes or raises :exc:`EOFError`."""
    (length,) = _LENGTH.unpack(read(_LENGTH.size))
    header = json.loads(read(length))
    return header, [read(size) for size in header.pop("blobs")]
