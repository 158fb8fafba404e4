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

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.orm import Session

from campaigns.delivery import queue
from campaigns.delivery.journal import Journal, place, worker_name
from campaigns.delivery.models import Delivery
from campaigns.delivery.outcomes import is_unknown_user, settlement
from campaigns.delivery.queue import Claimed
from campaigns.delivery.recovery import recover
from campaigns.delivery.rules import DeliveryState, too_many_refusals
from campaigns.delivery.watch import Watch
from campaigns.mailings.message import MessageWriter
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.clock import Clock
from outreach.companies.consent import suppress
from outreach.companies.models import SuppressionReason
from outreach.db import db, unit_of_work
from outreach.mail import dkim
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.smtp import OutgoingMessage, SmtpPool
from outreach.mail.smtp_url import SmtpUrl

log = structlog.get_logger()

CONNECTIONS = 8
FIRST_BATCH, LARGEST_BATCH = 100, 5_000
BATCH_SECONDS = 1.0  # what one batch should take; what a death leaves to be judged is at most one batch
REST_AFTER_TROUBLE = (2.0, 5.0, 15.0, 60.0)  # seconds without a try, growing while the server is away
REST_AFTER_REFUSED_LOGIN = 900.0  # servers lock an account out after a few wrong passwords in a row
RECOVER_EVERY = 30.0  # seconds between looks for workers that died meanwhile
_REFUSALS = frozenset({Kind.REFUSED_RECIPIENT, Kind.REFUSED_MESSAGE})
_ANSWERS = _REFUSALS | {Kind.ACCEPTED}  # what a share of refusals is a share of; "later" is no answer yet


@dataclass
class Batch:
    """One batch under way: the hooks of the pool, and what became of each message."""

    claimed: Sequence[Claimed]
    writer: MessageWriter
    journal: Journal
    watch: Watch
    refused: int  # of this mailing, since it was started or resumed
    results: int
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def messages(self) -> Iterator[OutgoingMessage]:
        for row in self.claimed:
            yield OutgoingMessage(row.id, self.writer.mail_from, row.address, _renderer(self.writer, row))

    def stop(self) -> bool:
        return self.too_many_refused or not self.watch.still_sending()

    @property
    def too_many_refused(self) -> bool:
        return too_many_refusals(self.refused, self.results)

    def before_write(self, ids: Sequence[int]) -> Collection[int]:
        return self.watch.withdrawn(ids)

    def on_intent(self, ids: Sequence[int]) -> None:
        self.journal.intent(ids)

    def on_outcome(self, delivery_id: int, outcome: Outcome) -> None:
        self.journal.outcome(delivery_id, outcome)
        self.results += outcome.kind in _ANSWERS
        self.refused += outcome.kind in _REFUSALS
        self.outcomes[delivery_id] = outcome

    @property
    def trouble(self) -> str:
        """Why the server answered for nobody; '' if it did."""
        kinds = {outcome.kind for outcome in self.outcomes.values()}
        unsent = [outcome.text for outcome in self.outcomes.values() if outcome.kind is Kind.NOT_SENT]
        return (unsent[0] or "-") if unsent and not kinds & _ANSWERS and not self.stop() else ""

    @property
    def login_refused(self) -> bool:
        return any(outcome.stage is Stage.AUTH and (outcome.code or 0) >= 500 for outcome in self.outcomes.values())


@dataclass
class Letter:
    """A mailing made ready to be written, with its results so far (as known to this worker)."""

    edition: tuple[object, ...]
    writer: MessageWriter
    refused: int
    results: int


