"""Recording accesses and changes. A record is written in the unit of work of the act itself; for a
page that only reads, the web layer writes it in a unit of its own after the page was made
(outreach.web.access)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.audit.models import AccessKind, AccessRecord, ChangeRecord

#: An access over more rows than this keeps the count and the first ids only.
MAX_IDS = 500


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account, the service itself (``user_id`` None), or a public visitor."""

    user_id: int | None
    email: str
    address: str = ""
    centre_id: int | None = None


SERVICE = Actor(None, "service")


def record_access(
    session: Session, actor: Actor, kind: AccessKind, subject: str, ids: Iterable[int], *, now: datetime,
    detail: str = "", count: int | None = None,
) -> None:
    """Note that ``actor`` did ``kind`` with the ``subject`` rows ``ids``; of ``count`` rows, if ``ids`` are but the
    first of them."""
    ids = list(ids)
    session.add(
        AccessRecord(
            at=now, user_id=actor.user_id, user_email=actor.email, address=actor.address, centre_id=actor.centre_id,
            kind=kind, subject=subject, subject_ids=ids[:MAX_IDS], detail=detail[:400],
            subject_count=len(ids) if count is None else count,
        )
    )


def record_change(
    session: Session, actor: Actor, subject: str, subject_id: int, action: str,
    changes: Mapping[str, tuple[Any, Any]], *, now: datetime,
) -> None:
    """Note an edit; ``changes`` maps a field to (before, after), both shown as text."""
    session.add(
        ChangeRecord(
            at=now, user_id=actor.user_id, user_email=actor.email, subject=subject, subject_id=subject_id,
            action=action, changes={field: [_text(old), _text(new)] for field, (old, new) in changes.items()},
        )
    )


def apply_changes(row: Any, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set ``values`` on ``row`` and return what really changed, as record_change wants it."""
    changed = {field: (getattr(row, field), value) for field, value in values.items() if getattr(row, field) != value}
    for field, (_, value) in changed.items():
        setattr(row, field, value)
    return changed


def history(session: Session, subject: str, subject_id: int) -> list[ChangeRecord]:
    """All edits of one thing, newest first."""
    query = sa.select(ChangeRecord).filter_by(subject=subject, subject_id=subject_id).order_by(ChangeRecord.at.desc())
    return list(session.scalars(query))


def accesses_of(session: Session, user_id: int, *, limit: int) -> list[AccessRecord]:
    """A person's own latest accesses, newest first."""
    query = sa.select(AccessRecord).filter_by(user_id=user_id).order_by(AccessRecord.at.desc(), AccessRecord.id.desc())
    return list(session.scalars(query.limit(limit)))


def accesses_query(
    *, person: str = "", since: datetime | None = None, until: datetime | None = None,
    kind: AccessKind | None = None, subject: str = "",
) -> sa.Select:
    """Accesses, newest first: of people whose e-mail contains ``person``, from ``since`` to before ``until``."""
    query = sa.select(AccessRecord).order_by(AccessRecord.at.desc(), AccessRecord.id.desc())
    if person:
        query = query.where(AccessRecord.user_email.icontains(person, autoescape=True))
    if since is not None:
        query = query.where(AccessRecord.at >= since)
    if until is not None:
        query = query.where(AccessRecord.at < until)
    if kind is not None:
        query = query.where(AccessRecord.kind == kind)
    return query.where(AccessRecord.subject == subject) if subject else query


def count_by_kind(session: Session, *, since: datetime) -> dict[AccessKind, int]:
    """How many accesses of each kind there were from ``since`` on."""
    query = sa.select(AccessRecord.kind, sa.func.count()).where(AccessRecord.at >= since).group_by(AccessRecord.kind)
    return dict(session.execute(query).all())


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str, list, dict)) else str(value)
