"""DKIM signatures (RFC 6376; Ed25519: RFC 8463) over the messages we write.

The messages are our own: 7-bit, CRLF line ends, no line beginning or ending in a blank, one CRLF at the end
of the body. "simple" and "relaxed" bodies are therefore the same bytes, and the body is hashed as it stands.
Header fields are unfolded as "relaxed" asks (§3.4.2).
"""

from __future__ import annotations

import os
import re
import time
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from outreach.config import DkimSetting
from outreach.lazy import lazy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
else:
    hashes, serialization = (lazy(f"cryptography.hazmat.primitives.{name}") for name in ("hashes", "serialization"))
    ed25519, padding, rsa = (
        lazy(f"cryptography.hazmat.primitives.asymmetric.{name}") for name in ("ed25519", "padding", "rsa")
    )

#: The application's signer is ``app.extensions[KEY]``.
KEY = "outreach.dkim"
MIN_RSA_BITS = 2048  # RFC 8301 §3.2 asks for 1024 and recommends 2048

#: Signed where they occur, in this order. List-Unsubscribe and its Post must be (RFC 8058 §4).
SIGNED = (
    "from", "reply-to", "to", "subject", "date", "message-id", "mime-version", "content-type", "list-unsubscribe",
    "list-unsubscribe-post", "auto-submitted",
)
#: Named once more than they occur: whoever adds another one breaks the signature (§5.4.2).
OVERSIGNED = frozenset({"from", "subject", "to", "date"})

_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_FIELD = re.compile(rb"([!-9;-~]+):(.*?)\r\n(?![ \t])", re.DOTALL)
_FOLD = re.compile(rb"[ \t\r\n]+")
_B_LINE = 72


class BadKey(ValueError):
    """Not a private key that may sign mail; the message says why."""


@dataclass(frozen=True, slots=True)
class DkimKey:
    """One key published as ``selector._domainkey.domain``. Made by :meth:`load`."""

    domain: str
    selector: str
    algorithm: str  # "rsa-sha256" or "ed25519-sha256"
    _sign: Callable[[bytes], bytes]
    _public: bytes

    @classmethod
    def load(cls, domain: str, selector: str, pem: bytes) -> Self:
        """A private key in PEM (PKCS#8 or PKCS#1, without a password). Raises BadKey."""
        if not _SELECTOR.fullmatch(domain) or "." not in domain:
            raise BadKey(f"not a domain: {domain!r}")
        if not _SELECTOR.fullmatch(selector):
            raise BadKey(f"not a selector: {selector!r}")
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise BadKey(f"not a private key in PEM without a password ({error})") from error
        if isinstance(key, ed25519.Ed25519PrivateKey):
            public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return cls(domain, selector, "ed25519-sha256", lambda data: key.sign(sha256(data).digest()), public)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise BadKey("neither RSA nor Ed25519")
        if key.key_size < MIN_RSA_BITS:
            raise BadKey(f"RSA of {key.key_size} bits; at least {MIN_RSA_BITS} are needed")
        rsa_padding, algorithm = padding.PKCS1v15(), hashes.SHA256()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = key.public_key().public_bytes(serialization.Encoding.DER, form)
        return cls(domain, selector, "rsa-sha256", lambda data: key.sign(data, rsa_padding, algorithm), public)

    @property
    def record_name(self) -> str:
        """Where the public key is published."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record to publish (§3.6.1; for Ed25519 RFC 8463 §4)."""
        kind = self.algorithm.partition("-")[0]
        return f"v=DKIM1; k={kind}; p={b2a_base64(self._public, newline=False).decode('ascii')}"

    def signature(self, fields: Sequence[tuple[str, bytes]], body_hash: bytes, at: int) -> bytes:
        """The whole DKIM-Signature field. ``fields``: names and relaxed fields, in the order signed."""
        names = b":".join(name.encode("ascii") for name, _ in fields)
        start = (
            b"DKIM-Signature: v=1; a=%b; c=relaxed/relaxed;\r\n d=%b;\r\n s=%b; t=%d;\r\n h=%b;\r\n bh=%b;\r\n b="
            % (
                self.algorithm.encode("ascii"), self.domain.encode("ascii"), self.selector.encode("ascii"), at,
                _folded(names), body_hash,
            )
        )
        own = b"dkim-signature:" + _FOLD.sub(b" ", start.partition(b":")[2]).strip()
        signed = b"".join([field for _, field in fields]) + own
        text = b2a_base64(self._sign(signed), newline=False)
        lines = [text[n : n + _B_LINE] for n in range(0, len(text), _B_LINE)]
        return start + b"\r\n ".join(lines) + b"\r\n"


