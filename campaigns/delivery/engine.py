"""The sending engine: claims recipients, sends them through the pool, records what became of them.

The protocol (docs/decisions/0003-sending-protocol.md):

1. Claim a batch by compare-and-set and commit.
2. The worker's journal says *intent* before a message's content leaves, and the outcome when the server
   has answered.
3. New suppressions are read before each write to the socket.
4. The batch's results are committed; from then on the database is the truth, and the journal is cleared.
5. After a death (campaigns.delivery.recovery): claimed without intent is queued again, an outcome in the
   journal is recorded, an intent without outcome is in doubt, for a person.

This is the one service that commits: its commits are the protocol.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.orm import Session

from campaigns.delivery import gates, limits, queue, rests, takedown
from campaigns.delivery.identity import host_identity, worker_name
from campaigns.delivery.journal import Journal
from campaigns.delivery.limits import LimitedClaim
from campaigns.delivery.outcomes import is_unknown_user, settlement
from campaigns.delivery.queue import Claimed
from campaigns.delivery.recovery import recover
from campaigns.delivery.refusals import Tally, thresholds
from campaigns.delivery.rests import Storms
from campaigns.delivery.supply import Lane, Supply
from campaigns.delivery.turns import Releases, Turn, turns
from campaigns.delivery.wake import next_batch
from campaigns.delivery.watch import Watch
from campaigns.mailings.message import MessageWriter
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.clock import Clock, kst_today
from outreach.companies.consent import suppress
from outreach.companies.models import SuppressionReason
from outreach.config import Settings
from outreach.db import db, unit_of_work
from outreach.mail import dkim, health
from outreach.mail.dkim import DkimSigner
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.servers import Server, Servers, in_words, parse_servers
from outreach.mail.smtp import OutgoingMessage, SmtpPool, Timeouts
from outreach.wording import Text

log = structlog.get_logger()

CONNECTIONS = 8
FIRST_BATCH, LARGEST_BATCH = 100, 2_000  # the larger, the more a death leaves to be judged, and the more memory
BATCH_SECONDS = 1.0  # what one batch should take; what a death leaves to be judged is at most one batch
REST_AFTER_REFUSED_LOGIN = 900.0  # servers lock an account out after a few wrong passwords in a row
HEALTH_EVERY = 60.0  # seconds between notes that a server works
LONGEST_HOLD = 1.0  # seconds; how soon a mailing is looked at again of which nothing might be sent
_ANSWERS = frozenset({Kind.ACCEPTED, Kind.REFUSED_RECIPIENT, Kind.REFUSED_MESSAGE})
RECOVER_EVERY = 30.0  # seconds between looks for workers that died meanwhile


@dataclass
class Batch:
    """One batch under way: the hooks of the pool, and what became of each message."""

    claimed: Sequence[Claimed]
    writer: MessageWriter
    journal: Journal
    watch: Watch
    tally: Tally
    storms: Storms
    time_is_up: Callable[[], bool]  # the hours have closed, or the mailing's last moment has come
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._supply = Supply(self.claimed, self.lanes, self.storms.raging)
        self._domains = {row.id: row.domain for row in self.claimed}
        self._held: frozenset[int] = frozenset()  # kept back at the last write since the mailing is halted

    def messages(self) -> Iterator[OutgoingMessage | None]:
        for row in self._supply:
            yield row and OutgoingMessage(
                row.id, self.writer.envelope_sender(row.id), row.address, _renderer(self.writer, row)
            )

    def stop(self) -> bool:
        stopped = self.tally.too_many or self.storms.server is not None
        return stopped or self.time_is_up() or not self.watch.still_sending()

    def about_to_write(self, ids: Sequence[int]) -> None:
        self.watch.ask(ids)

    def before_write(self, ids: Sequence[int]) -> Collection[int]:
        withdrawn = self.watch.withdrawn(ids)
        if not self.watch.halted:
            return withdrawn
        self._held = frozenset(ids) - frozenset(withdrawn)
        return ids

    def on_intent(self, ids: Sequence[int]) -> None:
        self.journal.intent(ids)

    def on_outcome(self, delivery_id: int, outcome: Outcome) -> None:
        if outcome.kind is Kind.WITHDRAWN and delivery_id in self._held:
            outcome = outcome._replace(kind=Kind.NOT_SENT)  # its turn comes when the mailing goes on
        self.journal.outcome(delivery_id, outcome)
        self.outcomes[delivery_id] = outcome
        domain = self._domains[delivery_id]
        self.tally.note(domain, outcome)
        self.storms.note(domain, outcome)
        self._supply.done(delivery_id)

    @property
    def trouble(self) -> str:
        """Why the server answered for nobody, or wants no more; '' if it did."""
        if self.storms.server is not None:
            return in_words(self.storms.server)
        kinds = {outcome.kind for outcome in self.outcomes.values()}
        unsent = [outcome.text for outcome in self.outcomes.values() if outcome.kind is Kind.NOT_SENT]
        return (unsent[0] or "-") if unsent and not kinds & _ANSWERS and not self.stop() else ""


@dataclass
class Letter:
    """A mailing made ready to be written, with its results so far (as known to this worker)."""

    edition: tuple[object, ...]
    writer: MessageWriter
    tally: Tally
    noted: bool  # something stands on the mailing that a success takes away


def _renderer(writer: MessageWriter, row: Claimed) -> Callable[[], bytes]:
    return lambda: writer.render(row.id, row.address, row.values)


class Engine:
    """A worker's source of work: each step sends about a second's worth of one mailing."""

    def __init__(self, app: Flask, *, connections: int = CONNECTIONS):
        outreach = app.extensions["outreach"]
        self.app = app
        self.settled: Counter[str] = Counter()  # rows by their new state, for the summary of a hand-run
        self._clock: Clock = outreach.clock
        self._signer, self._base_url = outreach.signer, outreach.settings.base_url
        self._bounce_address: str = outreach.settings.bounce_address
        self._folder: Path = outreach.settings.journal_folder
        self.name = worker_name(self._folder)
        self._servers = open_servers(outreach.settings, app.extensions[dkim.KEY], connections)
        self._journal: Journal | None = None
        self._watch: Watch | None = None
        self._kept: Letter | None = None
        self._releases = Releases()
        self._turn = 0
        self._rests_until, self._recovers_at = 0.0, 0.0
        self.held_up = 0.0  # seconds until a limit lets more through, after a step that could do nothing for it
        self._asleep: dict[int, tuple[float, bool]] = {}  # mailings held up: until when, and whether by a limit
        self._noted_at: dict[str, float] = {}  # when a server was last said to work

    def step(self) -> bool:
        """Send one batch. True if the caller should ask again at once."""
        if time.monotonic() < self._rests_until:
            return False
        with self.app.app_context():
            self._recover_now_and_then()
            for turn in self._turns_in_order():
                try:
                    worked = self._send_batch(turn)
                except BaseException:
                    self._abandon()
                    raise
                if worked is not None:
                    return worked
            self._finish_done()
            return False

    def close(self) -> None:
        """End connections and journal; between steps nothing is held."""
        self._servers.close()
        self._forget_watch()
        journal, self._journal = self._journal, None  # closing twice would close whatever has its descriptor by then
        if journal:
            journal.remove()

    def _abandon(self) -> None:
        """A batch broke off (the database went away, the disk is full …). What it claimed is judged as after a
        death, from its journal: this worker goes on under another name, and recovers the one it gave up."""
        self._servers.abort()
        journal, self._journal = self._journal, None
        self._kept, self._recovers_at, self.name = None, 0.0, worker_name(self._folder)
        try:
            self._forget_watch()  # its connection may be what broke
        finally:
            if journal:
                journal.abandon()

    def _forget_watch(self) -> None:
        watch, self._watch = self._watch, None
        if watch:
            watch.close()

    def _finish_done(self) -> None:
        """Finish mailings with nothing left to do; looks first, since looking needs no write lock."""
        done = queue.done(db.session)
        db.session.rollback()
        if done:
            with unit_of_work(db.session) as session:
                queue.finish(session, done, self._clock.now())

    def _recover_now_and_then(self) -> None:
        if time.monotonic() >= self._recovers_at:
            recover(db.session, self._folder, host_identity(self._folder), self._clock)
            self._recovers_at = time.monotonic() + RECOVER_EVERY

    def _turns_in_order(self) -> list[Turn]:
        """Mailings take turns, so that a long one does not hold up a short one, nor one whose limits are used up
        the others."""
        waiting, now = turns(db.session, self._releases, self._clock.now()), time.monotonic()
        db.session.rollback()
        self._turn += 1
        self._asleep = {number: (until, limited) for number, (until, limited) in self._asleep.items() if until > now}
        asleep = [self._asleep[turn.mailing_id] for turn in waiting if turn.mailing_id in self._asleep]
        self.held_up = min((until for until, limited in asleep if limited), default=now) - now
        first = self._turn % len(waiting) if waiting else 0
        return [turn for turn in (*waiting[first:], *waiting[:first]) if turn.mailing_id not in self._asleep]

    def _send_batch(self, turn: Turn) -> bool | None:
        """Claim and send a batch. True to be asked again at once; None if nothing of this mailing may be sent now."""
        mailing_id = turn.mailing_id
        if turn.over(self._clock.now()):
            return None
        journal = self._journal = self._journal or Journal.create(self._folder, self.name)
        watch = self._watch = self._watch or Watch(db.engine)
        letter = self._letter(mailing_id)
        if letter is None:
            return None
        server, found = self._claim(turn, journal)
        claim = found.claim
        self.settled["skipped"] += claim.skipped
        if not claim.claimed:
            return True if claim.skipped else None
        watch.follow(mailing_id, {row.id: row.address_key for row in claim.claimed})
        batch = Batch(
            claim.claimed, letter.writer, journal, watch, letter.tally, Storms(found.trying),
            time_is_up=lambda: turn.over(self._clock.now()), lanes=found.lanes,
        )
        started = time.monotonic()
        server.pool.send(batch.messages(), batch)
        self._settle(mailing_id, batch, letter, server)
        journal.clear()
        server.batch = _adapted(server.batch, len(batch.claimed), time.monotonic() - started)
        self._rests_until = time.monotonic() + self._servers.awake_in
        return self._servers.awake_in == 0

    def _claim(self, turn: Turn, journal: Journal) -> tuple[Server, LimitedClaim]:
        """A batch for the server whose turn it is, or for the next if that one's limit is used up."""
        waits = []
        for server in self._servers.in_turn():
            journal.reserve(server.batch)
            with unit_of_work(db.session) as session:
                now = self._clock.now()
                found = limits.claim(
                    session, turn.mailing_id, self.name, limit=server.batch, now=now, server=server.setting,
                    released=turn.released, gates=gates.standing(self.app, session, turn.mailing_id, now),
                )
                if len(found.claim.claimed) + found.claim.skipped >= server.batch:
                    next_batch(session, turn.mailing_id)
            if found.claim:
                self._servers.used(server)
                return server, found
            waits.append(found.wait)
        wait = min((wait for wait in waits if wait), default=0.0)
        self._asleep[turn.mailing_id] = time.monotonic() + min(wait or LONGEST_HOLD, LONGEST_HOLD), wait > 0
        self.held_up = min(self.held_up or math.inf, wait) if wait else self.held_up
        return server, found

    def _settle(self, mailing_id: int, batch: Batch, letter: Letter, server: Server) -> None:
        """Commit what became of the batch, with what follows from it."""
        now = self._clock.now()
        rows = [settlement(row.id, batch.outcomes.get(row.id), row.attempts, now) for row in batch.claimed]
        rest = self._judge(server, batch)
        with unit_of_work(db.session) as session:
            queue.settle(session, self.name, rows)
            for row in batch.claimed:
                if is_unknown_user(batch.outcomes.get(row.id)):
                    suppress(session, row.address_key, SuppressionReason.UNKNOWN_USER, f"mailing:{mailing_id}", now)
            if batch.lanes:
                limits.release(session, self.name)
            rests.write_down(session, batch.storms, now)
            self._note_health(session, server, rest, now)
            if batch.tally.too_many:
                _note(session, mailing_id, batch.tally.reason(), state=MailingState.PAUSED)
            elif batch.trouble and self._servers.awake_in:
                text = "메일 서버에 보내지 못하고 있습니다. 자동으로 다시 시도합니다. (%(trouble)s)"
                _note(session, mailing_id, Text(text, trouble=batch.trouble))
            elif letter.noted and not batch.trouble:
                _note(session, mailing_id, "")
        self.settled.update(row.state for row in rows)

    def _judge(self, server: Server, batch: Batch) -> tuple[str, float] | None:
        """Set a server aside that could send nothing, or, where there are others, not all: why, and for how many
        seconds."""
        cause = server.pool.gave_up or batch.storms.server
        if cause is None or not (batch.trouble or batch.storms.server or len(self._servers) > 1):
            return None
        log.warning("engine.server", server=server.name, error=in_words(cause))
        locked_out = cause.stage is Stage.AUTH and (cause.code or 0) >= 500
        return in_words(cause), self._servers.failed(server, least=REST_AFTER_REFUSED_LOGIN if locked_out else 0.0)

    def _note_health(self, session: Session, server: Server, rest: tuple[str, float] | None, now: datetime) -> None:
        if rest is not None:
            health.note_failure(session, server.name, *rest, now=now)
            self._noted_at.pop(server.name, None)
        elif time.monotonic() - self._noted_at.get(server.name, -math.inf) >= HEALTH_EVERY:
            self._servers.worked(server)
            health.note_success(session, server.name, now=now)
            self._noted_at[server.name] = time.monotonic()

    def _letter(self, mailing_id: int) -> Letter | None:
        """The mailing made ready, kept as long as it is the same approval, was not resumed since, and may be refused
        as often as before. None: something it shows was taken down; it is paused."""
        mailing = db.session.get_one(Mailing, mailing_id, populate_existing=True)
        now = self._clock.now()
        if takedown.gone(db.session, mailing, kst_today(now)):
            db.session.rollback()
            with unit_of_work(db.session) as session:
                takedown.stop_all(session, now)
            return None
        edition = (mailing_id, mailing.approved_hash, mailing.resumed_at, *thresholds(db.session, mailing))
        if self._kept is None or self._kept.edition != edition:
            writer = MessageWriter.of(mailing, self._base_url, self._signer, self._clock, self._bounce_address)
            self._kept = Letter(edition, writer, Tally.of(db.session, mailing), False)
        self._kept.noted = bool(mailing.pause_reason)
        db.session.rollback()
        return self._kept


