"""Notices in the background: results by the clock, a few at a time; the two-yearly confirmations by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from campaigns.notices import service
from campaigns.notices.letters import Writing
from campaigns.notices.rules import A_DAY
from outreach.db import db, reading, unit_of_work
from outreach.jobs import service as jobs
from outreach.jobs.runner import JobContext
from outreach.scope import SYSTEM

CONFIRM = "notices.confirm"
#: Results told in one unit of work, a moment even on SQLite, where everybody else waits for it; and units a minute.
UNIT, UNITS = 20, 10
#: Confirmations written in one unit of work.
CHUNK = 100


def tell_results(app: Flask) -> int:
    """Tell what is not told yet, and take over what became of earlier notices."""
    now = app.extensions["outreach"].clock.now()
    with reading():
        due = service.anything_to_tell(db.session, now)
    db.session.rollback()
    if not due:
        return 0
    writing, told = Writing.of(app), 0
    with unit_of_work(db.session) as session:
        service.settle(session)
    for _ in range(UNITS):
        with unit_of_work(db.session) as session:
            number = service.tell_results(session, writing, now=now, limit=UNIT)
        told += number
        if not number:
            break
    return told


def ask_for_confirmations(app: Flask) -> None:
    """Begin the day's confirmations; one run that is still under way is enough."""
    with unit_of_work(db.session) as session:
        jobs.enqueue(session, CONFIRM, {}, now=app.extensions["outreach"].clock.now(), key=CONFIRM)


def confirm(context: JobContext, _payload: Mapping[str, Any]) -> dict[str, int]:
    """Write to everyone whose consent comes round, A_DAY at most; may be killed and begun again."""
    writing, written = Writing.of(context.app), 0
    while written < A_DAY:
        with unit_of_work(db.session) as session:
            context.hold(session)
            number = service.reconfirm(session, SYSTEM, writing, now=context.clock.now(), limit=CHUNK)
        written += number
        context.report(written)
        if not number:
            break
    return {"written": written}
