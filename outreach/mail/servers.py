"""Several mail servers behind one setting: who gets the next batch, and who is left alone for a while.

``OUTREACH_SMTP_URL`` holds one or several addresses, separated by blanks or commas; each may end in ``weight=3`` (its
share beside the others, default 1) and ``rate=10/s``, ``rate=600/m`` or ``rate=5000/h`` (no more than so many messages
in a second, minute, hour), as in ``smtp://a.example:25?weight=3&rate=600/m``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from outreach.mail.outcome import Outcome
from outreach.mail.smtp import SmtpPool
from outreach.mail.smtp_url import BadSmtpUrl, SmtpUrl

#: Seconds a server is left alone after it failed: growing from failure to failure.
RESTS = (2.0, 5.0, 15.0, 60.0, 300.0)
MAX_WEIGHT = 100
_WINDOWS = {"s": 1, "m": 60, "h": 3600}
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_BETWEEN = re.compile(r"[\s,]+(?=smtps?://)")


@dataclass(frozen=True, slots=True)
class ServerSetting:
    """One server: its address, its share of the sending, and its limit of ``amount`` messages in ``window``
    seconds, if any."""

    url: SmtpUrl
    weight: int = 1
    amount: int | None = None
    window: int = 60

    @property
    def name(self) -> str:
        """How the server is called on pages and in the database."""
        return f"[{self.url.host}]:{self.url.port}" if ":" in self.url.host else f"{self.url.host}:{self.url.port}"


def parse_servers(text: str) -> tuple[ServerSetting, ...]:
    """Read the setting. Raises BadSmtpUrl, also if a server is named twice."""
    servers = tuple(_server(part) for part in _BETWEEN.split(text.strip()))
    names = [server.name for server in servers]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadSmtpUrl(f"{twice} is named twice; give it a weight instead")
    return servers


def _server(text: str) -> ServerSetting:
    """``weight`` and ``rate`` are taken out, the rest is read as one server's address."""
    address, mark, query = text.partition("?")
    own, rest = {}, []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in {"weight", "rate"}:
            own[name] = value
        else:
            rest.append((name, value))
    if own:
        query = urlencode(rest)
        text = address + ("?" + query if query else "")
    elif mark:
        text = f"{address}?{query}"
    amount, window = _rate(own["rate"]) if "rate" in own else (None, 60)
    url = SmtpUrl.parse(text)
    if not _HOST.fullmatch(url.host):
        raise BadSmtpUrl(f"not a host name: {url.host!r}; put blanks or commas between several servers")
    return ServerSetting(url, _weight(own.get("weight", "1")), amount, window)


def _weight(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_WEIGHT:
        raise BadSmtpUrl(f"weight: write a whole number from 1 to {MAX_WEIGHT}")
    return int(text)


def _rate(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9][0-9]{0,6})(?:/([smh]))?", text)
    if found is None:
        raise BadSmtpUrl("rate: write e.g. 10/s, 600/m or 5000/h")
    return int(found[1]), _WINDOWS[found[2] or "m"]


class Server:
    """A server in use by this process. ``batch`` is how many messages its next batch should hold."""

    def __init__(self, setting: ServerSetting, pool: SmtpPool, batch: int):
        self.setting, self.pool, self.batch = setting, pool, batch
        self.failures, self.rests_until = 0, 0.0  # monotonic
        self._credit = 0

    @property
    def name(self) -> str:
        return self.setting.name


class Servers:
    """The servers of this process. A batch goes to one of them; what a failed one left unsent is queued again, and
    goes with a later batch to another: nothing is handed over behind the database's back."""

    def __init__(self, servers: Iterable[Server], clock: Callable[[], float] = time.monotonic):
        self._all = list(servers)
        self._clock = clock

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self):
        return iter(self._all)

    def in_turn(self) -> Sequence[Server]:
        """Those that may be used now, the one whose turn it is first: shares follow the weights, smoothly, among
        those that work. If all rest, the one that wakes up first."""
        now = self._clock()
        usable = [server for server in self._all if server.rests_until <= now]
        if not usable:
            return [min(self._all, key=lambda server: server.rests_until)]
        return sorted(usable, key=lambda server: -(server._credit + server.setting.weight))

    def used(self, server: Server) -> None:
        """A batch went to ``server``: it goes behind the others."""
        now = self._clock()
        for each in self._all:
            if each.rests_until <= now:
                each._credit += each.setting.weight
                server._credit -= each.setting.weight

    def failed(self, server: Server, *, least: float = 0.0) -> float:
        """Leave ``server`` alone for a while, ``least`` seconds or more; how many."""
        seconds = max(RESTS[min(server.failures, len(RESTS) - 1)], least)
        server.failures += 1
        server.rests_until = self._clock() + seconds
        return seconds

    def worked(self, server: Server) -> bool:
        """``server`` took messages. True if it had been failing before."""
        before, server.failures, server.rests_until = server.failures, 0, 0.0
        return before > 0

    @property
    def awake_in(self) -> float:
        """Seconds until one of them may be used; 0 if one may now."""
        return max(0.0, min(server.rests_until for server in self._all) - self._clock())

    def abort(self) -> None:
        """End all connections at once."""
        for server in self._all:
            server.pool.abort()

    def close(self) -> None:
        """End all connections politely."""
        for server in self._all:
            server.pool.close()


def in_words(outcome: Outcome) -> str:
    """Why a server failed, in its own words."""
    return " ".join(str(part) for part in (outcome.code, outcome.enhanced, outcome.text) if part)
