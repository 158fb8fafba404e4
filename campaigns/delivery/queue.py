"""The delivery rows as a queue: claiming and settling in few statements.

Written as SQL text, because this is the path of every message: a claim decides about suppression and
consent in the very statement that claims (DESIGN decision 4), and touches the queue only through its
partial indexes (the state stands as a literal, so that both databases match the index).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.settling import settle_at_once
from outreach.db import UtcDateTime

_SUPPRESSED = "EXISTS (SELECT 1 FROM suppression s WHERE s.address_key = delivery.address_key)"
_UNCONSENTED = (
    "EXISTS (SELECT 1 FROM mailing m WHERE m.id = delivery.mailing_id AND m.message_class = 'advertising') "
    "AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.contact_id = delivery.contact_id "
    "AND c.purpose = 'advertising' AND c.withdrawn_at IS NULL)"
)
_DUE = {
    "queued": "SELECT id FROM delivery WHERE mailing_id = :mailing AND state = 'queued' ORDER BY id LIMIT :limit",
    "deferred": "SELECT id FROM delivery WHERE mailing_id = :mailing AND state = 'deferred' "
    "AND next_try_at <= :now ORDER BY next_try_at LIMIT :limit",
}
#: PostgreSQL may run a locking sub-select of IN once a row, each time past what it has locked, and so take more
#: than its LIMIT; as an array it is run once.
_THESE = {"sqlite": "IN (%s)", "postgresql": "= ANY(ARRAY(%s FOR UPDATE SKIP LOCKED))"}

_CLAIM = f"""
UPDATE delivery SET
  state = CASE WHEN {_SUPPRESSED} OR ({_UNCONSENTED}) THEN 'skipped' ELSE 'claimed' END,
  skip_reason = CASE WHEN {_SUPPRESSED} THEN 'suppressed' WHEN {_UNCONSENTED} THEN 'no_consent' END,
  done_at = CASE WHEN {_SUPPRESSED} OR ({_UNCONSENTED}) THEN :now END,
  worker = :worker, attempts = attempts + 1, next_try_at = NULL
WHERE id %s
  AND state = '%s'
  AND EXISTS (SELECT 1 FROM mailing m WHERE m.id = :mailing AND m.state = 'sending')
RETURNING id, state, address, address_key, "values", attempts
"""  # noqa: S608 - only constants are put together

_SETTLE = """
UPDATE delivery SET state = :state, skip_reason = :skip_reason, reply_code = :code, reply_status = :status,
  reply_stage = :stage, reply_text = :text, next_try_at = :next_try_at, done_at = :done_at,
  attempts = attempts - :untried, worker = NULL
WHERE id = :id AND worker = :worker AND state = 'claimed'
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A recipient this worker may send to."""

    id: int
    address: str
    address_key: str
    values: dict[str, str]
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """``claimed`` are to be sent; ``skipped`` rows were opted out since they were written down."""

    claimed: list[Claimed]
    skipped: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one claimed row. ``untried`` is 1 where the try should not count."""

    id: int
    state: str
    skip_reason: str | None = None
    code: int | None = None
    status: str | None = None
    stage: str | None = None
    text: str = ""
    next_try_at: datetime | None = None
    done_at: datetime | None = None
    untried: int = 0


def claim(session: Session, mailing_id: int, worker: str, *, limit: int, now: datetime) -> Claim:
    """Claim up to ``limit`` recipients of a mailing that is being sent: first the queue, then what is due
    for another try. Rows without a right to be mailed are skipped by the same statement."""
    rows: list[Any] = []
    for state in ("queued", "deferred"):
        if rows:
            break
        statement = _CLAIM % (_THESE[session.get_bind().dialect.name] % _DUE[state], state)
        values = {"mailing": mailing_id, "worker": worker, "limit": limit}
        timed = sa.text(statement).bindparams(sa.bindparam("now", now, UtcDateTime))
        rows = list(session.execute(timed, values))
    claimed = [
        Claimed(row.id, row.address, row.address_key, _mapping(row.values), row.attempts)
        for row in (_Row(*row) for row in rows)
        if row.state == "claimed"
    ]
    claimed.sort(key=lambda row: row.id)
    return Claim(claimed, len(rows) - len(claimed))


@dataclass(slots=True)
class _Row:
    id: int
    state: str
    address: str
    address_key: str
    values: Any
    attempts: int


def _mapping(values: Any) -> dict[str, str]:
    return json.loads(values) if isinstance(values, str) else values


def settle(session: Session, worker: str, settlements: Iterable[Settlement]) -> None:
    """Record what became of claimed rows; a row that is no longer this worker's is left alone."""
    if session.get_bind().dialect.name == "postgresql":
        if rows := list(settlements):
            settle_at_once(session, _SETTLE, worker, rows)
        return
    statement = sa.text(_SETTLE).bindparams(
        sa.bindparam("next_try_at", type_=UtcDateTime), sa.bindparam("done_at", type_=UtcDateTime)
    )
    values = [{name: getattr(row, name) for name in Settlement.__slots__} | {"worker": worker} for row in settlements]
    if values:
        session.execute(statement, values)


@dataclass(frozen=True, slots=True)
class Held:
    """A row that a worker holds."""

    id: int
    mailing_id: int
    address_key: str
    attempts: int


def held_by(session: Session, worker: str) -> list[Held]:
    """The rows a worker holds."""
    query = sa.text(
        "SELECT id, mailing_id, address_key, attempts FROM delivery WHERE state = 'claimed' AND worker = :worker "
        "ORDER BY id"
    )
    return [Held(*row) for row in session.execute(query, {"worker": worker})]


def holders(session: Session) -> list[str]:
    """The workers that hold rows."""
    return list(session.scalars(sa.text("SELECT DISTINCT worker FROM delivery WHERE state = 'claimed'")))


def sending(session: Session, now: datetime) -> list[int]:
    """Mailings being sent that have something to do now, the longest started first."""
    query = sa.text(
        "SELECT m.id FROM mailing m WHERE m.state = 'sending' AND (EXISTS (SELECT 1 FROM delivery d "
        "WHERE d.mailing_id = m.id AND d.state = 'queued') OR EXISTS (SELECT 1 FROM delivery d "
        "WHERE d.mailing_id = m.id AND d.state = 'deferred' AND d.next_try_at <= :now)) ORDER BY m.started_at, m.id"
    ).bindparams(sa.bindparam("now", now, UtcDateTime))
    return list(session.scalars(query))


_NOTHING_LEFT = (
    "state = 'sending' AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.mailing_id = mailing.id "
    "AND d.state IN ('queued', 'claimed', 'deferred'))"
)


def done(session: Session) -> list[int]:
    """Mailings being sent that have nothing left to do."""
    return list(session.scalars(sa.text(f"SELECT id FROM mailing WHERE {_NOTHING_LEFT}")))  # noqa: S608


def finish(session: Session, mailing_ids: Sequence[int], now: datetime) -> None:
    """Finish those of ``mailing_ids`` that still have nothing left to do."""
    query = sa.text(
        "UPDATE mailing SET state = 'finished', finished_at = :now, updated_at = :now, version = version + 1, "  # noqa: S608
        f"pause_reason = '' WHERE id IN :ids AND {_NOTHING_LEFT}"
    ).bindparams(sa.bindparam("now", now, UtcDateTime), sa.bindparam("ids", list(mailing_ids), expanding=True))
    session.execute(query)
