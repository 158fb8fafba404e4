"""The delivery rows as a queue: claiming and settling in few statements.

Written as SQL text, because this is the path of every message: a claim decides about suppression and
consent in the very statement that claims (DESIGN decision 4), and touches the queue only through its
partial indexes (the state stands as a literal, so that both databases match the index).
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.gates import Gate
from campaigns.delivery.settling import settle_all
from outreach.db import UtcDateTime

_SUPPRESSED = (  # altogether, or the mailing's topic; the inner select is run once a claim
    "(EXISTS (SELECT 1 FROM suppression s WHERE s.address_key = delivery.address_key) "
    "OR EXISTS (SELECT 1 FROM topic_suppression t WHERE t.address_key = delivery.address_key "
    "AND t.topic = (SELECT m.topic FROM mailing m WHERE m.id = :mailing)))"
)
_UNCONSENTED = (
    "EXISTS (SELECT 1 FROM mailing m WHERE m.id = :mailing AND m.message_class = 'advertising') "
    "AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.contact_id = delivery.contact_id "
    "AND c.purpose = 'advertising' AND c.withdrawn_at IS NULL)"
)
_DUE = {
    "queued": "SELECT id FROM delivery WHERE mailing_id = :mailing AND state = 'queued' "
    "AND id <= :released ORDER BY id LIMIT :limit",
    "deferred": "SELECT id FROM delivery WHERE mailing_id = :mailing AND state = 'deferred' "
    "AND next_try_at <= :now ORDER BY next_try_at LIMIT :limit",
}
_ALL = (1 << 63) - 1  # no id is higher

#: PostgreSQL may run a locking sub-select of IN once a row, each time past what it has locked, and so take more
#: than its LIMIT; as an array it is run once.
_THESE = {"sqlite": "IN (%s)", "postgresql": "= ANY(ARRAY(%s FOR UPDATE SKIP LOCKED))"}

_CLAIM = f"""
UPDATE delivery SET
  state = CASE WHEN {_SUPPRESSED} OR ({_UNCONSENTED})%(or)s THEN 'skipped' ELSE 'claimed' END,
  skip_reason = CASE WHEN {_SUPPRESSED} THEN 'suppressed' WHEN {_UNCONSENTED} THEN 'no_consent'%(when)s END,
  done_at = CASE WHEN {_SUPPRESSED} OR ({_UNCONSENTED})%(or)s THEN :now END,
  worker = :worker, attempts = attempts + 1, next_try_at = NULL
WHERE id %(due)s
  AND state = '%(state)s'
  AND EXISTS (SELECT 1 FROM mailing m WHERE m.id = :mailing AND m.state = 'sending'
    AND (m.not_after IS NULL OR m.not_after > :now))
RETURNING id, state, address, address_key, domain, "values", attempts
"""  # noqa: S608 - only constants are put together

_SETTLE = """
UPDATE delivery SET state = :state, skip_reason = :skip_reason, reply_code = :code, reply_status = :status,
  reply_stage = :stage, reply_text = :text, trouble = :trouble, next_try_at = :next_try_at, done_at = :done_at,
  attempts = attempts - :untried, worker = NULL
WHERE id = :id AND worker = :worker AND state = 'claimed'
"""


_REMEMBER = """
INSERT INTO delivery_try (delivery_id, at, state, trouble, code, status, stage, text)
SELECT id, :tried_at, :state, :trouble, :code, :status, :stage, :text FROM delivery
WHERE id = :id AND worker = :worker AND state = 'claimed'
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A recipient this worker may send to."""

    id: int
    address: str
    address_key: str
    domain: str
    values: dict[str, str]
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """``claimed`` are to be sent; ``skipped`` rows were opted out since they were written down."""

    claimed: list[Claimed]
    skipped: int

    def __bool__(self) -> bool:
        return bool(self.claimed or self.skipped)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one claimed row. ``untried`` is 1 where the try should not count; ``tried_at`` is set where the
    try is worth remembering by itself: it was put off or refused, or is in doubt."""

    id: int
    state: str
    skip_reason: str | None = None
    code: int | None = None
    status: str | None = None
    stage: str | None = None
    text: str = ""
    trouble: str | None = None
    next_try_at: datetime | None = None
    done_at: datetime | None = None
    untried: int = 0
    tried_at: datetime | None = None


