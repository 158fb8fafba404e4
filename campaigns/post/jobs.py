"""The background job that renders a run's letter without its reader."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from campaigns.post import letter, printing, service
from campaigns.post.models import PostRun
from campaigns.post.rules import RunState
from cases.materials import store
from cases.materials.jobs import pdf_worker, static_folder, templates_folder
from outreach.clock import kst_today
from outreach.db import db, reading, unit_of_work
from outreach.feature import JobKind
from outreach.jobs.runner import JobContext

#: Where the rendered letters lie below the data folder.
FOLDER = "post"


def render(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Render one letter and keep it by its hash, with pictures of its pages. What can't be printed as it stands is the
    job's message. A letter that was changed meanwhile has a job of its own."""
    run_id, version = int(payload["run_id"]), int(payload["version"])
    app, now = context.app, context.clock.now()
    context.report(0, 2)
    db.session.rollback()
    with reading():
        run = db.session.get(PostRun, run_id)
        stale = run is None or run.version != version or run.state is not RunState.DRAFT
        html = "" if stale or run is None else letter.html(db.session, templates_folder(app), run, kst_today(now))
        if run is not None:
            db.session.expunge(run)
        db.session.rollback()
    if stale or run is None:
        return {}
    pdf = letter.checked(pdf_worker(app).render(html))
    context.report(1, 2)
    look = printing.example(static_folder(app), run, pdf.data, app.extensions["outreach"].settings.base_url)
    look_sha256 = hashlib.sha256(look).hexdigest()
    folder = app.extensions["outreach"].settings.folder(FOLDER)
    store.keep(folder, pdf.data, pdf.sha256)
    store.keep(folder, look, look_sha256)
    with unit_of_work(db.session) as session:
        service.rendered(session, run_id, version, pdf.sha256, look_sha256, pdf.pages)
    return {"sha256": pdf.sha256, "pages": pdf.pages}


KIND = JobKind(service.RENDER, _l("편지 본문 만들기"), render)
