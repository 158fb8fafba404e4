"""Background jobs: rendering an edition, in a process of its own that stays warm between jobs; making its other
formats; telling those concerned of a new edition or a withdrawal."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from flask_babel import lazy_gettext as _l

from cases.documents import service as documents
from cases.documents.hwpx import notice_to_hwpx
from cases.documents.kinds.notice import KIND as NOTICE
from cases.documents.kinds.notice import Notice
from cases.materials import formats, giving, notices, orders, paper, service, stamping, store
from cases.materials.models import Edition
from cases.materials.rules import KIND_LABELS, REPRINTS, Format, NoticeKind
from cases.sheets import service as sheets
from cases.sheets.content import CaseSheet
from cases.sheets.hwpx import to_hwpx
from outreach.clock import kst_today
from outreach.db import db, reading, unit_of_work
from outreach.errors import DomainError
from outreach.feature import JobKind, Schedule
from outreach.jobs.runner import JobContext
from outreach.pdf.errors import RenderError
from outreach.pdf.worker import PdfWorker

log = structlog.get_logger()

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
            warnings=(*made.draft.warnings, *pdf.warnings), content_hash=made.plain_hash,
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


# -- other formats ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """What was read for the formats. ``printed``: the document as the edition was printed; None: a record has changed
    since, and what differs from the paper is not given out under its number. ``text``: the case or the notice as the
    edition shows it; None: another kind of paper, which is not for editing."""

    sha256: str
    words: formats.Card
    printed: paper.Draft | None
    text: CaseSheet | Notice | None
    pictures: dict[str, Path]


def make_formats(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Make an edition's other formats and store them beside its PDF."""
    edition_id, settings = int(payload["edition_id"]), context.app.extensions["outreach"].settings
    source = _source(context.app, edition_id, settings.folder("uploads"))
    folder = settings.folder("materials")
    data = store.pdf_path(folder, source.sha256).read_bytes()
    context.report(0, 4, "화면용 PDF를 만드는 중")
    made = {Format.SCREEN: formats.for_screens(data)}
    context.report(1, 4, "인쇄소와 보존용 PDF를 만드는 중")
    made |= _reprints(context.app, edition_id, source)
    context.report(2, 4, "알릴 때 쓸 그림을 만드는 중")
    env = paper.paper_environment(templates_folder(context.app))
    try:
        made |= formats.pictures(env, source.words, data, pdf_worker(context.app).render)
    except RenderError as error:  # a title that fits no picture costs the pictures, not the rest
        log.warning("materials.no_pictures", edition=edition_id, reason=str(error))
    context.report(3, 4, "한글 문서를 만드는 중")
    if isinstance(source.text, Notice):
        made[Format.HWPX] = notice_to_hwpx(source.text)
    elif source.text is not None:
        made[Format.HWPX] = to_hwpx(source.text, {name: path.read_bytes() for name, path in source.pictures.items()})
    for form, body in made.items():
        store.keep_format(folder, source.sha256, form, body)
    with unit_of_work(db.session) as session:
        for form, body in made.items():
            giving.record_format(session, edition_id, form, len(body), now=context.clock.now())
    return {"edition_id": edition_id, "formats": [form.value for form in made]}


def _reprints(app: Flask, edition_id: int, source: _Source) -> dict[Format, bytes]:
    """The same pages for a printing house and for the archive. What can't be made so costs that format only."""
    made: dict[Format, bytes] = {}
    for form, changes in REPRINTS.items() if source.printed else ():
        assert source.printed is not None
        try:
            pdf = pdf_worker(app).render(
                source.printed.html, assets=source.pictures, options=replace(source.printed.options, **changes)
            )
            if form in stamping.FORMS:
                stamping.keep(app.extensions["outreach"].settings.folder("materials"), pdf, source.sha256, form)
            made[form] = pdf.data
        except RenderError as error:
            log.warning("materials.no_reprint", edition=edition_id, form=form.value, reason=str(error))
    return made


def _source(app: Flask, edition_id: int, uploads: Path) -> _Source:
    db.session.rollback()
    with reading():
        edition = db.session.get_one(Edition, edition_id)
        material = edition.material
        phone = material.centre.phone if material.centre else sheets.HELP_LINE.phone
        words = formats.card(
            (material.document or material).style, KIND_LABELS[material.kind].partition("(")[0],
            material.title, giving.issuer(material), phone,
        )
        printed = _printed(app, edition)
        source = _Source(
            edition.sha256 or "", words, printed, _text(edition) if printed else None,
            printed.assets(uploads) if printed else {},
        )
        db.session.rollback()
    return source


def _printed(app: Flask, edition: Edition) -> paper.Draft | None:
    """The document as it was printed; None if it would come out otherwise today."""
    values: dict[str, Any] = {"day": kst_today(edition.created_at), "response_url": edition.response_url}
    try:
        plain = paper.draft(db.session, templates_folder(app), edition.material, **values)
        if plain.content_hash != edition.content_hash:
            return None
        return paper.draft(
            db.session, templates_folder(app), edition.material, **values, edition=service.printed_number(edition)
        )
    except DomainError:  # a word or a case that it asks for is gone
        return None


def _text(edition: Edition) -> CaseSheet | Notice | None:
    material = edition.material
    issue = sheets.issue(
        db.session, material.centre, day=kst_today(edition.created_at), response_url=edition.response_url,
        edition=service.printed_number(edition), licence=material.licence,
    )
    if material.case is not None:
        return sheets.sheet(material.case, issue, sheets.Pictures())
    document = material.document
    if document is None or document.kind != NOTICE.name:
        return None
    return NOTICE.compose(documents.words(document), documents.chosen(document), issue, sheets.Pictures())


def catch_up(app: Flask) -> int:
    """Have the formats made of published editions that have none, a few at a time."""
    now = app.extensions["outreach"].clock.now()
    with unit_of_work(db.session) as session:
        editions = giving.without_formats(session, limit=20)
        for edition in editions:
            service.follow_up(session, service.FORMATS, edition, {}, user_id=None, now=now)
    return len(editions)


# -- telling people --------------------------------------------------------------------------------------


def announce(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Tell those who downloaded what is now old; call back the printed copies of what was withdrawn."""
    kind, edition_id = NoticeKind(payload["kind"]), int(payload["edition_id"])
    base_url, told, recalled = context.app.extensions["outreach"].settings.base_url, 0, 0
    if kind is NoticeKind.WITHDRAWN:
        with unit_of_work(db.session) as session:
            recalled = orders.call_back(session, session.get_one(Edition, edition_id), now=context.clock.now())
    while True:
        with unit_of_work(db.session) as session:
            context.hold(session)
            now = context.clock.now()
            new = notices.announce(session, edition_id, kind, base_url=base_url, now=now)
        if not new:
            break
        told += new
    return {"told": told, "recalled": recalled}


KINDS = (
    JobKind(service.RENDER, _l("인쇄용 PDF 만들기"), render),
    JobKind(service.FORMATS, _l("여러 형식 만들기"), make_formats),
    JobKind(service.ANNOUNCE, _l("새 판과 배포 중단 알리기"), announce),
)
CATCH_UP = Schedule("materials.formats", _l("여러 형식이 없는 판 찾기"), 600, catch_up)
