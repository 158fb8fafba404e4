"""Making and ending links with an end, for staff on their material's page and for partners on theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, url_for
from flask_babel import gettext as _

from cases.materials import giving, service
from cases.materials.forms import ShareForm
from cases.materials.rules import FORMAT_LABELS, Format
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.scope import EDITOR_ROLES, Role
from outreach.web import access
from outreach.web.language import translated

blueprint = Blueprint("shares", __name__, url_prefix="/shares")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.post("/of/<int:material_id>")
@access.allow(*EDITOR_ROLES, Role.PARTNER)
def create(material_id: int) -> Any:
    material = service.get(db.session, access.scope(), material_id)
    edition = service.given_edition(material, kst_today(_now()))
    forms = giving.formats_of(db.session, edition) if edition else {}
    form = ShareForm().offer([(each.value, _(FORMAT_LABELS[each])) for each in forms])
    if not form.validate_on_submit():
        reasons = [f"{form[name].label.text}: {errors[0]}" for name, errors in form.errors.items() if name in form]
        flash(" ".join(reasons), "error")
        return _back(material_id)
    try:
        giving.share(
            db.session, access.scope(), access.actor(), material, label=form.label.data or "",
            ends_on=form.ends_on.data, form=Format(form.form.data), now=_now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(" ".join([translated(error.message), *(translated(text) for text in error.fields.values())]), "error")
    else:
        flash(_("링크를 만들었습니다. 아래에서 복사해 쓰세요."), "success")
    return _back(material_id)


@blueprint.post("/of/<int:material_id>/<int:share_id>/end")
@access.allow(*EDITOR_ROLES, Role.PARTNER)
def end(material_id: int, share_id: int) -> Any:
    scope = access.scope()
    material = service.get(db.session, scope, material_id)
    try:
        giving.end_share(db.session, scope, access.actor(), material, share_id, now=_now())
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        flash(_("링크를 끝냈습니다. 이제 열면 끝났다는 안내가 보입니다."), "success")
    return _back(material_id)


def _back(material_id: int) -> Any:
    page = "portal.show" if access.scope().is_partner else "materials.show"
    return redirect(url_for(page, material_id=material_id, _anchor="shares"))
