"""The run over a list: a dry run that only reads, and the import itself in chunks.

Each chunk is one short unit of work: it looks up what it concerns, plans, writes, and moves ``Import.next_row``, all
or nothing. So a run that was killed goes on where the database says, and of two runs of one import each chunk
is done by whoever comes first.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.audit.service import Actor
from outreach.clock import Clock
from outreach.companies.emails import address_key
from outreach.companies.identity import likeness_key
from outreach.companies.imports import matching, store
from outreach.companies.imports.bundles import Bundle
from outreach.companies.imports.geography import Geography
from outreach.companies.imports.plan import Plan, Source
from outreach.companies.imports.planning import Moment, NewCompany, Planner
from outreach.companies.imports.report import Report, reject_reason
from outreach.companies.models import Import, ImportReject, ImportState, MergeSuggestion
from outreach.companies.parsed_row import ParsedRow
from outreach.companies.problems import Problem
from outreach.db import as_json, reading, unit_of_work

UNIT_SECONDS = 0.08
"""How long a chunk's unit of work should take: others wait for it on SQLite."""
SMALLEST_CHUNK, LARGEST_CHUNK = 500, 4000
"""Bundles; below the smallest, queries and commits would cost more than the rows."""
_TRIES = 5

Progress = Callable[[int], None]
"""Told after each chunk how many bundles are done."""


class _Chunks:
    """Cuts bundles into chunks and learns from their duration how long the next may be."""

    def __init__(self, bundles: Iterator[Bundle]):
        self._bundles = bundles
        self._size = SMALLEST_CHUNK
        self._rest: list[Bundle] = []

    def next(self) -> list[Bundle]:
        wanted = self._size - len(self._rest)
        chunk, self._rest = self._rest + list(islice(self._bundles, max(0, wanted))), []
        return chunk

    def put_back(self, bundles: Sequence[Bundle]) -> None:
        self._rest = list(bundles)

    def took(self, count: int, seconds: float) -> None:
        fitting = int(count * UNIT_SECONDS / max(seconds, 0.001))
        self._size = max(SMALLEST_CHUNK, min(LARGEST_CHUNK, self._size * 2, fitting))


# -- the dry run -------------------------------------------------------------------------------------------


def check(
    session: Session, source: Source, actor: Actor, clock: Clock, *, progress: Progress,
    keep_rejects: Callable[[list[ParsedRow]], None],
) -> Report:
    """What importing ``source`` now would do; nothing is written. Rejected rows go to ``keep_rejects`` as they come,
    between the reads."""
    report, chunks, done = Report(), _Chunks(source.bundles()), 0
    with _present(session):
        geography = Geography(session, source.plan.day, source.plan.centre_id)
    while chunk := chunks.next():
        started = time.perf_counter()
        with _present(session):
            worker = _Chunk(session, source.plan, geography, actor, clock, report, store.NoIds())
            count = worker.plan_all(chunk)
        chunks.put_back(chunk[count:])
        chunks.took(count, time.perf_counter() - started)
        if rejected := [bundle[0] for bundle in chunk[:count] if bundle[0].rejected]:
            keep_rejects(rejected)
        done += count
        progress(done)
    report.counts["read"] = source.tally["read"]
    report.counts["records"] = done
    return report


@contextmanager
def _present(session: Session) -> Iterator[None]:
    """A read transaction of its own, short, so that nobody's writes pile up behind it."""
    session.rollback()
    with reading():
        yield
        session.rollback()


# -- the import --------------------------------------------------------------------------------------------


def run(
    session: Session, source: Source, actor: Actor, clock: Clock, *, progress: Progress
) -> ImportState:
    """Import ``source`` from where it stands to its end, or until someone cancels it. Returns the state it is then
    in. Running it twice, one after the other or at once, stores each company once."""
    with unit_of_work(session):
        geography = Geography(session, source.plan.day, source.plan.centre_id)
    gc.freeze()  # what the process holds already need not be searched for garbage after every few hundred rows
    try:
        done = _store_all(session, source, geography, actor, clock, progress)
    finally:
        gc.unfreeze()
    return _finish(session, source, clock, done)


def _store_all(
    session: Session, source: Source, geography: Geography, actor: Actor, clock: Clock, progress: Progress
) -> int | None:
    """Store every chunk that is not stored yet. How many bundles there are; None if the import was stopped."""
    plan, done, chunks = source.plan, 0, _Chunks(source.bundles())
    while chunk := chunks.next():
        taken = _retried(lambda chunk=chunk, done=done: _store(session, plan, geography, actor, clock, chunk, done))
        if taken is None:
            return None
        chunks.put_back(chunk[taken.count :])
        if taken.seconds:
            chunks.took(taken.count, taken.seconds)
        done += taken.count
        progress(done)
    return done


@dataclass(frozen=True, slots=True)
class _Taken:
    """How many bundles are done and need not be looked at again, and how long the unit took (0: nothing to do)."""

    count: int
    seconds: float = 0.0


def _store(
    session: Session, plan: Plan, geography: Geography, actor: Actor, clock: Clock, chunk: list[Bundle], done: int
) -> _Taken | None:
    """One chunk in one unit of work; ``done`` is the place of its first bundle. None: the import was stopped."""
    with unit_of_work(session):
        started = time.perf_counter()
        store.lock(session)
        row = session.execute(
            sa.select(Import.state, Import.next_row, Import.counts, Import.warnings)
            .where(Import.id == plan.import_id).with_for_update()
        ).one_or_none()
        if row is None or row.state is not ImportState.IMPORTING:
            return None
        if row.next_row > done:  # this run was killed before, or another one does the same
            return _Taken(min(row.next_row - done, len(chunk)))
        report = Report(row.counts, row.warnings)
        worker = _Chunk(session, plan, geography, actor, clock, report, store.Ids(session))
        count = worker.plan_all(chunk)
        worker.write()
        session.execute(
            sa.update(Import).where(Import.id == plan.import_id).values(
                next_row=done + count, counts=dict(report.counts), warnings=report.warnings_json()
            )
        )
    return _Taken(count, time.perf_counter() - started)


