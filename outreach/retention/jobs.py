"""The daily erasure (개인정보 보호법 §21): record class by record class, in small units of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Flask

from outreach.audit.service import SERVICE, record_change
from outreach.db import db, reading, unit_of_work
from outreach.feature import RecordClass
from outreach.jobs import service as jobs
from outreach.jobs.runner import JobContext

ERASE = "retention.erase"
#: Rows erased in one unit of work: a moment even on SQLite, where everybody else waits for it.
CHUNK = 200


def begin(app: Flask) -> None:
    """Ask for the erasure; one that is still under way is enough."""
    with unit_of_work(db.session) as session:
        jobs.enqueue(session, ERASE, {}, now=app.extensions["outreach"].clock.now(), key=ERASE)


def erase(context: JobContext, _payload: Mapping[str, Any]) -> dict[str, int]:
    """Erase all whose time is over. Returns how many rows of each class; may be killed and begun again."""
    erased: dict[str, int] = {}
    for record in context.app.extensions["outreach"].registry.records():
        if record.keep is not None:
            erased[record.name] = _erase(context, record, sum(erased.values()))
    return erased


def _erase(context: JobContext, record: RecordClass, done_before: int) -> int:
    """One class, chunk by chunk in the order of ids. Each chunk leaves a record of what was erased (파기 기록)."""
    now, last, count = context.clock.now(), 0, 0
    before = now - record.keep
    while ids := _next_ids(record, before, last):
        with unit_of_work(db.session) as session:
            # asked again within the unit: a lead may have been reopened meanwhile
            due = record.due(before)
            still = list(session.scalars(due.where(due.selected_columns[0].in_(ids))))
            if still:
                record.erase(context.app, session, still)
                record_change(
                    session, SERVICE, "retention", context.job_id, "erase", {record.name: (None, len(still))}, now=now
                )
        last, count = ids[-1], count + len(still)
        context.report(done_before + count)
    return count


def _next_ids(record: RecordClass, before: datetime, last: int) -> Sequence[int]:
    query = record.due(before)
    column = query.selected_columns[0]
    with reading():
        ids = db.session.scalars(query.where(column > last).order_by(column).limit(CHUNK)).all()
    db.session.rollback()
    return ids
