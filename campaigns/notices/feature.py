"""Notices about consent as a feature of the site."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from campaigns.notices import jobs, routes, service
from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import KEEP
from outreach.feature import Feature, JobKind, Panel, RecordClass, Schedule
from outreach.scope import EDITOR_ROLES


def _old(before: datetime) -> sa.Select[tuple[int]]:
    return sa.select(ConsentNotice.id).where(ConsentNotice.created_at < before)


feature = Feature(
    name="notices",
    blueprints=(routes.blueprint, routes.public),
    panels=(Panel("home", 12, routes.home_panel, EDITOR_ROLES),),
    jobs=(JobKind(jobs.CONFIRM, _l("2년마다 수신동의 확인"), jobs.confirm),),
    schedules=(
        Schedule("notices.results", _l("동의·거부 처리 결과 통지"), 60, jobs.tell_results),
        Schedule("notices.confirm", _l("2년마다 수신동의 확인 시작"), 24 * 3600, jobs.ask_for_confirmations),
    ),
    records=(
        RecordClass(
            "consent_notices", _l("수신동의·거부 통지를 보낸 기록"), KEEP,
            _l("법에서 정한 통지를 했다는 증거이며, 2년마다 하는 동의 확인에도 씁니다."), _l("통지를 보낸 날"),
            _l("통지의 내용과 주소"), _old, lambda _app, session, ids: service.erase(session, ids),
        ),
    ),
)
