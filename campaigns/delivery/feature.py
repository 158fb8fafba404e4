"""What sending contributes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from campaigns.delivery import api, host_commands, jobs, merging, retention, routes, wake
from outreach.feature import Feature, JobKind, Panel, Schedule, WorkSource
from outreach.scope import STAFF_ROLES

feature = Feature(
    name="delivery",
    blueprints=(routes.blueprint,),
    api_blueprints=(api.blp,),
    panels=(Panel("company", 20, routes.company_panel, STAFF_ROLES),),
    jobs=(JobKind(jobs.FREEZE, _l("수신자 확정"), jobs.freeze),),
    schedules=(
        Schedule("mailings.start_due", _l("예약된 메일 시작"), 1, jobs.start_due),
        Schedule("mailings.sweep_cancelled", _l("취소된 메일 정리"), 15, jobs.sweep_cancelled),
    ),
    commands=(host_commands.mailings,),
    work=(WorkSource(wake.SOURCE, jobs.make_engine),),
    company_merges=(merging.carry_over,),
    records=(retention.RECIPIENTS,),
)