def _results_since(mailing: Mailing) -> tuple[int, int]:
    """(refused, all results) since the mailing was started or last resumed."""
    results = sa.func.count()
    query = sa.select(results.filter(Delivery.state == DeliveryState.REFUSED), results).where(
        Delivery.mailing_id == mailing.id,
        Delivery.done_at >= (mailing.resumed_at or mailing.started_at),
        Delivery.state.in_([DeliveryState.REFUSED, DeliveryState.ACCEPTED]),
    )
    refused, total = db.session.execute(query).one()
    return refused, total


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
        self._folder: Path = outreach.settings.data_dir / "journal"
        self.name = worker_name(self._folder)
        host = urlsplit(outreach.settings.base_url).hostname
        self._pool = SmtpPool(
            SmtpUrl.parse(outreach.settings.smtp_url), connections=connections, helo=host,
            sign=app.extensions[dkim.KEY].sign,
        )
        self._journal: Journal | None = None
        self._watch: Watch | None = None
        self._kept: Letter | None = None
        self._batch_size, self._turn = FIRST_BATCH, 0
        self._troubles, self._rests_until, self._recovers_at = 0, 0.0, 0.0

    def step(self) -> bool:
        """Send one batch. True if the caller should ask again at once."""
        if time.monotonic() < self._rests_until:
            return False
        with self.app.app_context():
            self._recover_now_and_then()
            mailing_id = self._next_mailing()
            if mailing_id is None:
                self._finish_done()
                return False
            try:
                return self._send_batch(mailing_id)
            except BaseException:
                self._abandon()
                raise

    def close(self) -> None:
        """End connections and journal; between steps nothing is held."""
        self._pool.close()
        self._forget_watch()
        if self._journal:
            self._journal.remove()

    def _abandon(self) -> None:
        """A batch broke off (the database went away, the disk is full …). What it claimed is judged as after a
        death, from its journal: this worker goes on under another name, and recovers the one it gave up."""
        self._pool.abort()
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
            recover(db.session, self._folder, place(self._folder), self._clock)
            self._recovers_at = time.monotonic() + RECOVER_EVERY

    def _next_mailing(self) -> int | None:
        """Mailings take turns, so that a long one does not hold up a short one."""
        waiting = queue.sending(db.session, self._clock.now())
        db.session.rollback()
        self._turn += 1
        return waiting[self._turn % len(waiting)] if waiting else None

    def _send_batch(self, mailing_id: int) -> bool:
        journal = self._journal = self._journal or Journal.create(self._folder, self.name)
        watch = self._watch = self._watch or Watch(db.engine)
        letter = self._letter(mailing_id)
        journal.reserve(self._batch_size)
        with unit_of_work(db.session) as session:
            claim = queue.claim(session, mailing_id, self.name, limit=self._batch_size, now=self._clock.now())
        self.settled["skipped"] += claim.skipped
        if not claim.claimed:
            return claim.skipped > 0
        watch.follow(mailing_id, {row.id: row.address_key for row in claim.claimed})
        batch = Batch(claim.claimed, letter.writer, journal, watch, letter.refused, letter.results)
        started = time.monotonic()
        self._pool.send(batch.messages(), batch)
        self._settle(mailing_id, batch)
        journal.clear()
        letter.refused, letter.results = batch.refused, batch.results
        self._adapt(len(batch.claimed), time.monotonic() - started)
        return not self._rest_if_troubled(batch.trouble, login_refused=batch.login_refused)

    def _settle(self, mailing_id: int, batch: Batch) -> None:
        """Commit what became of the batch, with what follows from it."""
        now = self._clock.now()
        rows = [settlement(row.id, batch.outcomes.get(row.id), row.attempts, now) for row in batch.claimed]
        with unit_of_work(db.session) as session:
            queue.settle(session, self.name, rows)
            for row in batch.claimed:
                if is_unknown_user(batch.outcomes.get(row.id)):
                    suppress(session, row.address_key, SuppressionReason.UNKNOWN_USER, f"mailing:{mailing_id}", now)
            if batch.too_many_refused:
                share = f"결과 {batch.results:,}건 중 거부 {batch.refused:,}건"
                reason = f"거부 비율이 5%를 넘어 스스로 멈추었습니다({share})."
                _note(session, mailing_id, reason, state=MailingState.PAUSED)
            elif batch.trouble or self._troubles:
                reason = f"메일 서버에 보내지 못하고 있습니다. 자동으로 다시 시도합니다. ({batch.trouble})"
                _note(session, mailing_id, reason if batch.trouble else "")
        self.settled.update(row.state for row in rows)

    def _letter(self, mailing_id: int) -> Letter:
        """The mailing made ready, kept as long as it is the same approval and was not resumed since."""
        mailing = db.session.get_one(Mailing, mailing_id, populate_existing=True)
        edition = (mailing_id, mailing.approved_hash, mailing.resumed_at)
        if self._kept is None or self._kept.edition != edition:
            writer = MessageWriter.of(mailing, self._base_url, self._signer, self._clock)
            self._kept = Letter(edition, writer, *_results_since(mailing))
        db.session.rollback()
        return self._kept

    def _adapt(self, sent: int, seconds: float) -> None:
        """Let the next batch take about BATCH_SECONDS, growing at most fourfold at a time."""
        wanted = int(sent * BATCH_SECONDS / max(seconds, 0.001))
        self._batch_size = max(FIRST_BATCH, min(wanted, 4 * self._batch_size, LARGEST_BATCH))

    def _rest_if_troubled(self, trouble: str, *, login_refused: bool) -> bool:
        if not trouble:
            self._troubles = 0
            return False
        log.warning("engine.server", error=trouble)
        seconds = REST_AFTER_TROUBLE[min(self._troubles, len(REST_AFTER_TROUBLE) - 1)]
        if login_refused:
            seconds = REST_AFTER_REFUSED_LOGIN
        self._rests_until = time.monotonic() + seconds
        self._troubles += 1
        return True


def _note(session: Session, mailing_id: int, reason: str, *, state: MailingState = MailingState.SENDING) -> None:
    """Write on the mailing what stands in its way; only while it is still being sent."""
    session.execute(
        sa.update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.state == MailingState.SENDING)
        .values(state=state, pause_reason=reason[:300], version=Mailing.version + 1)
        .execution_options(synchronize_session=False)
    )