def _claiming(rows: str, state: str, gates: Sequence[Gate], now: datetime) -> sa.TextClause:
    """The statement that claims ``rows`` (behind ``id``) in ``state``."""
    statement = _CLAIM % {
        "due": rows, "state": state, "or": "".join(f" OR ({gate.condition})" for gate in gates),
        "when": "".join(f" WHEN {gate.condition} THEN '{gate.reason.value}'" for gate in gates),
    }
    moments = {"now": now} | {name: at for gate in gates for name, at in gate.moments.items()}
    return sa.text(statement).bindparams(*(sa.bindparam(name, at, UtcDateTime) for name, at in moments.items()))


def claim(
    session: Session, mailing_id: int, worker: str, *, limit: int, now: datetime, released: int | None = None,
    gates: Sequence[Gate] = (),
    states: Sequence[str] = ("queued", "deferred"),
) -> Claim:
    """Claim up to ``limit`` recipients of a mailing that is being sent: first the queue, then what is due
    for another try. Rows without a right to be mailed, and those that one of ``gates`` holds back, are skipped by
    the same statement. Of the queue only rows with an id up to ``released`` are taken, if it is given; of a mailing
    past its last moment none."""
    rows: list[Any] = []
    for state in states:
        if rows:
            break
        dialect = session.get_bind().dialect.name
        statement = _claiming(_THESE[dialect] % _DUE[state], state, gates, now)
        values = {"mailing": mailing_id, "worker": worker, "limit": limit}
        if state == "queued":
            values["released"] = _ALL if released is None else released
        rows = list(session.execute(statement, values))
    return _claim_of(rows)