def _retried(unit: Callable[[], _Taken | None]) -> _Taken | None:
    """A person who registers the same company at the same moment makes the chunk fail on its number; the next try
    finds that company."""
    for _ in range(_TRIES - 1):
        try:
            return unit()
        except IntegrityError:
            continue
    return unit()


def _finish(session: Session, source: Source, clock: Clock, done: int | None) -> ImportState:
    """Close the import when all ``done`` bundles are stored (None: it was stopped)."""
    with unit_of_work(session):
        query = sa.select(Import.state, Import.next_row, Import.counts).where(Import.id == source.plan.import_id)
        row = session.execute(query.with_for_update()).one()
        if row.state is not ImportState.IMPORTING or done is None or row.next_row != done:
            return row.state
        counts = row.counts | {"read": source.tally["read"], "records": done}
        session.execute(
            sa.update(Import).where(Import.id == source.plan.import_id).values(
                state=ImportState.DONE, finished_at=clock.now(), counts=counts, total_rows=done
            )
        )
    return ImportState.DONE


class _Chunk:
    """Plans one chunk and writes it."""

    def __init__(
        self, session: Session, plan: Plan, geography: Geography, actor: Actor, clock: Clock, report: Report,
        ids: store.Ids,
    ):
        self.session, self.plan, self.report = session, plan, report
        self.geography, self.actor, self.ids = geography, actor, ids
        self.moment = Moment(store.instant(session, clock.now()), lambda value: store.instant(session, value))
        self.batch = store.Batch()

    def plan_all(self, chunk: list[Bundle]) -> int:
        """Plan the bundles from the first on; how many were (see matching.match)."""
        good = [bundle for bundle in chunk if not bundle[0].rejected]
        matches = matching.match(self.session, good)
        if len(matches) < len(good):
            chunk = chunk[: next(at for at, bundle in enumerate(chunk) if bundle is good[len(matches)])]
            good = good[: len(matches)]
        self._load_consents(good, matches)
        suppressed = matching.suppressed(self.session, _addresses(good))
        planner = Planner(
            self.plan, self.geography, self.actor, self.batch, self.ids, self.report, self.moment, suppressed
        )
        for bundle, found in zip(good, matches, strict=True):
            planner.take(bundle, found)
        self._suggest_merges(planner.created)
        for bundle in chunk:
            if bundle[0].rejected:
                self.report.counts["rejected"] += 1
                self.batch.new[ImportReject].append(reject_record(self.plan.import_id, bundle[0]))
        return len(chunk)

    def _load_consents(self, bundles: list[Bundle], matches: list[matching.Match]) -> None:
        people = [
            person
            for bundle, found in zip(bundles, matches, strict=True)
            if found.known and any(one.consent for row in bundle for one in row.contacts)
            for place in found.known.places
            for person in place.people
        ]
        matching.load_consents(self.session, people)

    def _suggest_merges(self, created: Sequence[NewCompany]) -> None:
        """A new company whose name another has is never joined to it, only shown to a person."""
        names = {new.id: (new.name_key, _likeness(new)) for new in created}
        known = matching.namesakes(self.session, list({key for pair in names.values() for key in pair}))
        here: dict[tuple[str, bool], int] = {}  # this chunk's own: by name, with a business number or without
        for new in created:
            others = list(new.rivals)
            for key in dict.fromkeys(names[new.id]):
                found = known(key, new.has_number) or here.get((key, False))
                if found is None and not new.has_number:
                    found = here.get((key, True))
                if found is not None and found not in others:
                    others.append(found)
            here.setdefault((new.name_key, new.has_number), new.id)
            for other in others:
                first, second = sorted((new.id, other))
                reason = "기업명과 연락처가 같음" if other in new.rivals else "기업명이 같거나 비슷함"
                self.batch.new[MergeSuggestion].append((first, second, reason, self.moment.now))
            if others:
                code = "rivals" if new.rivals else "similar"
                self.report.warn(Problem(code, new.row.number, "", "", new.row.company["name"], str(len(others))))

    def write(self) -> None:
        self.batch.write(self.session)


def _likeness(new: NewCompany) -> str:
    """identity.likeness_key, from the name key where that tells the same: a remark in parentheses ends a name."""
    name: str = new.row.company["name"]
    return likeness_key(name if name.endswith(")") else new.name_key)


def reject_record(import_id: int, row: ParsedRow) -> tuple[int, int, str, str, str]:
    """A rejected row as it is kept (store.COLUMNS)."""
    places, reasons = reject_reason(row.errors)
    return (import_id, row.number, places, reasons, as_json(list(row.cells)))


def _addresses(bundles: Sequence[Bundle]) -> list[str]:
    return [address_key(one.email) for bundle in bundles for row in bundle for one in row.contacts if one.email]


def keep_rejects(session: Session, import_id: int, rows: Sequence[ParsedRow]) -> None:
    """Write down rejected rows of a dry run."""
    batch = store.Batch()
    batch.new[ImportReject] = [reject_record(import_id, row) for row in rows]
    batch.write(session)
