"""The daily look: a record that was taken away is noticed before a mailing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from outreach.audit.service import SERVICE
from outreach.db import db, reading, unit_of_work
from outreach.jobs import service as jobs
from outreach.jobs.runner import JobContext
from outreach.senders import service
from outreach.senders.checking import check

CHECK = "senders.check"


def begin(app: Flask) -> None:
    with unit_of_work(db.session) as session:
        jobs.enqueue(session, CHECK, {}, now=app.extensions["outreach"].clock.now(), key=CHECK)


def check_all(context: JobContext, _payload: Mapping[str, Any]) -> dict[str, str]:
    """Look at every known domain again; domain -> its state."""
    with reading():
        domains = [row.domain for row in service.known(db.session)]
    db.session.rollback()
    states: dict[str, str] = {}
    for domain in domains:
        found = check(context.app, domain)
        with unit_of_work(db.session) as session:
            service.record(session, SERVICE, found, now=context.clock.now())
        states[domain] = found.state.value
        context.report(len(states), len(domains))
    return states