def claim_these(
    session: Session, mailing_id: int, worker: str, ids: Sequence[int], state: str, *, now: datetime,
    gates: Sequence[Gate] = (),
) -> Claim:
    """Claim the rows ``ids``, chosen beforehand, that still are in ``state`` ('queued' or 'deferred')."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    rows = "IN (SELECT value FROM json_each(:ids))" if is_sqlite else "= ANY(:ids)"
    values = {"mailing": mailing_id, "worker": worker, "ids": json.dumps(list(ids)) if is_sqlite else list(ids)}
    return _claim_of(session.execute(_claiming(rows, state, gates, now), values))


def _claim_of(found: Iterable[Any]) -> Claim:
    rows = list(found)
    claimed = [
        Claimed(number, address, address_key, domain, _mapping(values), attempts)
        for number, state, address, address_key, domain, values, attempts in rows
        if state == "claimed"
    ]
    claimed.sort(key=attrgetter("id"))
    return Claim(claimed, len(rows) - len(claimed))


_from_json = json.JSONDecoder().decode  # one for all: json.loads looks for its own each time


def _mapping(values: Any) -> dict[str, str]:
    return _from_json(values) if isinstance(values, str) else values


def head(
    session: Session, mailing_id: int, state: str, *, limit: int, now: datetime, released: int | None = None
) -> list[tuple[int, str]]:
    """(id, domain) of the next rows that :func:`claim` would take; locked on PostgreSQL, past those that others
    hold."""
    query = _DUE[state].replace("SELECT id", "SELECT id, domain", 1) + _locked(session)
    values = {"mailing": mailing_id, "limit": limit}
    if state == "queued":
        asked = sa.text(query).bindparams(released=_ALL if released is None else released)
    else:
        asked = sa.text(query).bindparams(sa.bindparam("now", now, UtcDateTime))
    return [tuple(row) for row in session.execute(asked, values)]


def any_queued(session: Session, mailing_id: int, domains: Iterable[str]) -> bool:
    """Whether any row of these domains is queued: a seek for each. (Without statistics SQLite would rather read all
    that is queued, so the index is named.)"""
    index = " INDEXED BY ix_delivery_domain" if session.get_bind().dialect.name == "sqlite" else ""
    query = sa.text(
        f"SELECT 1 FROM delivery{index} WHERE mailing_id = :mailing AND state = 'queued' "  # noqa: S608 - constants
        "AND domain IN :domains LIMIT 1"
    ).bindparams(sa.bindparam("domains", list(domains), expanding=True))
    return session.execute(query, {"mailing": mailing_id}).first() is not None


_GAP = (
    "SELECT id, domain FROM delivery WHERE mailing_id = :mailing AND state = 'queued' AND domain %s :below "
    "AND domain < :above AND id <= :released ORDER BY domain, id LIMIT :limit"
)
_BEHIND_ALL = "\U0010ffff"


def past(
    session: Session, mailing_id: int, shut: Iterable[str], *, limit: int, released: int | None = None
) -> list[tuple[int, str]]:
    """(id, domain) of queued rows of other domains than ``shut``, by a seek into each gap between those names: a
    queue full of a domain that is left alone costs as little as an empty one."""
    found: list[tuple[int, str]] = []
    below, first = "", True
    for above in (*sorted(shut), _BEHIND_ALL):
        query = sa.text(_GAP % (">=" if first else ">") + _locked(session))
        values = {
            "mailing": mailing_id, "below": below, "above": above, "limit": limit - len(found),
            "released": _ALL if released is None else released,
        }
        found += [tuple(row) for row in session.execute(query, values)]
        if len(found) >= limit:
            break
        below, first = above, False
    return found


def _locked(session: Session) -> str:
    return " FOR UPDATE SKIP LOCKED" if session.get_bind().dialect.name == "postgresql" else ""


def put_back(session: Session, ids: Sequence[int], until: datetime) -> None:
    """Rows that were due for another try wait on, without a try: their domain is not to be written to now."""
    query = sa.text("UPDATE delivery SET next_try_at = :until WHERE id IN :ids AND state = 'deferred'").bindparams(
        sa.bindparam("until", until, UtcDateTime), sa.bindparam("ids", list(ids), expanding=True)
    )
    session.execute(query)


def settle(session: Session, worker: str, settlements: Iterable[Settlement]) -> None:
    """Record what became of claimed rows, and the tries among them that failed; a row that is no longer this worker's
    is left alone."""
    rows = list(settlements)
    _remember(session, worker, [row for row in rows if row.tried_at is not None])
    settle_all(session, _SETTLE, worker, rows)


def _remember(session: Session, worker: str, rows: Sequence[Settlement]) -> None:
    if rows:
        statement = sa.text(_REMEMBER).bindparams(sa.bindparam("tried_at", type_=UtcDateTime))
        values = [{name: getattr(row, name) for name in Settlement.__slots__} | {"worker": worker} for row in rows]
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


def sending(session: Session, now: datetime, kinds: Iterable[enum.Enum]) -> list[int]:
    """Mailings of the classes ``kinds`` being sent that have something to do now, the longest started first."""
    query = sa.text(
        "SELECT m.id FROM mailing m WHERE m.state = 'sending' AND m.message_class IN :kinds "
        "AND (m.not_after IS NULL OR m.not_after > :now) AND (EXISTS (SELECT 1 FROM delivery d "
        "WHERE d.mailing_id = m.id AND d.state = 'queued') OR EXISTS (SELECT 1 FROM delivery d "
        "WHERE d.mailing_id = m.id AND d.state = 'deferred' AND d.next_try_at <= :now)) ORDER BY m.started_at, m.id"
    ).bindparams(
        sa.bindparam("now", now, UtcDateTime),
        sa.bindparam("kinds", [kind.value for kind in kinds], sa.String, expanding=True),
    )
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


def finish_expired(session: Session, mailing_id: int, now: datetime) -> None:
    """Finish a mailing past its last moment that has nothing left to do, also a paused one: nobody can resume it."""
    query = sa.text(
        "UPDATE mailing SET state = 'finished', finished_at = :now, updated_at = :now, version = version + 1, "
        "pause_reason = '' WHERE id = :mailing AND state IN ('sending', 'paused') AND not_after <= :now "
        "AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.mailing_id = mailing.id "
        "AND d.state IN ('queued', 'claimed', 'deferred'))"
    ).bindparams(sa.bindparam("now", now, UtcDateTime))
    session.execute(query, {"mailing": mailing_id})
