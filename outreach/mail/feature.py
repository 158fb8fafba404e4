"""What mail contributes: the worker's side of the outbox, and its tidying."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from outreach.config import BadSetting
from outreach.db import db, unit_of_work
from outreach.feature import Feature, Schedule, WorkSource
from outreach.mail import outbox
from outreach.mail.smtp import send_one
from outreach.mail.smtp_url import BadSmtpUrl, SmtpUrl


def _source(app: Flask) -> outbox.OutboxSource:
    return outbox.OutboxSource(app, send_one)


def _purge(app: Flask) -> None:
    with unit_of_work(db.session) as session:
        outbox.purge(session, now=app.extensions["outreach"].clock.now())


def _check_setting(app: Flask) -> None:
    """Refuse a mail server address that makes no sense at start, not when the first mail is due."""
    url = app.extensions["outreach"].settings.smtp_url
    try:
        if url is not None:
            SmtpUrl.parse(url)
    except BadSmtpUrl as error:
        raise BadSetting(f"OUTREACH_SMTP_URL: {error}") from error


feature = Feature(
    name="mail",
    init_app=_check_setting,
    work=(WorkSource("outbox", _source),),
    schedules=(Schedule("outbox.purge", _l("보낸 알림 메일 정리"), 24 * 3600, _purge),),
)
