"""The sending domains as a feature of the site."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.feature import Feature, JobKind, MenuItem, Schedule
from outreach.scope import Role
from outreach.senders import (
    commands,  # noqa: F401 - `mail check` joins the group of outreach.mail
    jobs,
)
from outreach.senders.routes import blueprint

feature = Feature(
    name="senders",
    blueprints=(blueprint,),
    menu=(
        MenuItem(
            _l("보내는 도메인"), "senders.index", 970, frozenset({Role.ADMINISTRATOR}), "/senders",
            group="administration",
        ),
    ),
    jobs=(JobKind(jobs.CHECK, _l("보내는 도메인 확인"), jobs.check_all),),
    schedules=(Schedule("senders.check", _l("보내는 도메인 매일 확인"), 24 * 3600, jobs.begin),),
)
