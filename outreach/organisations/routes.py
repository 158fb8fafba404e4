"""Pages of partner organisations: list, one partner with its people and logo, form, export."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.orm import selectinload

from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, Forbidden, Invalid, NotFound, StaleEdit
from outreach.organisations import export, service
from outreach.organisations.forms import ContactForm, OrganisationForm
from outreach.organisations.models import KIND_LABELS, Organisation, OrganisationKind
from outreach.organisations.rules import AGREEMENT_LABELS, AgreementState, agreement_state
from outreach.pdf.colours import FIELD, WHITE, from_hex, ratio
from outreach.pdf.pictures import MAX_BYTES, Purpose, check_picture
from outreach.regions import service as regions
from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Role
from outreach.uploads import service as uploads
from outreach.web import access, xlsx
from outreach.web.language import translated
from outreach.web.numbers import read_id
from outreach.web.paging import paginate

blueprint = Blueprint("organisations", __name__, url_prefix="/partners")

EDITORS = EDITOR_ROLES | {Role.ADMINISTRATOR}
KEEPERS = EDITORS | {Role.PARTNER}


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _today() -> date:
    return kst_today(_now())


def _get(organisation_id: int) -> Organisation:
    return service.get(db.session, access.scope(), organisation_id)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"ORGANISATION_KINDS": KIND_LABELS, "AGREEMENTS": AGREEMENT_LABELS, "agreement_state": agreement_state}


# -- many partners ---------------------------------------------------------------------------------------


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> Any:
    scope, today = access.scope(), _today()
    centres = regions.centres(db.session, today) if scope.sees_all_centres else []
    return render_template(
        "organisations/index.html", page=paginate(db.session, _query()), today=today, args=request.args,
        kinds=[(kind.value, _(label)) for kind, label in KIND_LABELS.items()],
        agreements=[(state.value, _(label)) for state, label in AGREEMENT_LABELS.items()],
        centres=[(row.id, row.name_ko) for row in centres], provinces=regions.province_options(db.session, today),
        may_create=scope.role in EDITORS,
    )


@blueprint.get("/export.xlsx")
@access.allow(*STAFF_ROLES)
def export_list() -> Any:
    rows = db.session.scalars(_query().options(selectinload(Organisation.contacts))).unique().all()
    access.log_access(AccessKind.EXPORT, "organisation", [row.id for row in rows], request.query_string.decode())
    name = _("협력기관") + f"_{_today()}.xlsx"
    return xlsx.attachment(xlsx.workbook(export.headers(), export.rows(rows, _today()), sheet=_("협력기관")), name)


def _query() -> Any:
    """The list as the address asks for it; nonsense counts as not given."""
    args = request.args
    return service.organisations_query(
        access.scope(), text=args.get("q", "").strip()[:100], today=_today(),
        kind=next((kind for kind in OrganisationKind if kind.value == args.get("kind")), None),
        centre_id=read_id(args.get("centre")), province_id=read_id(args.get("province")),
        agreement=next((state for state in AgreementState if state.value == args.get("mou")), None),
        active=args.get("state") != "closed",
    )


# -- one partner -----------------------------------------------------------------------------------------


@blueprint.get("/own")
@access.allow(Role.PARTNER)
def own() -> Any:
    return redirect(url_for("organisations.show", organisation_id=access.scope().organisation_id))


@blueprint.get("/<int:organisation_id>")
@access.allow()
def show(organisation_id: int) -> Any:
    return _page(_get(organisation_id), ContactForm(formdata=None))


def _page(organisation: Organisation, form: ContactForm) -> str:
    scope = access.scope()
    access.log_access(AccessKind.VIEW, "organisation_contact", [row.id for row in organisation.contacts])
    return render_template(
        "organisations/show.html", organisation=organisation, form=form, today=_today(),
        may_edit=service.may_edit(scope, organisation), may_keep=service.may_keep(scope, organisation),
        history=[] if scope.is_partner else audit.history(db.session, "organisation", organisation.id),
        max_logo_mb=MAX_BYTES // 1024 // 1024,
        on_white=ratio(from_hex(organisation.accent), WHITE) if organisation.accent else None, readable=FIELD,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access.allow(*EDITORS)
def new() -> Any:
    form = _form()
    if form.validate_on_submit():
        try:
            organisation = service.create(db.session, access.scope(), access.actor(), form.details(), now=_now())
        except Invalid as error:
            _show(form, error)
        else:
            db.session.commit()
            flash(_("협력기관을 등록했습니다. 이어서 담당자와 로고를 더해 주세요."), "success")
            return redirect(url_for("organisations.show", organisation_id=organisation.id))
    return _form_page(form, None)


@blueprint.route("/<int:organisation_id>/edit", methods=["GET", "POST"])
@access.allow(*EDITORS)
def edit(organisation_id: int) -> Any:
    scope, organisation = access.scope(), _get(organisation_id)
    if not service.may_edit(scope, organisation):
        raise Forbidden("이 협력기관의 정보를 고칠 권한이 없습니다. 담당 센터에 요청해 주세요.")
    form = _form(organisation)
    if form.validate_on_submit():
        try:
            service.edit(
                db.session, scope, access.actor(), organisation, form.details(),
                version=form.version.data and int(form.version.data), now=_now(),
            )
        except (Invalid, StaleEdit) as error:
            _show(form, error)
            organisation = _get(organisation_id)
        else:
            db.session.commit()
            flash(_("저장했습니다."), "success")
            return redirect(url_for("organisations.show", organisation_id=organisation.id))
    return _form_page(form, organisation)


def _form(organisation: Organisation | None = None) -> OrganisationForm:
    centres = regions.centres(db.session, _today()) if access.scope().sees_all_centres else []
    groups = regions.grouped_region_options(db.session, _today())
    return OrganisationForm(centres, groups, data=_values(organisation) if organisation else None)


def _values(organisation: Organisation) -> dict[str, Any]:
    same = ("name", "name_en", "phone", "homepage", "mou_from", "mou_to", "mou_note", "version")
    return {name: getattr(organisation, name) for name in same} | {
        "kind": organisation.kind.value, "centre": str(organisation.centre_id or ""),
        "regions": [str(row.id) for row in organisation.regions],
    }


def _form_page(form: OrganisationForm, organisation: Organisation | None) -> Any:
    page = render_template(
        "organisations/form.html", form=form, organisation=organisation,
        groups=regions.grouped_region_options(db.session, _today()),
    )
    return page, 422 if form.errors else 200


def _show(form: FlaskForm, error: DomainError) -> None:
    """Put a service's complaint where the person reads the others."""
    db.session.rollback()
    named = [name for name in error.fields if name in form]
    for name in named:
        form[name].errors = [*form[name].errors, translated(error.fields[name])]
    if not named:
        form.form_errors.append(translated(error.message))


