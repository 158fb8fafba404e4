"""Hosts that are gone for good. Only the host that has a worker's journal can tell what had left; when it is lost
with its journal, nobody can, and what its workers had claimed is in doubt, for a person to decide."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from campaigns.delivery import queue
from campaigns.delivery.identity import host_of
from campaigns.delivery.outcomes import settlement
from outreach.clock import Clock
from outreach.errors import Conflict
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.wording import Text

log = structlog.get_logger()

_LOST = Outcome(Kind.IN_DOUBT, Stage.DOT, text=Text("발송하던 서버를 잃어 결과를 알 수 없습니다"))


def holding(session: Session) -> dict[str, int]:
    """How many recipients the workers of each host have claimed and not settled, dead or alive."""
    query = sa.text("SELECT worker, count(*) FROM delivery WHERE state = 'claimed' GROUP BY worker")
    held: Counter[str] = Counter()
    for worker, number in session.execute(query):
        held[host_of(worker)] += number
    return dict(held)


def give_up(session: Session, host: str, own_host: str, clock: Clock) -> int:
    """Put in doubt what the workers of ``host`` had claimed; how many. If one of them lives after all, it records
    nothing of its present batch: these rows are no longer its own. Raises Conflict for this host, whose workers are
    judged by their journals."""
    if host == own_host:
        raise Conflict("이 서버의 발송 기록은 남아 있습니다. 작업자를 다시 시작하면 자동으로 정리됩니다.")
    now, number = clock.now(), 0
    for worker in [worker for worker in queue.holders(session) if host_of(worker) == host]:
        held = queue.held_by(session, worker)
        queue.settle(session, worker, [settlement(row.id, _LOST, row.attempts, now) for row in held])
        number += len(held)
    log.warning("delivery.host_given_up", host=host, in_doubt=number)
    return number
