"""The background job that renders a run's letter without its reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l

from campaigns.post import bodies, letter, printing, service
from campaigns.post.models import PostItem, PostRun
from campaigns.post.rules import FOLDER, FROZEN, RunState
from cases.materials import store
from cases.materials.jobs import pdf_worker, static_folder, templates_folder
from outreach.clock import kst_today
from outreach.db import db, reading, unit_of_work
from outreach.feature import JobKind
from outreach.jobs.runner import JobContext
from outreach.pdf.options import RenderedPdf


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
        today, html = kst_today(now), ""
        if run is not None and not stale:
            case = bodies.newest_case(db.session, run, today) if letter.shows_nearest(run) else None
            html = letter.html(db.session, templates_folder(app), run, [letter.example(run, case)], today)
        if run is not None:
            db.session.expunge(run)
        db.session.rollback()
    if stale or run is None:
        return {}
    pdf = letter.checked(pdf_worker(app).render(html))
    context.report(1, 2)
    sha256, look_sha256, pages = keep(app, run, pdf)
    with unit_of_work(db.session) as session:
        service.rendered(session, run_id, version, sha256, look_sha256, pages)
    return {"sha256": sha256, "pages": pages}


def keep(app: Flask, run: PostRun, pdf: RenderedPdf) -> tuple[str, str, int]:
    """Store a run's rendered letter, and what it looks like to an example: what each is found by, and its pages."""
    settings = app.extensions["outreach"].settings
    look = printing.example(static_folder(app), run, pdf.data, settings.base_url)
    look_sha256 = hashlib.sha256(look).hexdigest()
    for data, sha256 in ((pdf.data, pdf.sha256), (look, look_sha256)):
        store.keep(settings.folder(FOLDER), data, sha256)
    return pdf.sha256, look_sha256, pdf.pages


def render_bodies(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Render the letters of a frozen run whose texts differ, with the case nearest to each reader, and keep them as one
    file. One that is longer than its sheet is kept, too: the run's page names it."""
    run_id, app = int(payload["run_id"]), context.app
    folder, today = app.extensions["outreach"].settings.folder(FOLDER), kst_today(context.clock.now())
    with unit_of_work(db.session) as session:
        context.hold(session)
        run = session.get(PostRun, run_id)
        if run is None or run.state not in FROZEN or run.bodies:
            return {}
        items = service.items(session, run)
        if letter.shows_nearest(run):
            bodies.choose_cases(session, items, today)
    with reading():
        run = db.session.get_one(PostRun, run_id)
        items = service.items(db.session, run)
        documents = _documents(context, run, items, today)
        data, found = bodies.render(documents, pdf_worker(app).render)
        name = bodies.keep(folder, run, data)
        made_at = run.made_at
        db.session.rollback()
    with unit_of_work(db.session) as session:
        context.hold(session)
        if not service.keep_bodies(session, run_id, made_at, name, found):
            bodies.erase(folder, name)
    return {"letters": len(found)}


def _documents(
    context: JobContext, run: PostRun, items: Sequence[PostItem], today: date
) -> Iterator[tuple[str, int]]:
    """The letters in documents of CHUNK, told as they are taken."""
    for begin in range(0, len(items), bodies.CHUNK):
        some = items[begin:begin + bodies.CHUNK]
        context.report(begin, len(items))
        html = letter.html(db.session, templates_folder(context.app), run, bodies.readers(some), today)
        yield html, len(some)


BODIES = JobKind(service.BODIES, _l("편지를 한 통씩 만들기"), render_bodies)
KIND = JobKind(service.RENDER, _l("편지 본문 만들기"), render)
