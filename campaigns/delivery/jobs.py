"""What runs in the background: starting due mailings (clock), writing recipients down, sending (worker)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from campaigns.audience.history import KEY as HISTORY
from campaigns.delivery import service, starting
from campaigns.delivery.engine import Engine
from outreach.db import db, keep_few_pages, unit_of_work
from outreach.jobs.runner import JobContext

FREEZE = "mailings.freeze"


class NoMailServer:
    """Stands in for the engine where no mail server is set: nothing can have been scheduled."""

    def step(self) -> bool:
        return False

    def close(self) -> None:
        pass


def make_engine(app: Flask) -> Engine | NoMailServer:
    if not app.extensions["outreach"].settings.smtp_url:
        return NoMailServer()
    with app.app_context():
        keep_few_pages(db.engine)
    return Engine(app)


def freeze(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Write down the recipients of a large audience, chunk by chunk; goes on after a kill."""
    mailing_id, history = payload["mailing_id"], context.app.extensions[HISTORY]
    gone = False
    while not gone:
        with unit_of_work(db.session) as session:
            context.hold(session)
            gone = service.forget(session, mailing_id)
    after: int | None = 0
    chunks = 0
    while after is not None:
        with unit_of_work(db.session) as session:
            context.hold(session)
            after = service.freeze_step(session, mailing_id, history, after, now=context.clock.now())
        chunks += 1
        context.report(chunks, message="수신자를 확정하고 있습니다.")
    return {"mailing_id": mailing_id}


def start_due(app: Flask) -> dict[str, int]:
    """The clock's part: start what is due, sweep what was cancelled."""
    now = app.extensions["outreach"].clock.now()
    due = service.anything_to_start(db.session, now=now)
    db.session.rollback()
    if not due:
        return {}
    with unit_of_work(db.session) as session:
        return service.start_due(session, now=now)


def expire(app: Flask) -> int:
    """The clock's part: nothing leaves of a mailing past its last moment; what is left of it is skipped."""
    now, skipped = app.extensions["outreach"].clock.now(), 0
    gone = starting.past_their_time(db.session, now)
    db.session.rollback()
    for mailing_id in gone:
        with unit_of_work(db.session) as session:
            skipped += starting.expire(session, mailing_id, now=now)
    return skipped


def sweep_cancelled(app: Flask) -> int:
    now = app.extensions["outreach"].clock.now()
    with unit_of_work(db.session) as session:
        return service.sweep_cancelled(session, now=now)
