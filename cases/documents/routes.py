"""Pages of documents: list, chooser, editor. The finished pages come in as panels of slot 'document'."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.documents import comments, leading, service, versions
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
from outreach.errors import DomainError, NotFound, StaleEdit
from outreach.organisations import service as organisations
from outreach.programmes.rules import MARKS, usable
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.language import translated
from outreach.web.numbers import read_id
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
    campaign = read_id(request.args.get("campaign"))
    return render_template("documents/choose.html", kinds=KINDS.values(), campaign=campaign)


@blueprint.route("/new/<kind>", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def new(kind: str) -> Any:
    made = _kind(kind)
    form = form_for(made)() if request.method == "POST" else form_for(made)(
        data={"style": Style.CALM.value, "texts": {**made.opening()}}
    )
    _offer(form, Chosen())
    if form.validate_on_submit() and (document := _saved(form, None)):
        return _next(document, _("원고를 만들었습니다. 이제부터는 쓰던 자리에서 그대로 저장됩니다."))
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
        return _next(document, _("저장했습니다."))
    return _page(form, service.get(db.session, scope, document_id))


def _next(document: Document, done: str) -> Any:
    """After saving: on with writing, or, if that was asked for, to the making of the PDF."""
    if "make" in request.form:  # 307: the browser posts on, with its token
        return redirect(url_for("materials.from_document", document_id=document.id), code=307)
    flash(done, "success")
    return redirect(url_for(".edit", document_id=document.id))


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


@blueprint.post("/<kind>/chart")
@access.allow(*EDITOR_ROLES)
def chart(kind: str) -> Any:
    """A chart of the form, by its number, as far as it is written: its drawing, and the sentence that could stand for
    it."""
    form = form_for(_kind(kind))(meta={"csrf": False})
    values = form.values()
    try:
        wanted = drafted(values["texts"], request.args.get("number", 1, type=int))
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
        marks = ", ".join(translated(MARKS[text]) for text in usable(row, _today()))
        return f"{row.programme.name_ko} ({marks})" if marks else row.programme.name_ko
    return row.name if row.logo_id else _("%(name)s (로고 없음)", name=row.name)


def _campaigns() -> leading.Campaigns | None:
    campaigns: leading.Campaigns | None = current_app.extensions.get(leading.CAMPAIGNS)
    return campaigns


def _leads(document: Document | None, may_edit: bool) -> dict[str, Any]:
    """Where the QR code leads, and where it could."""
    campaigns = _campaigns()
    if campaigns is None or not may_edit:
        return {"campaigns": []}
    now = campaigns.chosen(db.session, document) if document else None
    rows = list(campaigns.choices(db.session, access.scope()))
    wanted = read_id(request.values.get("campaign")) or (now[0] if now else None)
    return {
        "campaigns": rows if now is None or now in rows else [now, *rows], "campaign": wanted, "to_phone": now is None,
    }


def _page(form: DocumentForm, document: Document | None) -> Any:
    scope = access.scope()
    may_edit = document is None or service.may_edit(scope, document)
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
        may_edit=may_edit, myself=scope.user_id, **told, **_leads(document, may_edit),
    )
    return page, 409 if form.overtaken else 422 if form.errors else 200


def _lead(document: Document) -> None:
    """Use it in the campaign that was chosen, unless it is the one it is used in already."""
    campaigns, wanted = _campaigns(), read_id(request.form.get("campaign"))
    if campaigns is None or wanted is None:
        return
    now = campaigns.chosen(db.session, document)
    if now is None or now[0] != wanted:
        campaigns.choose(db.session, access.scope(), access.actor(), document, wanted, now=_now())


def _saved(form: DocumentForm, document: Document | None) -> Document | None:
    """The saved document; None when it could not be saved and the form now says why."""
    scope, actor = access.scope(), access.actor()
    try:
        if document is None:
            document = service.create(db.session, scope, actor, form.kind, form.values(), now=_now())
        else:
            version = read_id(request.form.get("over") or form.version.data) or 0
            service.edit(db.session, scope, actor, document, form.values(), version=version, now=_now())
        _lead(document)
        db.session.commit()
    except NotFound:
        raise
    except StaleEdit:
        db.session.rollback()
        form.overtaken = True
        return None
    except DomainError as error:
        db.session.rollback()
        if not form.refuse(error.fields):
            form.form_errors.append(translated(error.message))
        return None
    return document
