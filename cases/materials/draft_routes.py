"""The live preview of a document's editor: ask for it, see whether it is there, get its pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, jsonify, request, send_file, url_for

from cases.documents import service as documents
from cases.documents import versions
from cases.documents.forms import form_for
from cases.documents.kinds import KINDS
from cases.documents.places import faults
from cases.materials import drafts, store
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.jobs.models import Job, JobState
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.language import translated
from outreach.web.numbers import read_id
from outreach.wording import Text

FAILED = Text("미리보기를 만들지 못했습니다. 잠시 뒤 다시 시도해 주세요.")

blueprint = Blueprint("drafts", __name__, url_prefix="/materials/drafts")


@blueprint.post("/<kind>")
@access.allow(*EDITOR_ROLES)
def draw(kind: str) -> Any:
    """Draw what the form holds; nothing of it is saved. Answers with the address to ask for it."""
    if kind not in KINDS:
        raise NotFound("그런 종류의 홍보물이 없습니다.")
    scope, document = access.scope(), _document(kind)
    try:
        values = form_for(KINDS[kind])(meta={"csrf": False}).values()
        content = documents.sketch(db.session, scope, KINDS[kind], document, values, now=_now())
    except DomainError as error:
        db.session.rollback()
        return jsonify(faults=_said(faults(KINDS[kind], error)), missing=[]), 422
    return _asked(kind, content, document.centre_id if document else scope.centre_id)


@blueprint.post("/documents/<int:document_id>/versions/<int:number>")
@access.allow(*STAFF_ROLES)
def draw_version(document_id: int, number: int) -> Any:
    """Draw a document as it was in one of its versions."""
    document = documents.get(db.session, access.scope(), document_id)
    content = versions.get(db.session, document, number).content
    return _asked(documents.kind_of(document).name, content, document.centre_id)


def _asked(kind: str, content: Mapping[str, Any], centre_id: int | None) -> Any:
    job = drafts.request(db.session, kind, content, centre_id=centre_id, user_id=access.scope().user_id, now=_now())
    db.session.commit()
    return jsonify(url=url_for(".state", job_id=job.id)), 202


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _said(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Faults in the reader's language."""
    return [{**fault, "place": translated(fault["place"]), "reason": translated(fault["reason"])} for fault in told]


def _document(kind: str) -> Any:
    number = read_id(request.args.get("document"))
    if number is None:
        return None
    document = documents.get(db.session, access.scope(), number)
    if document.kind != kind:
        raise NotFound("그런 원고가 없습니다.")
    return document


@blueprint.get("/jobs/<int:job_id>")
@access.allow(*STAFF_ROLES)
def state(job_id: int) -> Any:
    """Where one's own preview stands."""
    job = _own(job_id)
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        return jsonify(done=False)
    if job.state is JobState.FAILED:
        failed = [{"place": "", "reason": FAILED, "slots": []}]
        return jsonify(done=True, faults=_said(failed), missing=[], pages=[])
    told = dict(job.result or {})
    pages = range(1, told.get("pages", 0) + 1)
    return jsonify(
        done=True, faults=_said(told.get("faults", [])),
        missing=[translated(text) for text in told.get("missing", [])],
        pages=[url_for(".page", job_id=job_id, number=number) for number in pages],
    )


@blueprint.get("/jobs/<int:job_id>/page-<int:number>.png")
@access.allow(*STAFF_ROLES)
def page(job_id: int, number: int) -> Any:
    """A page of one's own preview."""
    sha256 = (_own(job_id).result or {}).get("sha256")
    path = store.page_path(current_app.extensions["outreach"].settings.folder(drafts.FOLDER), sha256, number)
    response = send_file(path, mimetype="image/png", etag=f"{sha256}-{number}", conditional=True)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _own(job_id: int) -> Job:
    job = db.session.get(Job, job_id)
    if job is None or job.kind != drafts.PREVIEW or job.created_by != access.scope().user_id:
        raise NotFound("그런 미리보기가 없습니다.")
    return job
