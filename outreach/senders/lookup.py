"""Asking DNS for TXT records, within a time that a person at a page will wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from outreach.lazy import lazy
from outreach.senders.rules import Records

if TYPE_CHECKING:
    from dns import exception, nameserver, resolver
else:
    exception, nameserver, resolver = (lazy(f"dns.{name}") for name in ("exception", "nameserver", "resolver"))

#: Seconds for one question, and for all questions of one assessment.
ONE, ALL = 3.0, 12.0


class Dns:
    """One assessment's questions. ``nameservers``: (address, port) of the servers to ask, none: the system's."""

    def __init__(self, nameservers: Sequence[tuple[str, int]] = (), *, one: float = ONE, all_: float = ALL):
        self._resolver: resolver.Resolver | None = None
        self._one, self._until = one, time.monotonic() + all_
        self._known: dict[str, Records] = {}
        try:
            asking = resolver.Resolver(configure=not nameservers)
        except (exception.DNSException, OSError):  # a closed network's host has no resolver at all
            return
        if nameservers:
            asking.nameservers = [nameserver.Do53Nameserver(host, port) for host, port in nameservers]
        self._resolver = asking

    def __call__(self, name: str) -> Records:
        """The TXT records of ``name``; none where the name does not exist. Follows CNAME."""
        name = name.lower()
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def _ask(self, name: str) -> Records:
        left = self._until - time.monotonic()
        if self._resolver is None:
            return Records(failed="no DNS server")
        if left <= 0:
            return Records(failed="timeout")
        try:
            answer = self._resolver.resolve(f"{name}.", "TXT", search=False, lifetime=min(self._one, left))
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            return Records()
        except exception.Timeout:
            return Records(failed="timeout")
        except (exception.DNSException, OSError, UnicodeError) as error:
            return Records(failed=type(error).__name__)
        return Records(tuple(b"".join(row.strings).decode("utf-8", "replace") for row in answer))
