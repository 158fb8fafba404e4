"""Pages of documents: list, chooser, editor. The finished pages come in as panels of slot 'document'."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.documents import comments, service, versions
from cases.documents.forms import DocumentForm, form_for
from cases.documents.kinds import KINDS
from cases.documents.kinds.base import STYLE_LABELS, Chosen, Kind, Style, labelled
from cases.documents.kinds.charts import drafted
from cases.documents.models import Document
from cases.library import service as library
from outreach.accounts import service as accounts
from outreach.charts.drawing import drawn
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.organisations import service as organisations
from outreach.programmes.rules import usable
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("documents", __name__, url_prefix="/documents")

STYLES = frozenset(style.value for style in Style)
#: Of a chart's picture beside its words, in points.
_PICTURE_WIDTH = 300.0


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _today() -> date:
    return kst_today(_now())


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "DOCUMENT_STYLES": {style.value: label for style, label in STYLE_LABELS.items()}, "DOCUMENT_KINDS": KINDS,
    }


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    args = request.args
    query = service.documents_query(
        access.scope(), text=args.get("q", "").strip()[:100],
        kind=args.get("kind", "") if args.get("kind") in KINDS else "",
    )
    return render_template(
        "documents/list.html", page=paginate(db.session, query), args=args,
        kinds=[(kind.name, translated(kind.label)) for kind in KINDS.values()],
        may_edit=access.scope().role in EDITOR_ROLES,
    )


@blueprint.get("/new")
@access.allow(*EDITOR_ROLES)
def choose() -> str:
    """Which kind of document to begin."""
    return render_template("documents/choose.html", kinds=KINDS.values())


@blueprint.route("/new/<kind>", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def new(kind: str) -> Any:
    made = _kind(kind)
    form = form_for(made)() if request.method == "POST" else form_for(made)(
        data={"style": Style.CALM.value, "texts": {**made.opening()}}
    )
    _offer(form, Chosen())
    if form.validate_on_submit() and (document := _saved(form, None)):
        flash(_("원고를 만들었습니다. 오른쪽에서 쪽마다 미리 볼 수 있습니다."), "success")
        return redirect(url_for(".edit", document_id=document.id))
    return _page(form, None)


@blueprint.route("/<int:document_id>", methods=["GET", "POST"])
@access.allow(*STAFF_ROLES)
def edit(document_id: int) -> Any:
    """The editor; those who may not edit read it."""
    scope = access.scope()
    find = service.editable if request.method == "POST" else service.get
    document = find(db.session, scope, document_id)
    make, shown = form_for(service.kind_of(document)), service.chosen(document)
    form = make(obj=document) if request.method == "GET" else make()
    if request.method == "GET":
        form.fill(shown)
    _offer(form, shown)
    if form.validate_on_submit() and _saved(form, document):
        flash(_("저장했습니다."), "success")
        return redirect(url_for(".edit", document_id=document_id))
    return _page(form, service.get(db.session, scope, document_id))


@blueprint.post("/<int:document_id>/copy")
@access.allow(*EDITOR_ROLES)
def copy(document_id: int) -> Any:
    """The same words as a new document of one's own centre, of the same kind or another."""
    scope = access.scope()
    source = service.get(db.session, scope, document_id)
    kind = _kind(request.form.get("kind") or source.kind)
    title = source.title if kind.name != source.kind else _("%(title)s (사본)", title=source.title)[:120]
    document = service.copy(db.session, scope, access.actor(), source, kind, title, now=_now())
    db.session.commit()
    flash(_("사본을 만들었습니다."), "success")
    return redirect(url_for(".edit", document_id=document.id))


@blueprint.post("/<kind>/charts/<int:number>")
@access.allow(*EDITOR_ROLES)
def chart(kind: str, number: int) -> Any:
    """A chart of the form as far as it is written: its drawing, and the sentence that could stand in its place."""
    form = form_for(_kind(kind))(meta={"csrf": False})
    values = form.values()
    try:
        wanted = drafted(values["texts"], number)
        if wanted is None:
            return jsonify(svg="", sentence="")
        style = values["style"] if values["style"] in STYLES else Style.CALM.value
        return jsonify(svg=drawn(wanted, style, _PICTURE_WIDTH), sentence=wanted.alt)
    except DomainError as error:
        return jsonify(reason=translated(error.message)), 422


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotFound("그런 종류의 홍보물이 없습니다.")
    return KINDS[name]


def _offer(form: DocumentForm, shown: Chosen) -> None:
    """What can be chosen: what is chosen already, and what stands published, current or active now."""
    for records in form.records():
        rows = list(_CHOICES[records]())
        rows += [row for row in getattr(shown, records) if row not in rows]
        form.offer(records, [(row.id, _called(row)) for row in rows])


def _partners() -> list[Any]:
    return list(db.session.scalars(organisations.organisations_query(access.scope())).unique())


_CHOICES: dict[str, Any] = {
    "cases": lambda: db.session.scalars(library.publishable(access.scope(), _today())),
    "programmes": lambda: library.current_versions(db.session, _today()),
    "organisations": _partners,
}


def _called(row: Any) -> str:
    if hasattr(row, "headline"):
        return f"{row.headline} ({row.display_name})"
    if hasattr(row, "programme"):
        notices = usable(row, _today())
        return f"{row.programme.name_ko} – {translated(notices[0])}" if notices else row.programme.name_ko
    return row.name if row.logo_id else _("%(name)s (로고 없음)", name=row.name)


def _page(form: DocumentForm, document: Document | None) -> Any:
    scope = access.scope()
    told: dict[str, Any] = {"versions": [], "comments": [], "people": {}}
    if document is not None:
        told = {
            "versions": versions.of_document(db.session, document, limit=10),
            "comments": comments.of_document(db.session, document),
        }
        people = {row.saved_by for row in told["versions"]} | {row.written_by for row in told["comments"]}
        told["people"] = accounts.names(db.session, people)
    page = render_template(
        "documents/edit.html", form=form, document=document, kind=form.kind,
        slot_labels={slot.name: labelled(slot) for slot in form.kind.slots},
        may_edit=document is None or service.may_edit(scope, document), **told,
    )
    return page, 422 if form.errors or form.form_errors else 200


def _saved(form: DocumentForm, document: Document | None) -> Document | None:
    """The saved document; None when it could not be saved and the form now says why."""
    scope, actor = access.scope(), access.actor()
    try:
        if document is None:
            document = service.create(db.session, scope, actor, form.kind, form.values(), now=_now())
        else:
            version = int(form.version.data or 0)
            service.edit(db.session, scope, actor, document, form.values(), version=version, now=_now())
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        form.form_errors.append(translated(error.message))
        return None
    return document
