"""What sending contributes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from campaigns.delivery import (
    api,
    dead_letter_api,
    dead_letter_routes,
    host_commands,
    jobs,
    limit_routes,
    log_api,
    log_routes,
    merging,
    progress,
    recipient_routes,
    retention,
    routes,
    standstill,
    takedown_routes,
    timing_routes,
    wake,
)
from outreach.feature import Feature, JobKind, MenuItem, Panel, Schedule, WorkSource
from outreach.scope import EDITOR_ROLES, STAFF_ROLES

#: The modules whose pages stand on the blueprint of a mailing.
MAILING_PAGES = (routes, recipient_routes, timing_routes, takedown_routes)

feature = Feature(
    name="delivery",
    blueprints=(routes.blueprint, log_routes.blueprint, dead_letter_routes.blueprint, limit_routes.blueprint),
    api_blueprints=(api.blp, log_api.blp, dead_letter_api.blp),
    menu=(
        MenuItem(_l("발송 기록"), "delivery_log.index", 58, STAFF_ROLES, "/deliveries", "responses"),
        MenuItem(_l("보내지 못한 메일"), "dead_letters.index", 59, EDITOR_ROLES, "/dead-letters", "responses"),
        MenuItem(_l("보내는 속도"), "sending.index", 87, frozenset(limit_routes.READERS), "/sending", "administration"),
    ),
    panels=(Panel("company", 20, routes.company_panel, STAFF_ROLES),),
    jobs=(JobKind(jobs.FREEZE, _l("수신자 확정"), jobs.freeze),),
    schedules=(
        Schedule("mailings.start_due", _l("예약된 메일 시작"), 1, jobs.start_due),
        Schedule("mailings.expire", _l("마지막 시각이 지난 메일 마치기"), 2, jobs.expire),
        Schedule("mailings.look", _l("나아가지 않는 발송 살피기"), 30, standstill.look),
        Schedule("mailings.sweep_cancelled", _l("취소된 메일 정리"), 15, jobs.sweep_cancelled),
    ),
    commands=(host_commands.mailings,),
    work=(WorkSource(wake.SOURCE, jobs.make_engine),),
    company_merges=(merging.carry_over,),
    init_app=progress.init_app,
    checks=(standstill.check,),
    records=(retention.RECIPIENTS,),
)
