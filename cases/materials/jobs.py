"""The background job that renders an edition, in a process of its own that stays warm between jobs."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l

from cases.materials import paper, service, stamping, store
from cases.materials.models import Edition
from outreach.clock import kst_today
from outreach.db import db, reading, unit_of_work
from outreach.errors import DomainError
from outreach.feature import JobKind
from outreach.jobs.runner import JobContext
from outreach.pdf.worker import PdfWorker

WORKER = "outreach.pdf_worker"


def pdf_worker(app: Flask) -> PdfWorker:
    """The renderer of this process, started when first needed and ended with it."""
    worker = app.extensions.get(WORKER)
    if worker is None:
        worker = app.extensions[WORKER] = PdfWorker(static_folder(app))
        atexit.register(worker.close)
    return worker


def static_folder(app: Flask) -> Path:
    return Path(app.static_folder or "")


def templates_folder(app: Flask) -> Path:
    return Path(app.root_path, app.template_folder or "templates")


@dataclass(frozen=True)
class _Made:
    """What was read for the rendering."""

    draft: paper.Draft
    plain_hash: str
    assets: dict[str, Path]


def render(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Render one edition, store it by its hash with pictures of its pages. What can't be printed is said on
    the edition, with its place, and is the job's message, too."""
    edition_id, settings = int(payload["edition_id"]), context.app.extensions["outreach"].settings
    try:
        context.report(0, 3, "내용을 모으는 중")
        made = _read(context.app, edition_id, settings.folder("uploads"))
        context.report(1, 3, "쪽을 짜는 중")
        pdf = pdf_worker(context.app).render(made.draft.html, assets=made.assets, options=made.draft.options)
        context.report(2, 3, "미리보기를 그리는 중")
        store.keep(settings.folder("materials"), pdf.data, pdf.sha256)
        stamping.keep(settings.folder("materials"), pdf)
    except DomainError as error:
        with unit_of_work(db.session) as session:
            service.fail(session, edition_id, str(error))
        raise
    with unit_of_work(db.session) as session:
        service.finish(
            session, edition_id, sha256=pdf.sha256, size=len(pdf.data), pages=pdf.pages,
            warnings=made.draft.warnings, content_hash=made.plain_hash,
        )
    return {"edition_id": edition_id, "sha256": pdf.sha256, "pages": pdf.pages}


def _read(app: Flask, edition_id: int, uploads: Path) -> _Made:
    """The records as they are now; let go before the rendering, which takes seconds."""
    db.session.rollback()
    with reading():
        edition = db.session.get_one(Edition, edition_id)
        values: dict[str, Any] = {"day": kst_today(edition.created_at), "response_url": edition.response_url}
        templates = templates_folder(app)
        plain = paper.draft(db.session, templates, edition.material, **values)
        printed = paper.draft(
            db.session, templates, edition.material, **values, edition=service.printed_number(edition)
        )
        made = _Made(printed, plain.content_hash, printed.assets(uploads))
        db.session.rollback()
    return made


KIND = JobKind(service.RENDER, _l("인쇄용 PDF 만들기"), render)
