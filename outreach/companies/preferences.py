"""Leaving single topics. Like a suppression it is bound to the normalised address and never expires; leaving
altogether (companies.consent) stands above it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from outreach.audit.service import Actor, record_change
from outreach.companies.models import TopicSuppression
from outreach.companies.topics import Topic


def left(session: Session, address_key: str) -> set[Topic]:
    """The topics that this address has left."""
    return set(session.scalars(sa.select(TopicSuppression.topic).where(TopicSuppression.address_key == address_key)))


def leave(session: Session, address_key: str, topics: Collection[Topic], source: str, now: datetime) -> set[Topic]:
    """No more mail about ``topics`` to this address. Returns those that are new; a second time changes nothing."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    rows = [
        {"address_key": address_key, "topic": topic, "source": source, "created_at": now}
        for topic in Topic if topic in topics
    ]
    if not rows:
        return set()
    added = insert(TopicSuppression).values(rows).on_conflict_do_nothing(index_elements=["address_key", "topic"])
    return set(session.scalars(added.returning(TopicSuppression.topic)))


def rejoin(
    session: Session, address_key: str, topics: Collection[Topic], *, actor: Actor, now: datetime
) -> set[Topic]:
    """Take leaving ``topics`` back; the change record keeps when it was and where that wish had come from. Returns
    those that had been left."""
    rows = session.scalars(
        sa.select(TopicSuppression).where(
            TopicSuppression.address_key == address_key, TopicSuppression.topic.in_(list(topics))
        )
    ).all()
    for row in rows:
        changes = {
            "address_key": (address_key, None), "topic": (row.topic.value, None), "source": (row.source, None),
            "created_at": (row.created_at.isoformat(), None),
        }
        record_change(session, actor, "suppression", row.id, "lift", changes, now=now)
        session.delete(row)
    session.flush()
    return {row.topic for row in rows}
