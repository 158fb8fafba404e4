"""Pages of a case's pictures: adding them, their rights, their order, and the papers that prove them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import CombinedMultiDict

from cases.library import photos, service
from cases.library.forms import PhotoForm
from cases.library.models import Case, CasePhoto
from cases.library.rules import WRITABLE
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, Forbidden, NotFound
from outreach.pdf.pictures import MAX_BYTES, Purpose, check_picture
from outreach.scope import STAFF_ROLES
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload
from outreach.web import access
from outreach.web.language import translated

blueprint = Blueprint("case_photos", __name__, url_prefix="/cases/<int:case_id>")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def folder() -> Any:
    """Where uploads are kept."""
    return current_app.extensions["outreach"].settings.folder("uploads")


def _writable(case_id: int) -> Case:
    return service.writable(db.session, access.scope(), case_id)


# -- looking -------------------------------------------------------------------------------------------------


@blueprint.get("/photos")
@access.allow(*service.WRITER_ROLES)
def index(case_id: int) -> str:
    case = _writable(case_id)
    return _page(case, {photo.id: _form(photo, None) for photo in case.photos})


def _form(photo: CasePhoto, sent: Any) -> PhotoForm:
    """A picture's form as it stands, or as it was ``sent``; after the review it has only the rights."""
    form = PhotoForm(sent, obj=photo, prefix=f"p{photo.id}")
    if photo.case.state not in WRITABLE:
        for name in set(photos.FIELDS) - set(photos.RIGHTS):
            del form[name]
    return form


def _page(case: Case, forms: dict[int, PhotoForm]) -> str:
    return render_template(
        "cases/photos.html", case=case, forms=forms, today=kst_today(_now()), editable=case.state in WRITABLE,
        most=photos.MOST,
    )


@blueprint.get("/photos/<int:photo_id>.jpg")
@access.allow(*STAFF_ROLES)
def picture(case_id: int, photo_id: int) -> Response:
    """The picture; for another centre only if its rights let it be shown."""
    scope = access.scope()
    case = service.get(db.session, scope, case_id)
    photo = photos.get(case, photo_id)
    if not service.is_own(scope, case) and photo not in photos.usable(case, kst_today(_now())):
        raise NotFound("볼 수 없는 사진입니다.")
    return send_upload(photo.upload)


@blueprint.get("/photos/<int:photo_id>/evidence")
@access.allow(*STAFF_ROLES)
def evidence(case_id: int, photo_id: int) -> Response:
    """The paper in which the people in a picture agreed: for the case's own centre."""
    case = own_case(case_id)
    photo = photos.get(case, photo_id)
    if photo.evidence is None:
        raise NotFound("등록된 증빙 파일이 없습니다.")
    access.log_access(AccessKind.VIEW, "case", [case.id], photo.evidence.name)
    return send_upload(photo.evidence)


def own_case(case_id: int) -> Case:
    """A case whose company and papers the person may see. Raises NotFound."""
    scope = access.scope()
    case = service.get(db.session, scope, case_id)
    if not service.is_own(scope, case):
        raise NotFound("다른 센터의 사례입니다.")
    return case


def send_upload(upload: Upload) -> Response:
    """A stored picture in the page, or a PDF as a download."""
    response = send_file(
        uploads.open_path(folder(), upload), mimetype=upload.media_type, etag=upload.sha256, conditional=True,
        as_attachment=upload.media_type == photos.PDF, download_name=upload.name or "file",
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


# -- writing -------------------------------------------------------------------------------------------------


@blueprint.post("/photos")
@access.allow(*service.WRITER_ROLES)
def add(case_id: int) -> Any:
    """One or more files. Each that is none is named; the others are kept."""
    _writable(case_id)
    db.session.rollback()  # judging a picture takes up to a second; the database is not held meanwhile
    files = [file for file in request.files.getlist("photo") if file.filename]
    if not files:
        flash(_("사진 파일을 골라 주세요."), "error")
    kept = 0
    for file in files[:photos.MOST]:
        try:
            made = check_picture(file.read(MAX_BYTES + 1), Purpose.PHOTO)
            photos.add(
                db.session, access.actor(), _writable(case_id), folder(), made, name=file.filename or "", now=_now()
            )
            db.session.commit()
            kept += 1
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            db.session.rollback()
            flash(f"{file.filename}: {translated(error.message)}", "error")
    if kept:
        flash(_("사진 %(count)s장을 넣었습니다. 설명과 권리를 적어 주세요.", count=kept), "success")
    return redirect(url_for(".index", case_id=case_id))


@blueprint.post("/photos/<int:photo_id>")
@access.allow(*service.WRITER_ROLES)
def describe(case_id: int, photo_id: int) -> Any:
    photo = photos.get(_writable(case_id), photo_id)
    form = _form(photo, CombinedMultiDict((request.files, request.form)))
    if not form.validate_on_submit():
        case = photo.case
        return _page(case, {row.id: _form(row, None) for row in case.photos} | {photo_id: form}), 422
    db.session.rollback()

    def write(case: Case, photo: CasePhoto) -> None:
        values = form.values()
        file = request.files.get(form.evidence.name)  # the field itself, sent empty, holds what was there before
        if file:
            paper = photos.read_paper(file.read(MAX_BYTES + 1))
            values["evidence"] = photos.keep_paper(
                db.session, access.actor(), folder(), paper, name=file.filename or "", now=_now()
            )
        photos.describe(db.session, access.actor(), case, photo, values, now=_now())

    return _done(case_id, photo_id, write, _("사진의 설명과 권리를 저장했습니다."))


@blueprint.post("/photos/<int:photo_id>/first")
@access.allow(*service.WRITER_ROLES)
def put_first(case_id: int, photo_id: int) -> Any:
    def write(case: Case, photo: CasePhoto) -> None:
        photos.put_first(db.session, access.actor(), case, photo, now=_now())

    return _done(case_id, photo_id, write, _("대표 사진으로 정했습니다."))


@blueprint.post("/photos/<int:photo_id>/remove")
@access.allow(*service.WRITER_ROLES)
def remove(case_id: int, photo_id: int) -> Any:
    def write(case: Case, photo: CasePhoto) -> None:
        photos.remove(db.session, access.actor(), case, photo, now=_now())

    return _done(case_id, photo_id, write, _("사진을 지웠습니다."))


def _done(case_id: int, photo_id: int, write: Any, message: str) -> Any:
    """One act on one picture; the page says how it went."""
    case = _writable(case_id)
    photo = photos.get(case, photo_id)
    try:
        write(case, photo)
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        flash(message, "success")
    return redirect(url_for(".index", case_id=case_id))
