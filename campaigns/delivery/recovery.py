"""After a death: what a dead worker's journal says about the rows it held."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from campaigns.delivery import limits, queue
from campaigns.delivery.identity import host_of
from campaigns.delivery.journal import Record, Verdict, dead_journals, is_alive, verdict
from campaigns.delivery.outcomes import is_unknown_user, settlement
from campaigns.delivery.queue import Held, Settlement
from outreach.clock import Clock
from outreach.companies.consent import suppress
from outreach.companies.models import SuppressionReason
from outreach.db import unit_of_work
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.wording import Text

log = structlog.get_logger()

_NO_ANSWER = Outcome(Kind.IN_DOUBT, Stage.DOT, text=Text("발송 도중 프로그램이 멈추어 결과를 알 수 없습니다"))


def recover(session: Session, folder: Path, host: str, clock: Clock) -> Counter[str]:
    """Settle the rows of all dead workers of ``host`` (campaigns.delivery.identity), whose journals ``folder``
    holds. Several processes may do so at once: whoever gets the lock of a journal settles it. Returns how many rows
    went to which state."""
    settled: Counter[str] = Counter()
    for journal in dead_journals(folder):
        state = journal.state
        settled += _settle(session, state.worker, state.records, state.complete, clock)
        journal.remove()
    for worker in _without_journal(session, folder, host):
        settled += _settle(session, worker, {}, False, clock)
    if settled:
        log.warning("delivery.recovered", **settled)
    return settled


def _without_journal(session: Session, folder: Path, host: str) -> list[str]:
    """Workers of this host that hold rows though their journal is gone (someone deleted it): what they
    had sent nobody can say. Rows held on another host, or with another data folder, are judged there."""
    holders = queue.holders(session)
    session.rollback()
    mine = [worker for worker in holders if host_of(worker) == host]
    return [worker for worker in mine if not (folder / f"{worker}.journal").exists() and not is_alive(folder, worker)]


def _settle(
    session: Session, worker: str, records: dict[int, Record], complete: bool, clock: Clock
) -> Counter[str]:
    now = clock.now()
    with unit_of_work(session):
        held = queue.held_by(session, worker)
        rows = [_judged(row, records.get(row.id), complete, now) for row in held]
        queue.settle(session, worker, rows)
        limits.release(session, worker)
        for row in held:
            record = records.get(row.id)
            if isinstance(record, Outcome) and is_unknown_user(record):
                source = f"mailing:{row.mailing_id}"
                suppress(session, row.address_key, SuppressionReason.UNKNOWN_USER, source, now)
    return Counter(row.state for row in rows)


def _judged(row: Held, record: Record | None, complete: bool, now: datetime) -> Settlement:
    judgement = verdict(record, complete)
    if judgement is Verdict.IN_DOUBT:
        return settlement(row.id, _NO_ANSWER, row.attempts, now)
    return settlement(row.id, record if isinstance(record, Outcome) else None, row.attempts, now)
