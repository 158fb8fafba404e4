"""The interview form on a phone: begin, resume, save field by field, pictures, finish."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from cases.library import interview, photos, service
from cases.library.models import Case, CasePhoto
from cases.library.photo_routes import folder
from cases.library.rules import (
    CONSENT_LABELS,
    MAX_FIGURES,
    MAX_STEPS,
    NEED_LABELS,
    OUTLET_LABELS,
    WRITABLE,
    ConsentScope,
)
from outreach.clock import kst_today
from outreach.companies.ksic import SECTIONS
from outreach.db import db
from outreach.errors import Conflict, DomainError, Invalid
from outreach.pdf.pictures import MAX_BYTES, Purpose, check_picture
from outreach.web import access
from outreach.web.language import translated

blueprint = Blueprint("interviews", __name__, url_prefix="/cases/interview")

_KEY = re.compile(r"[0-9a-zA-Z-]{8,64}")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _writable(case_id: int) -> Case:
    return service.writable(db.session, access.scope(), case_id)


@blueprint.get("/")
@access.allow(*service.WRITER_ROLES)
def index() -> str:
    drafts = interview.open_drafts(db.session, access.scope(), access.scope().user_id)
    return render_template("cases/interviews.html", drafts=drafts)


@blueprint.post("/new")
@access.allow(*service.WRITER_ROLES)
def new() -> Any:
    case = interview.begin(db.session, access.scope(), access.actor(), current_user.name or "", now=_now())
    db.session.commit()
    return redirect(url_for(".form", case_id=case.id))


@blueprint.get("/<int:case_id>")
@access.allow(*service.WRITER_ROLES)
def form(case_id: int) -> Any:
    case = _writable(case_id)
    if case.state not in WRITABLE:
        flash(_("검토가 시작된 사례는 조사표로 고칠 수 없습니다."), "info")
        return redirect(url_for("cases.show", case_id=case_id))
    today = kst_today(_now())
    return render_template(
        "cases/interview.html", case=case, data=interview.as_script_data(case), today=today,
        pictures=[_told(photo) for photo in case.photos], needs=NEED_LABELS, outlets=OUTLET_LABELS,
        scopes=[(scope.value, CONSENT_LABELS[scope]) for scope in ConsentScope if scope is not ConsentScope.NONE],
        sections=SECTIONS, max_steps=MAX_STEPS, max_figures=MAX_FIGURES,
        problems=service.problems(db.session, case, today),
    )


@blueprint.post("/<int:case_id>/save")
@access.allow(*service.WRITER_ROLES)
def save(case_id: int) -> Any:
    """Fields as JSON; what became of each. With ``check`` also what publication still lacks."""
    case, sent = _writable(case_id), request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("fields"), dict):
        return {"problem": _("보낸 내용을 읽을 수 없습니다.")}, 400
    try:
        result = interview.save(db.session, access.scope(), access.actor(), case, sent["fields"], now=_now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return {"problem": translated(error.message)}, 409 if isinstance(error, Conflict) else 422
    missing = service.problems(db.session, case, kst_today(_now())) if sent.get("check") else None
    return {
        "missing": None if missing is None else [translated(text) for text in missing], "version": result.version,
        "kept": result.kept, "conflicts": result.conflicts,
        "problems": {name: translated(text) for name, text in result.problems.items()},
        "state": interview.state(case),
    }


@blueprint.post("/<int:case_id>/photos")
@access.allow(*service.WRITER_ROLES)
def add_photo(case_id: int) -> Any:
    """One picture with the name the phone gives it; sent again it is the same one."""
    key, file = request.form.get("key", ""), request.files.get("photo")
    _writable(case_id)
    db.session.rollback()  # judging a picture takes up to a second; the database is not held meanwhile
    try:
        if not _KEY.fullmatch(key) or file is None:
            raise Invalid("사진 파일을 골라 주세요.")
        made = check_picture(file.read(MAX_BYTES + 1), Purpose.PHOTO)
        photo = photos.add(
            db.session, access.actor(), _writable(case_id), folder(), made, name=file.filename or "", client_key=key,
            now=_now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return {"problem": translated(error.message)}, 409 if isinstance(error, Conflict) else 422
    return _told(photo)


def _told(photo: CasePhoto) -> dict[str, Any]:
    """A picture as the phone shows it."""
    address = url_for("case_photos.picture", case_id=photo.case_id, photo_id=photo.id)
    return {"id": photo.id, "key": photo.client_key or "", "url": address, "name": photo.upload.name}


@blueprint.post("/<int:case_id>/finish")
@access.allow(*service.WRITER_ROLES)
def finish(case_id: int) -> Any:
    case = _writable(case_id)
    try:
        interview.finish(db.session, access.scope(), access.actor(), case, now=_now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return redirect(url_for(".form", case_id=case_id))
    flash(_("조사를 마쳤습니다. 이제 사실을 확인합니다."), "success")
    return redirect(url_for("cases.show", case_id=case_id))