class DkimSigner:
    """Signs with every key whose domain is that of the sender or above it (relaxed alignment, RFC 7489
    §3.1.1); a message from another domain goes out as it is."""

    def __init__(self, keys: Sequence[DkimKey], clock: Callable[[], float] = time.time):
        self.keys, self._clock = tuple(keys), clock

    @classmethod
    def load(cls, settings: Sequence[DkimSetting]) -> Self:
        """The keys named in the settings. Raises BadKey naming the file."""
        keys = []
        for selector, domain, path in settings:
            try:
                keys.append(DkimKey.load(domain, selector, path.read_bytes()))
            except (OSError, BadKey) as error:
                raise BadKey(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from error
        return cls(keys)

    @property
    def threads(self) -> int:
        """How many threads beside the one that sends are worth their while: RSA signs outside of Python's lock, and
        takes longer than all the rest of a message; Ed25519 takes no longer than handing it over."""
        return (os.cpu_count() or 1) if any(key.algorithm == "rsa-sha256" for key in self.keys) else 0

    def keys_for(self, sender: str) -> tuple[DkimKey, ...]:
        """The keys that may sign for the address ``sender``."""
        domain = sender.rpartition("@")[2].lower()
        return tuple(key for key in self.keys if domain == key.domain or domain.endswith(f".{key.domain}"))

    def sign(self, sender: str, message: bytes) -> bytes:
        """``message`` of ``sender`` with a signature of each fitting key before it; the type of bytes
        (Canonical) is kept."""
        keys = self.keys and self.keys_for(sender)
        if not keys:
            return message
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _signed_fields(head + b"\r\n")
        body_hash = b2a_base64(sha256(body).digest(), newline=False)
        at = int(self._clock())
        signatures = b"".join([key.signature(fields, body_hash, at) for key in keys])
        return type(message)(signatures + message)


def _signed_fields(head: bytes) -> list[tuple[str, bytes]]:
    """The fields to sign, relaxed: name in lower case, unfolded, blanks as one, CRLF; and the empty ones
    that stand for a field that must not be added."""
    found: dict[str, bytes] = {}
    for name, value in _FIELD.findall(head):
        name, relaxed = _relaxed(name, value)
        if name in found:
            raise ValueError(f"the header {name} occurs twice")
        found[name] = relaxed
    fields = [(name, found[name]) for name in SIGNED if name in found]
    return fields + [(name, b"") for name in SIGNED if name in OVERSIGNED]


@lru_cache(maxsize=256)  # most fields are the same in every message of a mailing
def _relaxed(name: bytes, value: bytes) -> tuple[str, bytes]:
    """The name, and the whole field in its relaxed form."""
    name = name.lower()
    return name.decode("ascii"), b"%b:%b\r\n" % (name, _FOLD.sub(b" ", value).strip(b" "))


def _folded(names: bytes) -> bytes:
    """The h= list, broken so that no line grows long."""
    half = names.find(b":", len(names) // 2)
    return names if half < 0 else names[: half + 1] + b"\r\n  " + names[half + 1 :]


def pieces(record: str) -> list[str]:
    """``record`` as the strings of at most 255 bytes that a TXT record is made of (RFC 1035 §3.3.14)."""
    return [record[at : at + 255] for at in range(0, len(record), 255)]
