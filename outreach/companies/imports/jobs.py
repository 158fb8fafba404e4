"""The dry run and the import as background jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from outreach.companies.imports import service
from outreach.companies.models import Import
from outreach.db import db, reading, unit_of_work
from outreach.errors import DomainError
from outreach.feature import JobKind
from outreach.jobs.runner import JobContext

EVERY_SECONDS = 1.0


def check(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The dry run of ``payload['import_id']``."""
    report = _run(context, payload, service.check)
    return {"import_id": payload["import_id"], **report.counts}


def store(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The import of ``payload['import_id']``, from where it stands."""
    state = _run(context, payload, service.run)
    return {"import_id": payload["import_id"], "state": state.value}


def _run(context: JobContext, payload: Mapping[str, Any], act: Callable[..., Any]) -> Any:
    import_id = int(payload["import_id"])
    folder = context.app.extensions["outreach"].settings.folder("uploads")
    try:
        return act(db.session, folder, import_id, context.clock, _Progress(context, import_id))
    except DomainError as error:
        with unit_of_work(db.session) as session:
            service.fail(session, import_id, error.message, now=context.clock.now())
        raise


class _Progress:
    """Tells the job how far the import is, once a second: a report is a write of its own."""

    def __init__(self, context: JobContext, import_id: int):
        self._context = context
        self._last: float | None = None
        with reading():
            self._total = db.session.get_one(Import, import_id).total_rows
        db.session.rollback()

    def __call__(self, done: int) -> None:
        now = self._context.clock.now().timestamp()
        if self._last is None or abs(now - self._last) >= EVERY_SECONDS:
            self._last = now
            self._context.report(done, self._total)


JOBS = (
    JobKind(service.CHECK, _l("기업 명단 미리 확인"), check),
    JobKind(service.STORE, _l("기업 명단 가져오기"), store),
)
