"""What may be claimed now: the limits of all mails, of a server, of domains, and domains that rest.

The workers share the limits through a row each, locked while a batch is chosen: once a batch, never once a message.
Where nothing is limited, or no recipient of a limited domain waits, claiming is the one statement of
campaigns.delivery.queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from campaigns.delivery import queue, rests
from campaigns.delivery.gates import Gate
from campaigns.delivery.models import LimitKind, SendingLane, SendingLimit, SendingWindow
from campaigns.delivery.pace import PROBES, Rate
from campaigns.delivery.queue import Claim
from campaigns.delivery.rests import Rest
from campaigns.delivery.supply import Lane
from outreach.mail.servers import ServerSetting

#: A worker that is lost keeps its places in a domain's lanes for so long at most.
LANE_LEASE = timedelta(minutes=15)
#: How long rows that are due for another try wait on when their domain's limit is used up.
WAIT_ON = timedelta(seconds=10)
#: Seconds until another worker may have left a domain's lane.
BUSY_LANE = 0.25
#: Looks past domains that turn out to be full, before the batch is taken as it is.
MAX_LOOKS = 8


@dataclass(frozen=True, slots=True)
class Limit:
    """``rate`` or ``abreast`` None: unlimited in that."""

    key: str
    rate: Rate | None = None
    abreast: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits in force. ``by_domain`` maps each named domain to the limit it shares."""

    all: Limit
    server: Limit
    by_domain: Mapping[str, Limit]
    others: Limit

    def __bool__(self) -> bool:
        return bool(self.by_domain) or not self.of_named_only

    @property
    def of_named_only(self) -> bool:
        """Whether domains that no row names are unlimited."""
        return not (self.all.rate or self.server.rate or self.others.rate or self.others.abreast)

    def of(self, domain: str) -> Limit | None:
        """The limit of a domain, if it has one."""
        named = self.by_domain.get(domain)
        if named is not None or not (self.others.rate or self.others.abreast):
            return named
        return Limit(f"domain:{domain}", self.others.rate, self.others.abreast)


def in_force(session: Session, server: ServerSetting) -> Limits:
    """The limits as set, for a batch by ``server``: what the pages say of it goes before its address's ``rate=``."""
    of_all, others = Limit("all"), Limit("others")
    of_server = Limit(f"server:{server.name}", Rate(server.amount, server.window) if server.amount else None)
    by_domain: dict[str, Limit] = {}
    columns = SendingLimit.__table__.c
    query = sa.select(columns.id, columns.kind, columns.name, columns.domains, columns.amount, columns.window,
                      columns.abreast)
    for number, kind, name, domains, amount, window, abreast in session.execute(query):
        rate = Rate(amount, window) if amount else None
        if kind is LimitKind.ALL:
            of_all = Limit("all", rate)
        elif kind is LimitKind.OTHERS:
            others = Limit("others", rate, abreast)
        elif kind is LimitKind.SERVER and name == server.name:
            of_server = Limit(of_server.key, rate)
        elif kind is LimitKind.DOMAINS and (rate or abreast):
            by_domain |= dict.fromkeys(domains, Limit(f"group:{number}", rate, abreast))
    return Limits(of_all, of_server, by_domain, others)


@dataclass(slots=True)
class LimitedClaim:
    """What was claimed, and how it is to be sent: ``lanes`` by domain, ``trying``: domains after a rest. ``wait``:
    seconds until a limit that held something back lets through more (0: none did)."""

    claim: Claim
    lanes: dict[str, Lane] = field(default_factory=dict)
    trying: list[str] = field(default_factory=list)
    wait: float = 0.0


def claim(
    session: Session, mailing_id: int, worker: str, *, limit: int, now: datetime, server: ServerSetting,
    released: int | None = None, gates: Sequence[Gate] = (),
) -> LimitedClaim:
    """Claim up to ``limit`` recipients as far as limits and resting domains allow; ``released`` and ``gates`` as for
    queue.claim."""
    limits, resting = in_force(session, server), rests.current(session)
    if not limits and not resting:
        return LimitedClaim(
            queue.claim(session, mailing_id, worker, limit=limit, now=now, released=released, gates=gates)
        )
    special = limits.by_domain.keys() | resting.keys()
    if limits.of_named_only and not queue.any_queued(session, mailing_id, special):
        quick = queue.claim(
            session, mailing_id, worker, limit=limit, now=now, released=released, gates=gates, states=("queued",)
        )
        if quick:
            return LimitedClaim(quick)
    book = _Book(session, limits, resting, worker, now, released)
    for state in ("queued", "deferred"):
        ids = book.choose(mailing_id, state, limit)
        if ids:
            claimed = queue.claim_these(session, mailing_id, worker, ids, state, now=now, gates=gates)
            if claimed:
                break
    else:
        claimed = Claim([], 0)
    book.write_down()
    return LimitedClaim(claimed, book.lanes, rests.trying(resting, now), book.wait)


