"""Signed, compact, rotatable tokens for links that reach the public.

A token is ``base64url(kind || varint(numbers...) || mac)`` where mac is the first 10 bytes of
HMAC-SHA256 under one of the configured link keys: short enough for a QR code, nothing personal
inside. The first key signs; every key verifies, so keys rotate by prepending a new one. Unsubscribe
links must work for ever (정보통신망법 제50조 제5항: no hindering of opt-out), hence no expiry inside.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

MAC_BYTES = 10
MAX_TOKEN_CHARS = 200

_BLOCK = 64  # bytes, of SHA-256
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class BadToken(ValueError):
    """The token is not one of ours: damaged, cut or forged."""


class Signer:
    """Signs and reads tokens of whole numbers. ``keys``: newest first, each at least 16 bytes."""

    def __init__(self, keys: Sequence[bytes]):
        if not keys or any(len(key) < 16 for key in keys):
            raise ValueError("link keys: at least one, each of 16 bytes or more")
        self._keys = [_Key(hashlib.sha256(b"outreach-link:" + key).digest()) for key in keys]

    def sign(self, kind: str, *numbers: int) -> str:
        """A URL-safe token. ``kind`` is one ASCII letter that names the purpose, so that a token made
        for one purpose is refused for another."""
        return _b64(self.signed(kind, *numbers))

    def signed(self, kind: str, *numbers: int) -> bytes:
        """What a token encodes."""
        body = kind.encode("ascii") + b"".join([_varint(number) for number in numbers])
        return body + self._keys[0].mac(body)

    def read(self, kind: str, token: str, count: int) -> tuple[int, ...]:
        """The ``count`` numbers of a token of ``kind``. Raises BadToken."""
        numbers = self.numbers(kind, token)
        if len(numbers) != count:
            raise BadToken("another number of values")
        return numbers

    def numbers(self, kind: str, token: str) -> tuple[int, ...]:
        """The numbers of a token of ``kind``, however many; for kinds that have grown. Raises BadToken."""
        if len(token) > MAX_TOKEN_CHARS:
            raise BadToken("too long")
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error) as error:
            raise BadToken("not base64url") from error
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not any(hmac.compare_digest(mac, key.mac(body)) for key in self._keys):
            raise BadToken("wrong signature")
        if body[:1] != kind.encode("ascii"):
            raise BadToken("another kind of token")
        return _read_varints(body[1:])


class _Key:
    """HMAC-SHA256 with both paddings of the key already hashed (RFC 2104): every message bears several tokens, and
    from the key itself one costs twice as much."""

    def __init__(self, key: bytes):
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def mac(self, body: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(body)
        outer.update(inner.digest())
        return outer.digest()[:MAC_BYTES]


def _b64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).rstrip(b"=").translate(_URL_SAFE).decode("ascii")


@lru_cache(maxsize=256)  # the tokens of one message name the same rows
def _varint(number: int) -> bytes:
    """LEB128, unsigned."""
    if number < 0:
        raise ValueError("only whole numbers from 0")
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varints(raw: bytes) -> tuple[int, ...]:
    numbers, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            numbers.append(value)
            value, shift = 0, 0
    if shift:
        raise BadToken("cut short")
    return tuple(numbers)
