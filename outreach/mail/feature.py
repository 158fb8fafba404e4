"""What mail contributes: the worker's side of the outbox, and its tidying."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from outreach.db import db, unit_of_work
from outreach.feature import Feature, Schedule, WorkSource
from outreach.mail import outbox
from outreach.mail.smtp import send_one


def _source(app: Flask) -> outbox.OutboxSource:
    return outbox.OutboxSource(app, send_one)


def _purge(app: Flask) -> None:
    with unit_of_work(db.session) as session:
        outbox.purge(session, now=app.extensions["outreach"].clock.now())


feature = Feature(
    name="mail",
    work=(WorkSource("outbox", _source),),
    schedules=(Schedule("outbox.purge", _l("보낸 알림 메일 정리"), 24 * 3600, _purge),),
)
