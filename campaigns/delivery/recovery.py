"""After a death: what a dead worker's journal says about the rows it held."""

from __future__ import annotations

import socket
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from campaigns.delivery import queue
from campaigns.delivery.journal import Record, Verdict, dead_journals, is_alive, same_boot, verdict
from campaigns.delivery.outcomes import settlement
from campaigns.delivery.queue import Settlement
from campaigns.delivery.rules import DeliveryState
from outreach.clock import Clock
from outreach.db import unit_of_work
from outreach.mail.outcome import Kind, Outcome, Stage

log = structlog.get_logger()

_NO_ANSWER = Outcome(Kind.IN_DOUBT, Stage.DOT, text="발송 중에 프로그램이 멈추어 결과를 알 수 없습니다")


def recover(session: Session, folder: Path, clock: Clock) -> dict[str, int]:
    """Settle the rows of all dead workers of this host. Safe to run by several processes at once: whoever
    gets the lock of a journal settles it. Returns how many rows went to which state."""
    settled: dict[str, int] = {}
    for journal in dead_journals(folder):
        with journal:
            with unit_of_work(session):
                held = queue.held_by(session, journal.worker)
                rows = [_judged(row_id, journal.records.get(row_id), journal.same_boot, clock) for row_id in held]
                queue.settle(session, journal.worker, rows)
            for row in rows:
                settled[row.state] = settled.get(row.state, 0) + 1
            journal.remove()
    for worker in _vanished(session, folder):
        with unit_of_work(session):
            rows = [settlement(row_id, _NO_ANSWER, 1, clock.now()) for row_id in queue.held_by(session, worker)]
            queue.settle(session, worker, rows)
        settled[DeliveryState.IN_DOUBT.value] = settled.get(DeliveryState.IN_DOUBT.value, 0) + len(rows)
    if settled:
        log.warning("delivery.recovered", **settled)
    return settled