def open_servers(settings: Settings, signer: DkimSigner, connections: int) -> Servers:
    """A pool of connections to each server of the setting. Where there are several, one that does not answer is
    given up sooner: the others go on."""
    chosen = parse_servers(settings.smtp_url or "")
    hurried = {"timeouts": Timeouts(connect=10), "max_failures": 1} if len(chosen) > 1 else {}
    common = {
        "connections": connections, "helo": urlsplit(settings.base_url).hostname, "sign": signer.sign,
        "signers": signer.threads,
    }
    return Servers(
        Server(each, SmtpPool(each.url, **common, **hurried), FIRST_BATCH)
        for each in chosen
    )


def _adapted(size: int, sent: int, seconds: float) -> int:
    """Let the next batch take about BATCH_SECONDS, growing at most fourfold at a time."""
    wanted = int(sent * BATCH_SECONDS / max(seconds, 0.001))
    return max(FIRST_BATCH, min(wanted, 4 * size, LARGEST_BATCH))


def _note(session: Session, mailing_id: int, reason: str, *, state: MailingState = MailingState.SENDING) -> None:
    """Write on the mailing what stands in its way; only while it is still being sent."""
    session.execute(
        sa.update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.state == MailingState.SENDING)
        .values(state=state, pause_reason=reason, version=Mailing.version + 1)
        .execution_options(synchronize_session=False)
    )
