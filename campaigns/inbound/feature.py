"""Incoming mail as a feature of the site."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from campaigns.inbound import commands, jobs, merging, panels, retention, routes
from campaigns.inbound.mailbox import BadImapUrl, ImapUrl
from campaigns.inbound.rules import POLICY_ROLES, VIEW_ROLES, WORK_ROLES
from outreach.config import BadSetting
from outreach.feature import Feature, JobKind, MenuItem, Panel, Schedule


def _check_settings(app: Flask) -> None:
    """Refuse a mailbox's address that makes no sense at start, not when it is first looked into."""
    url = app.extensions["outreach"].settings.imap_url
    try:
        if url:
            ImapUrl.parse(url)
    except BadImapUrl as error:
        raise BadSetting(f"OUTREACH_IMAP_URL: {error}") from error


feature = Feature(
    name="inbound",
    blueprints=(routes.blueprint,),
    menu=(MenuItem(_l("되돌아온 메일"), "inbound.index", 57, VIEW_ROLES, "/inbound", "responses"),),
    panels=(
        Panel("home", 32, panels.today, WORK_ROLES | POLICY_ROLES),
        Panel("mailing", 10, panels.of_mailing, VIEW_ROLES),
        Panel("delivery", 10, panels.of_delivery, VIEW_ROLES),
        Panel("company", 25, panels.of_company, VIEW_ROLES),
    ),
    jobs=(JobKind(jobs.POLL, _l("되돌아온 메일 읽기"), jobs.poll),),
    schedules=(Schedule("inbound.begin", _l("메일함 살피기"), 60, jobs.begin),),
    commands=(commands.inbound,),
    init_app=_check_settings,
    company_merges=(merging.carry_over,),
    records=(retention.ORIGINALS, retention.MESSAGES),
)
