"""What the keeping of personal data contributes: a page, a daily schedule and the job behind it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.feature import Feature, JobKind, Schedule
from outreach.retention import jobs
from outreach.retention.routes import blueprint

feature = Feature(
    name="retention",
    blueprints=(blueprint,),
    jobs=(JobKind(jobs.ERASE, _l("보관 기간이 지난 개인정보 삭제"), jobs.erase),),
    schedules=(Schedule("retention.begin", _l("보관 기간이 지난 개인정보 찾기"), 24 * 3600, jobs.begin),),
)