@blueprint.post("/<int:organisation_id>/active")
@access.allow(*EDITORS)
def set_active(organisation_id: int) -> Any:
    active = request.form.get("active") == "1"
    service.set_active(
        db.session, access.scope(), access.actor(), _get(organisation_id), active=active, now=_now()
    )
    db.session.commit()
    text = _("다시 함께하는 기관으로 되돌렸습니다.") if active else _("사용을 중지했습니다. 기록은 그대로 남습니다.")
    flash(text, "success")
    return redirect(url_for("organisations.show", organisation_id=organisation_id))


@blueprint.post("/<int:organisation_id>/contacts")
@access.allow(*KEEPERS)
def add_contact(organisation_id: int) -> Any:
    organisation, form = _get(organisation_id), ContactForm()
    if form.validate():
        values = {name: form[name].data or "" for name in ("name", "title", "email", "phone")}
        try:
            service.add_contact(db.session, access.scope(), access.actor(), organisation, now=_now(), **values)
        except Invalid as error:
            _show(form, error)
            organisation = _get(organisation_id)
        else:
            db.session.commit()
            flash(_("담당자를 더했습니다."), "success")
            return redirect(url_for("organisations.show", organisation_id=organisation_id, _anchor="contacts"))
    return _page(organisation, form), 422


@blueprint.post("/<int:organisation_id>/contacts/<int:contact_id>/delete")
@access.allow(*KEEPERS)
def remove_contact(organisation_id: int, contact_id: int) -> Any:
    organisation = _get(organisation_id)
    service.remove_contact(db.session, access.scope(), access.actor(), organisation, contact_id, now=_now())
    db.session.commit()
    flash(_("담당자를 지웠습니다."), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation_id, _anchor="contacts"))


# -- the logo --------------------------------------------------------------------------------------------


@blueprint.get("/<int:organisation_id>/logo")
@access.allow()
def logo(organisation_id: int) -> Any:
    upload = _get(organisation_id).logo
    if upload is None:
        raise NotFound("등록된 로고가 없습니다.")
    path = uploads.open_path(_folder(), upload)
    response = send_file(path, mimetype=upload.media_type, etag=upload.sha256, conditional=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.post("/<int:organisation_id>/logo")
@access.allow(*KEEPERS)
def set_logo(organisation_id: int) -> Any:
    """Take in a new logo, or take the present one away (no file, ``remove``)."""
    _get(organisation_id)
    db.session.rollback()  # judging a picture takes up to a second; the database is not held meanwhile
    file, remove = request.files.get("logo"), request.form.get("remove") == "1"
    try:
        if not remove and not (file and file.filename):
            raise Invalid("그림 파일을 골라 주세요.")
        picture = None if remove else check_picture(file.read(MAX_BYTES + 1), Purpose.LOGO)
        service.set_logo(
            db.session, access.scope(), access.actor(), _get(organisation_id), _folder(), picture,
            name=(file.filename if file else "") or "", now=_now(),
        )
    except Invalid as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        db.session.commit()
        flash(_("로고를 지웠습니다.") if remove else _("로고를 바꾸었습니다."), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation_id, _anchor="logo"))


@blueprint.post("/<int:organisation_id>/accent")
@access.allow(*KEEPERS)
def set_accent(organisation_id: int) -> Any:
    """The partner's colour on its editions; ``remove`` takes it away."""
    accent = "" if request.form.get("remove") == "1" else request.form.get("accent", "")
    try:
        service.set_accent(
            db.session, access.scope(), access.actor(), _get(organisation_id), accent, now=_now()
        )
    except Invalid as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        db.session.commit()
        flash(_("기관 색을 저장했습니다.") if accent else _("기관 색을 지웠습니다."), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation_id, _anchor="accent"))


def _folder() -> Any:
    return current_app.extensions["outreach"].settings.folder("uploads")
