"""Pages of brochures: list and editor. The finished pages come in as panels of slot 'brochure'."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.brochures import service, slots
from cases.brochures.content import STYLE_LABELS, Style
from cases.brochures.forms import BrochureForm
from cases.brochures.models import Brochure
from cases.library import service as library
from outreach.audit import service as audit
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.organisations import service as organisations
from outreach.programmes.rules import usable
from outreach.scope import EDITOR_ROLES, STAFF_ROLES
from outreach.web import access
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("brochures", __name__, url_prefix="/brochures")

FIELD_WORDS = {
    "title": "표지 제목", "subtitle": "표지 부제목", "style": "모양", "texts": "글", "cases": "사례",
    "programmes": "지원제도", "organisations": "협력기관",
}


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _today() -> date:
    return kst_today(_now())


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    styles = {style.value: label for style, label in STYLE_LABELS.items()}
    return {
        "BROCHURE_STYLES": styles, "BROCHURE_STYLE_WORDS": {style: _(label) for style, label in styles.items()},
        "BROCHURE_FIELDS": FIELD_WORDS,
    }


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    page = paginate(db.session, service.brochures_query(access.scope()))
    return render_template("brochures/list.html", page=page, may_edit=access.scope().role in EDITOR_ROLES)


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*EDITOR_ROLES)
def new() -> Any:
    form = BrochureForm() if request.method == "POST" else BrochureForm(
        data={"style": Style.CALM.value, "texts": slots.opening()}
    )
    _offer(form, None)
    if form.validate_on_submit() and (brochure := _saved(form, None)):
        flash(_("책자를 만들었습니다. 인쇄용 PDF를 만들면 쪽마다 미리 볼 수 있습니다."), "success")
        return redirect(url_for(".edit", brochure_id=brochure.id))
    return _page(form, None)


@blueprint.route("/<int:brochure_id>", methods=["GET", "POST"])
@access.allow(*STAFF_ROLES)
def edit(brochure_id: int) -> Any:
    """The editor; those who may not edit read it."""
    scope = access.scope()
    find = service.editable if request.method == "POST" else service.get
    brochure = find(db.session, scope, brochure_id)
    form = BrochureForm(obj=brochure) if request.method == "GET" else BrochureForm()
    if request.method == "GET":
        form.fill(brochure)
    _offer(form, brochure)
    if form.validate_on_submit() and _saved(form, brochure):
        flash(_("저장했습니다."), "success")
        return redirect(url_for(".edit", brochure_id=brochure_id))
    return _page(form, service.get(db.session, scope, brochure_id))


def _offer(form: BrochureForm, brochure: Brochure | None) -> None:
    """What can be chosen: what is chosen already, and what stands published, current or active now."""
    scope, today = access.scope(), _today()
    cases = list(db.session.scalars(library.publishable(scope, today)))
    versions = library.current_versions(db.session, today)
    partners = list(db.session.scalars(organisations.organisations_query(scope)).unique())
    if brochure is not None:
        cases += [row for row in brochure.cases if row not in cases]
        versions += [row for row in brochure.programmes if row not in versions]
        partners += [row for row in brochure.organisations if row not in partners]
    form.offer("cases", [(row.id, f"{row.headline} ({row.display_name})") for row in cases])
    form.offer("programmes", [(row.id, _programme(row, today)) for row in versions])
    form.offer("organisations", [
        (row.id, row.name if row.logo_id else _("%(name)s (로고 없음)", name=row.name)) for row in partners
    ])


def _programme(version: Any, today: date) -> str:
    notices = usable(version, today)
    return f"{version.programme.name_ko} – {_(notices[0])}" if notices else version.programme.name_ko


def _page(form: BrochureForm, brochure: Brochure | None) -> Any:
    scope = access.scope()
    page = render_template(
        "brochures/edit.html", form=form, brochure=brochure,
        may_edit=brochure is None or service.may_edit(scope, brochure),
        history=audit.history(db.session, "brochure", brochure.id)[:10] if brochure else [],
    )
    return page, 422 if form.errors or form.form_errors else 200


def _saved(form: BrochureForm, brochure: Brochure | None) -> Brochure | None:
    """The saved brochure; None when it could not be saved and the form now says why."""
    scope, actor = access.scope(), access.actor()
    try:
        if brochure is None:
            brochure = service.create(db.session, scope, actor, form.values(), now=_now())
        else:
            version = int(form.version.data or 0)
            service.edit(db.session, scope, actor, brochure, form.values(), version=version, now=_now())
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        form.form_errors.append(translated(error.message))
        return None
    return brochure
