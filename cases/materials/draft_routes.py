"""The live preview of a document's editor: ask for it, see whether it is there, get its pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, jsonify, request, send_file, url_for

from cases.documents import service as documents
from cases.documents.forms import form_for
from cases.documents.kinds import KINDS
from cases.materials import drafts, store
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.jobs.models import Job, JobState
from outreach.scope import EDITOR_ROLES
from outreach.web import access
from outreach.web.language import translated
from outreach.wording import Text

FAILED = Text("미리보기를 만들지 못했습니다. 잠시 뒤 다시 시도해 주세요.")

blueprint = Blueprint("drafts", __name__, url_prefix="/materials/drafts")


@blueprint.post("/<kind>")
@access.allow(*EDITOR_ROLES)
def draw(kind: str) -> Any:
    """Draw what the form holds; nothing of it is saved. Answers with the address to ask for it."""
    if kind not in KINDS:
        raise NotFound("그런 종류의 홍보물이 없습니다.")
    scope, now = access.scope(), current_app.extensions["outreach"].clock.now()
    document = _document(kind)
    try:
        values = form_for(KINDS[kind])(meta={"csrf": False}).values()
        content = documents.sketch(db.session, scope, KINDS[kind], document, values, now=now)
        centre_id = document.centre_id if document else scope.centre_id
        job = drafts.request(
            db.session, kind, content, centre_id=centre_id, user_id=scope.user_id, now=now
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return jsonify(reason=translated(error.message), place="", slots=[]), 422
    return jsonify(url=url_for(".state", job_id=job.id)), 202


def _document(kind: str) -> Any:
    number = request.args.get("document", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    document = documents.get(db.session, access.scope(), int(number))
    if document.kind != kind:
        raise NotFound("그런 원고가 없습니다.")
    return document


@blueprint.get("/jobs/<int:job_id>")
@access.allow(*EDITOR_ROLES)
def state(job_id: int) -> Any:
    """Where one's own preview stands."""
    job = _own(job_id)
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        return jsonify(done=False)
    if job.state is JobState.FAILED:
        return jsonify(done=True, reason=translated(FAILED), place="", slots=[], missing=[], pages=[])
    told = dict(job.result or {})
    pages = range(1, told.get("pages", 0) + 1)
    return jsonify(
        done=True, reason=translated(told.get("reason", "")), place=translated(told.get("place", "")),
        slots=told.get("slots", []), missing=[translated(text) for text in told.get("missing", [])],
        pages=[url_for(".page", job_id=job_id, number=number) for number in pages],
    )


@blueprint.get("/jobs/<int:job_id>/page-<int:number>.png")
@access.allow(*EDITOR_ROLES)
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
