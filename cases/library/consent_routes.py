"""Pages about consents: those that end, the signed form, and taking a case down when its company asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.library import consents, photos, service
from cases.library.forms import TakeDownForm
from cases.library.photo_routes import folder, own_case, send_upload
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.pdf.pictures import MAX_BYTES
from outreach.scope import STAFF_ROLES
from outreach.web import access
from outreach.web.language import translated

blueprint = Blueprint("case_consents", __name__, url_prefix="/cases")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.get("/consents")
@access.allow(*STAFF_ROLES)
def index() -> str:
    """What has ended and what ends in 30 and 60 days."""
    today = kst_today(_now())
    found = consents.endings(db.session, access.scope(), today)
    groups = {
        "over": [row for row in found if row.left(today) < 0],
        "soon": [row for row in found if 0 <= row.left(today) <= consents.SOON],
        "later": [row for row in found if row.left(today) > consents.SOON],
    }
    which = request.args.get("when", "")
    rows = groups.get(which, found)
    return render_template("cases/consents.html", rows=rows, groups=groups, found=found, which=which, today=today)


@blueprint.get("/<int:case_id>/consent-form")
@access.allow(*STAFF_ROLES)
def form(case_id: int) -> Response:
    """The company's signed form: for the case's own centre, and who looked is written down."""
    case = own_case(case_id)
    if case.consent_form is None:
        raise NotFound("등록된 동의서 파일이 없습니다.")
    access.log_access(AccessKind.VIEW, "case", [case.id], case.consent_form.name)
    return send_upload(case.consent_form)


@blueprint.post("/<int:case_id>/consent-form")
@access.allow(*service.WRITER_ROLES)
def set_form(case_id: int) -> Any:
    """Keep the signed form; by a page, or (asking for JSON) by the interview."""
    service.writable(db.session, access.scope(), case_id)
    file = request.files.get("file")
    db.session.rollback()  # judging a picture takes up to a second; the database is not held meanwhile
    try:
        paper = photos.read_paper(file.read(MAX_BYTES + 1) if file else b"")
        case = service.writable(db.session, access.scope(), case_id)
        upload = photos.keep_paper(
            db.session, access.actor(), folder(), paper, name=(file.filename if file else "") or "", now=_now()
        )
        photos.set_consent_form(db.session, access.actor(), case, upload, now=_now())
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        if request.accept_mimetypes.best == "application/json":
            return {"problem": translated(error.message)}, 422
        flash(translated(error.message), "error")
    else:
        if request.accept_mimetypes.best == "application/json":
            return {"name": upload.name, "url": url_for(".form", case_id=case_id)}
        flash(_("동의서를 저장했습니다."), "success")
    return redirect(url_for("cases.show", case_id=case_id))


@blueprint.post("/<int:case_id>/take-down")
@access.allow(*service.WRITER_ROLES)
def take_down(case_id: int) -> Any:
    case, form = service.writable(db.session, access.scope(), case_id), TakeDownForm()
    if not form.validate_on_submit():
        flash(_("회사가 말한 까닭과 요청받은 날을 적어 주세요."), "error")
        return redirect(url_for("cases.show", case_id=case_id))
    try:
        consents.take_down(
            db.session, access.scope(), access.actor(), case, reason=form.reason.data or "",
            asked_on=form.asked_on.data, asked_by=form.asked_by.data or "", now=_now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        flash(_("사례를 내렸습니다. 이제 어디에도 실리지 않고, 만든 자료도 내려받을 수 없습니다."), "success")
    return redirect(url_for("cases.show", case_id=case_id))
