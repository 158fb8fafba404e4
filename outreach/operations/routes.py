"""The list of background jobs, and the progress of one for any page to embed.

A page that started a job embeds its progress, which then asks for itself every second until the job has
ended: ``{% with job=job, refresh=True %}{% include "jobs/progress.html" %}{% endwith %}``, or with htmx
``<div hx-get="{{ url_for('operations.progress', job_id=job.id) }}" hx-trigger="load">``. With ``refresh`` the
whole page is loaded anew when the job ends.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask_babel import lazy_gettext as _l

from outreach.db import db
from outreach.feature import Finding
from outreach.jobs.models import Job, JobState
from outreach.operations import service, watch
from outreach.scope import STAFF_ROLES, Role
from outreach.web import access, paging
from outreach.web.language import translated

STATE_LABELS = {
    JobState.QUEUED: _l("대기"),
    JobState.RUNNING: _l("진행 중"),
    JobState.DONE: _l("완료"),
    JobState.FAILED: _l("실패"),
}
STATE_TONES = {
    JobState.QUEUED: "neutral", JobState.RUNNING: "info", JobState.DONE: "success", JobState.FAILED: "danger",
}
ENDED = frozenset({JobState.DONE, JobState.FAILED})

blueprint = Blueprint("operations", __name__, url_prefix="/jobs")


@blueprint.get("")
@access.allow(*STAFF_ROLES)
def index() -> Any:
    """Recent jobs: one's own, or all for administrators."""
    state = next((state for state in JobState if state.value == request.args.get("state")), None)
    page = paging.paginate(db.session, service.visible_jobs(access.scope(), state=state))
    found = found_now() if access.scope().role is Role.ADMINISTRATOR else []
    return render_template("jobs/list.html", page=page, state=state, findings=found)


def found_now() -> list[Finding]:
    """What stands still in the background just now."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    return watch.findings(app, db.session, app.extensions["outreach"].clock.now())


@blueprint.get("/<int:job_id>/progress")
@access.allow()
def progress(job_id: int) -> Any:
    """The progress of one job as a fragment."""
    job = service.visible_job(db.session, access.scope(), job_id)
    refresh = request.args.get("refresh") == "1"
    headers = {"HX-Refresh": "true"} if refresh and job.state in ENDED else {}
    return render_template("jobs/progress.html", job=job, refresh=refresh), headers


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"job_kind": _kind_label, "job_state": STATE_LABELS.get, "job_tone": STATE_TONES.get,
            "job_error": _error, "job_ended": lambda job: job.state in ENDED}


def _kind_label(job: Job) -> Any:
    kind = current_app.extensions["outreach"].registry.job_kinds.get(job.kind)
    return kind.label if kind else job.kind


def _error(job: Job) -> Any:
    """What went wrong, for the person at the screen: a domain error's own words; what is a fault of the
    program in full for administrators only."""
    if "Traceback" not in job.message or access.scope().role is Role.ADMINISTRATOR:
        return translated(job.message)
    return _l("처리 중 오류가 발생했습니다. 시스템 관리자에게 작업 번호 %(id)s번을 알려 주세요.", id=job.id)
