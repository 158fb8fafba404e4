"""What mail contributes: the worker's side of the outbox, and its tidying."""

from __future__ import annotations

from functools import partial

from flask import Flask
from flask_babel import lazy_gettext as _l

from outreach.config import BadSetting
from outreach.feature import Feature, Panel, RecordClass, WorkSource
from outreach.mail import commands, dkim, outbox
from outreach.mail.panel import servers_panel
from outreach.mail.servers import parse_servers
from outreach.mail.smtp import send_one
from outreach.mail.smtp_url import BadSmtpUrl
from outreach.scope import Role


def _source(app: Flask) -> outbox.OutboxSource:
    return outbox.OutboxSource(app, partial(send_one, sign=app.extensions[dkim.KEY].sign))


def _check_settings(app: Flask) -> None:
    """Refuse a mail server address or a key that makes no sense at start, not when the first mail is due."""
    try:
        app.extensions[dkim.KEY] = dkim.DkimSigner.load(app.extensions["outreach"].settings.dkim_keys)
    except dkim.BadKey as error:
        raise BadSetting(f"OUTREACH_DKIM_KEYS: {error}") from error
    url = app.extensions["outreach"].settings.smtp_url
    try:
        if url is not None:
            parse_servers(url)
    except BadSmtpUrl as error:
        raise BadSetting(f"OUTREACH_SMTP_URL: {error}") from error


feature = Feature(
    name="mail",
    init_app=_check_settings,
    commands=(commands.mail,),
    panels=(Panel("operations", 10, servers_panel, frozenset({Role.ADMINISTRATOR})),),
    work=(WorkSource(outbox.SOURCE, _source),),
    records=(
        RecordClass(
            "mail.outbox", _l("접수 확인 메일과 알림 메일"), outbox.KEEP,
            _l("메일이 나갔는지 확인하는 데에만 씁니다."),
            _l("메일을 쓴 날"), _l("메일 전체. 아직 보내지 못한 메일은 남습니다."),
            outbox.finished, lambda _app, session, ids: outbox.delete(session, ids),
        ),
    ),
)
