"""Bounces that are no report: what flufl.bounce finds in them, from a bounded beginning of the mail."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from email import message_from_bytes

import structlog
from flufl.bounce import all_failures

from campaigns.inbound.classification import Failures

log = structlog.get_logger()

# One of its readers that stumbles tells the whole way there; the others go on.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

#: Its readers take the whole mail apart; a bounce says what it has to say at its beginning.
MAX_BYTES = 32 << 10
MAX_ADDRESSES = 20


def failures(raw: bytes) -> Failures:
    """The addresses a bounce speaks of. What makes the library stumble is no bounce."""
    try:
        temporary, permanent = all_failures(message_from_bytes(raw[:MAX_BYTES]))
    except (Exception, RecursionError) as error:
        log.info("inbound.heuristic_failed", error=type(error).__name__)
        return Failures()
    return Failures(_texts(permanent), _texts(temporary))


def _texts(addresses: Iterable[bytes | str]) -> tuple[str, ...]:
    texts = (each.decode("ascii", "ignore") if isinstance(each, bytes) else each for each in addresses)
    return tuple(sorted(text.lower()[:254] for text in texts if "@" in text))[:MAX_ADDRESSES]
