"""What sending contributes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from campaigns.delivery import (
    api,
    commands,
    dead_letter_api,
    dead_letter_routes,
    jobs,
    limit_routes,
    merging,
    retention,
    routes,
)
from outreach.feature import Feature, JobKind, MenuItem, Panel, Schedule, WorkSource
from outreach.scope import EDITOR_ROLES, STAFF_ROLES

feature = Feature(
    name="delivery",
    blueprints=(routes.blueprint, dead_letter_routes.blueprint, limit_routes.blueprint),
    menu=(
        MenuItem(_l("보내지 못한 메일"), "dead_letters.index", 25, EDITOR_ROLES, prefix="/dead-letters"),
        MenuItem(_l("보내는 속도"), "sending.index", 970, frozenset(limit_routes.READERS), prefix="/sending"),
    ),
    api_blueprints=(api.blp, dead_letter_api.blp),
    panels=(Panel("company", 20, routes.company_panel, STAFF_ROLES),),
    jobs=(JobKind(jobs.FREEZE, _l("수신자 확정"), jobs.freeze),),
    schedules=(
        Schedule("mailings.start_due", _l("예약된 메일 시작"), 1, jobs.start_due),
        Schedule("mailings.sweep_cancelled", _l("취소된 메일 정리"), 15, jobs.sweep_cancelled),
    ),
    commands=(commands.mailings,),
    work=(WorkSource("mailings", jobs.make_engine),),
    company_merges=(merging.carry_over,),
    records=(retention.RECIPIENTS,),
)
