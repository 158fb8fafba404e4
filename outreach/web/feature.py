"""What the shared web layer contributes: forgetting the API's kept answers."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from outreach.db import db, unit_of_work
from outreach.feature import Feature, Schedule
from outreach.web import idempotency


def forget_answers(app: Flask) -> int:
    """They hold personal data and are of no use after a day."""
    with unit_of_work(db.session) as session:
        return idempotency.forget(session, now=app.extensions["outreach"].clock.now())


feature = Feature(
    name="web", schedules=(Schedule("api.forget_answers", _l("API 응답 보관 기한 정리"), 3600, forget_answers),),
)