@dataclass(slots=True)
class _Meter:
    """What is left of one limit. ``left`` counts whole messages; without a rate it is as many as there are."""

    limit: Limit
    tokens: float
    left: float
    lane: Lane | None = None
    used: int = 0


class _Book:
    """The limits' rows, locked as far as this batch needs them: first those of everything, then those of the named
    domains, then those of single ones, always in this order, so that no two workers wait for each other."""

    def __init__(
        self, session: Session, limits: Limits, resting: Mapping[str, Rest], worker: str, now: datetime,
        released: int | None = None,
    ):
        self._session, self._limits, self._resting, self._worker, self._now = session, limits, resting, worker, now
        self._released = released
        self._meters: dict[str, _Meter] = {}
        self._named_are_open = False
        self._probes = dict.fromkeys(rests.trying(resting, now), PROBES)
        self.lanes: dict[str, Lane] = {}
        self.wait = 0.0
        self._open([limit for limit in (limits.all, limits.server) if limit.rate])
        self._common = list(self._meters.values())

    def choose(self, mailing_id: int, state: str, wanted: int) -> list[int]:
        """Ids of rows that may be sent now; they count as used."""
        wanted = int(min([wanted, *(meter.left for meter in self._common)]))
        if wanted < 1:
            for meter in self._common:
                self._held_back_by(meter)
            return []
        for _look in range(MAX_LOOKS):
            rows = queue.head(
                self._session, mailing_id, state, limit=wanted, now=self._now, released=self._released
            )
            chosen = self._take(rows, (), wanted)
            if state == "queued":
                if len(rows) == wanted:
                    self._look_past(mailing_id, chosen, wanted)
                break
            self._put_back(rows, chosen)
            if chosen or len(rows) < wanted:
                break
        for meter in self._common:
            meter.used += len(chosen)
        return chosen

    def _look_past(self, mailing_id: int, chosen: list[int], wanted: int) -> None:
        """Where the head of the queue is full of domains that are to wait: take from behind them."""
        for _look in range(MAX_LOOKS):
            shut = self._shut()
            if len(chosen) >= wanted or not shut:
                return
            rows = queue.past(self._session, mailing_id, shut, limit=wanted, released=self._released)
            more = self._take(rows, set(chosen), wanted - len(chosen))
            chosen += more
            if not more and self._shut() == shut:
                return

    def _take(self, rows: Iterable[tuple[int, str]], chosen: Collection[int], most: int) -> list[int]:
        """The first ``most`` of ``rows`` that are not ``chosen`` yet and whose domains let them through."""
        rows = [row for row in rows if row[0] not in chosen]
        self._open_for({domain for _, domain in rows})
        taken = []
        for number, domain in rows:
            if len(taken) < most and self._lets_through(domain):
                taken.append(number)
        return taken

    def _lets_through(self, domain: str) -> bool:
        if self._rests(domain) or self._probes.get(domain, 1) < 1:
            return False
        limit = self._limits.of(domain)
        if limit is not None:
            meter = self._meters[limit.key]
            if meter.left < 1:
                self._held_back_by(meter)
                return False
            meter.left -= 1
            meter.used += 1
            if meter.lane is not None:
                self.lanes[domain] = meter.lane
        if domain in self._probes:
            self._probes[domain] -= 1
        return True

    def _rests(self, domain: str) -> bool:
        rest = self._resting.get(domain)
        return rest is not None and rest.until > self._now

    def _shut(self) -> set[str]:
        """Domains of which nothing more may be chosen now."""
        shut = {domain for domain in self._resting if self._rests(domain)}
        shut |= {domain for domain, left in self._probes.items() if left < 1}
        full = {key for key, meter in self._meters.items() if meter.left < 1}
        shut |= {domain for domain, limit in self._limits.by_domain.items() if limit.key in full}
        return shut | {key.removeprefix("domain:") for key in full if key.startswith("domain:")}

    def _put_back(self, rows: Iterable[tuple[int, str]], chosen: Collection[int]) -> None:
        """What is due for another try but may not be tried now must not stand in front of what may."""
        later: dict[datetime, list[int]] = defaultdict(list)
        taken = set(chosen)
        for number, domain in rows:
            if number not in taken:
                later[self._resting[domain].until if self._rests(domain) else self._now + WAIT_ON].append(number)
        for until, ids in later.items():
            queue.put_back(self._session, ids, until)

    def _held_back_by(self, meter: _Meter) -> None:
        rate = meter.limit.rate
        wait = max(rate.seconds_until_one(meter.tokens - meter.used), 0.01) if rate else BUSY_LANE
        self.wait = min(self.wait or inf, wait)

    # --- the rows

    def _open_for(self, domains: Collection[str]) -> None:
        named, others = self._limits.by_domain, self._limits.others
        singly = bool(others.rate or others.abreast)
        if not self._named_are_open and (singly or not named.keys().isdisjoint(domains)):
            self._named_are_open = True
            self._open({limit.key: limit for limit in named.values()}.values())
            if singly:  # its row is a lock: the single domains' rows are taken as they come
                self._open([Limit("others")])
        if singly:
            wanted = (self._limits.of(domain) for domain in domains if domain not in named)
            self._open([limit for limit in wanted if limit is not None])

    def _open(self, limits: Iterable[Limit]) -> None:
        new = {limit.key: limit for limit in limits if limit.key not in self._meters}
        if not new:
            return
        found = self._windows(new)
        missing = [
            {"key": key, "tokens": float(limit.rate.depth if limit.rate else 0), "at": self._now}
            for key, limit in new.items() if key not in found
        ]
        if missing:
            insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
            self._session.execute(insert(SendingWindow).on_conflict_do_nothing(), missing)
            found = self._windows(new)
        taken = self._places_taken([key for key, limit in new.items() if limit.abreast])
        for key, limit in new.items():
            self._meters[key] = self._meter(limit, *found[key], taken.get(key, 0))

    def _meter(self, limit: Limit, tokens: float, at: datetime, places_taken: int) -> _Meter:
        leave = limit.rate.leave(tokens, at, self._now) if limit.rate else inf
        meter = _Meter(limit, leave, leave)
        if limit.abreast:
            meter.lane = Lane(limit.key, limit.abreast - places_taken)
            if meter.lane.abreast < 1:
                meter.left = 0
        return meter

    def _windows(self, keys: Iterable[str]) -> dict[str, tuple[float, datetime]]:
        query = sa.select(SendingWindow.key, SendingWindow.tokens, SendingWindow.at)
        query = query.where(SendingWindow.key.in_(list(keys))).order_by(SendingWindow.key).with_for_update()
        return {key: (tokens, at) for key, tokens, at in self._session.execute(query)}

    def _places_taken(self, keys: Collection[str]) -> dict[str, int]:
        """How many messages of each limit the other workers may have under way."""
        if not keys:
            return {}
        query = sa.select(SendingLane.key, sa.func.sum(SendingLane.abreast)).group_by(SendingLane.key).where(
            SendingLane.key.in_(keys), SendingLane.worker != self._worker, SendingLane.until > self._now
        )
        return dict(self._session.execute(query).all())

    def write_down(self) -> None:
        """Take what was chosen from the limits, for all workers to see."""
        used = [meter for meter in self._meters.values() if meter.used]
        windows = [
            {"window": meter.limit.key, "tokens": meter.tokens - meter.used, "at": self._now}
            for meter in used if meter.limit.rate
        ]
        if windows:
            table = SendingWindow.__table__
            statement = sa.update(table).where(table.c.key == sa.bindparam("window"))
            self._session.connection().execute(
                statement.values(tokens=sa.bindparam("tokens"), at=sa.bindparam("at")), windows
            )
        places = [
            {"key": meter.lane.key, "worker": self._worker, "abreast": meter.lane.abreast,
             "until": self._now + LANE_LEASE}
            for meter in used if meter.lane
        ]
        if places:
            release(self._session, self._worker)
            self._session.execute(sa.insert(SendingLane), places)


def release(session: Session, worker: str) -> None:
    """A worker's batch is over, or the worker is gone: others may use its places in the lanes."""
    session.execute(
        sa.delete(SendingLane).where(SendingLane.worker == worker).execution_options(synchronize_session=False)
    )
