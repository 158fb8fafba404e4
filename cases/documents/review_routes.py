"""A document's history and what colleagues say of it: versions side by side, going back, comments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.documents import comments, service, versions
from cases.documents.comparing import differences
from cases.documents.forms import form_for
from cases.documents.kinds.base import STYLE_LABELS
from cases.documents.models import Document, DocumentVersion
from cases.documents.printing import read_back
from outreach.accounts import service as accounts
from outreach.db import db
from outreach.errors import NotFound
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.acts import carry_out
from outreach.web.language import translated
from outreach.web.numbers import read_id

blueprint = Blueprint("document_review", __name__, url_prefix="/documents/<int:document_id>")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.get("/versions")
@access.allow(*STAFF_ROLES)
def compare(document_id: int) -> str:
    """Two versions side by side: by default the last change."""
    document = service.get(db.session, access.scope(), document_id)
    rows = versions.of_document(db.session, document)
    if not rows:
        raise NotFound("아직 저장한 차례가 없습니다.")
    args = request.args
    after = versions.get(db.session, document, read_id(args.get("after")) or rows[0].number)
    earlier = read_id(args.get("before")) or max(after.number - 1, rows[-1].number)
    return _compared(document, rows, versions.get(db.session, document, earlier), after, after.content)


@blueprint.post("/versions")
@access.allow(*EDITOR_ROLES)
def compare_writing(document_id: int) -> str:
    """What was saved last beside what the editor's form holds; nothing of it is saved."""
    scope = access.scope()
    document = service.editable(db.session, scope, document_id)
    kind = service.kind_of(document)
    newest = versions.newest(db.session, document)
    if newest is None:
        raise NotFound("아직 저장한 차례가 없습니다.")
    written = service.sketch(db.session, scope, kind, document, form_for(kind)().values(), now=_now())
    return _compared(document, [newest], newest, None, written)


def _compared(
    document: Document, rows: Sequence[DocumentVersion], before: DocumentVersion, after: DocumentVersion | None,
    content: Mapping[str, Any],
) -> str:
    """``content`` beside the version ``before``; ``after`` is the version it comes from, if it was saved."""
    names = _names(document, before.content, content)
    return render_template(
        "documents/compare.html", document=document, versions=rows, before=before, after=after,
        changes=differences(service.kind_of(document), before.content, content, names),
        people=accounts.names(db.session, {row.saved_by for row in rows}),
        may_edit=service.may_edit(access.scope(), document),
        styles={style.value: translated(label) for style, label in STYLE_LABELS.items()},
    )


def _names(document: Document, *contents: Mapping[str, Any]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {"case_ids": {}, "programme_ids": {}, "organisation_ids": {}}
    for content in contents:
        _kind, _written, shown = read_back(db.session, document.kind, content)
        found["case_ids"] |= {case.id: case.headline for case in shown.cases}
        found["programme_ids"] |= {version.id: version.programme.name_ko for version in shown.programmes}
        found["organisation_ids"] |= {partner.id: partner.name for partner in shown.organisations}
    return found


@blueprint.post("/versions/<int:number>/restore")
@access.allow(*EDITOR_ROLES)
def restore(document_id: int, number: int) -> Any:
    scope = access.scope()
    document = service.editable(db.session, scope, document_id)
    held = read_id(request.form.get("version")) or 0
    return _do(
        document_id,
        lambda: service.restore(db.session, scope, access.actor(), document, number, version=held, now=_now()),
        _("%(n)s번째 저장한 내용으로 되돌렸습니다. 이것도 되돌릴 수 있습니다.", n=number),
    )


@blueprint.post("/comments")
@access.allow(*STAFF_ROLES)
def comment(document_id: int) -> Any:
    document = service.get(db.session, access.scope(), document_id)
    text, slot = request.form.get("text", ""), request.form.get("slot", "")
    return _do(
        document_id, lambda: comments.add(db.session, access.actor(), document, text, slot=slot, now=_now()),
        _("의견을 남겼습니다."), "comments",
    )


@blueprint.post("/comments/<int:comment_id>/settle")
@access.allow(*STAFF_ROLES)
def settle(document_id: int, comment_id: int) -> Any:
    document = service.get(db.session, access.scope(), document_id)
    return _do(
        document_id, lambda: comments.settle(db.session, access.actor(), document, comment_id, now=_now()),
        _("처리한 의견으로 두었습니다."), "comments",
    )


def _do(document_id: int, act: Callable[[], Any], done: str, anchor: str | None = None) -> Any:
    carry_out(act, done)
    return redirect(url_for("documents.edit", document_id=document_id, _anchor=anchor))
