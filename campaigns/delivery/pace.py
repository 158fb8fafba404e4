"""How fast to send: buckets of leave to send, and the rest of a domain that puts messages off.

A limit of N a window is kept as a token bucket that holds B = N/10 (at least 1) and fills at N - B + 1 a window:
however the sending is spread, no window of that length sees more than N.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: What a limit may count by: seconds -> how it is said.
WINDOW_LABELS = {1: "1초에", 60: "1분에", 3600: "1시간에"}


@dataclass(frozen=True, slots=True)
class Rate:
    """``amount`` messages in ``window`` seconds."""

    amount: int
    window: int = 60

    @property
    def depth(self) -> int:
        """How many may leave at once after a rest."""
        return max(1, self.amount // 10)

    @property
    def per_second(self) -> float:
        return (self.amount - self.depth + 1) / self.window

    def leave(self, tokens: float, at: datetime, now: datetime) -> float:
        """How many may leave ``now`` if there were ``tokens`` ``at`` some time. A clock that was set back adds
        nothing."""
        seconds = max(0.0, (now - at).total_seconds())
        return min(float(self.depth), tokens + seconds * self.per_second)

    def seconds_until_one(self, tokens: float) -> float:
        return max(0.0, (1.0 - tokens) / self.per_second)


#: So many messages of one domain put off in a row, without one accepted between them, and it is left alone for a while.
STORM = 3
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
#: What is sent to a domain at first after a rest: if that, too, is put off, no more tries than these are spent.
PROBES = 5


def rest_for(strikes: int) -> timedelta:
    """How long a domain rests after its ``strikes``-th storm in a row: doubling, up to an hour."""
    return min(FIRST_REST * 2 ** min(max(strikes - 1, 0), 12), LONGEST_REST)
