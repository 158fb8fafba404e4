"""Entering letters that came back: one field that a scanner types into, or a phone's camera."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from campaigns.post import returns
from campaigns.post.forms import LiftForm, ScanForm
from campaigns.post.rules import REASON_LABELS, ReturnReason
from outreach.audit.models import AccessKind
from outreach.companies import search
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.scope import EDITOR_ROLES
from outreach.web import access
from outreach.web.language import translated

blueprint = Blueprint("post_returns", __name__, url_prefix="/post")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.get("/returns")
@access.allow(*EDITOR_ROLES)
def index() -> str:
    chosen = request.args.get("reason", "")
    reason = ReturnReason(chosen) if chosen in {reason.value for reason in ReturnReason} else ReturnReason.MOVED
    return _page(ScanForm(formdata=None, reason=reason))


@blueprint.post("/returns")
@access.allow(*EDITOR_ROLES)
def scan() -> Any:
    """One letter. What was typed stays in the field if it is refused."""
    form = ScanForm()
    if not form.validate_on_submit():
        return _page(form), 422
    outreach = current_app.extensions["outreach"]
    try:
        item = returns.scan(
            db.session, access.scope(), access.actor(), outreach.signer, form.code.data or "", form.reason.data,
            now=_now(),
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        form.code.errors = [translated(error.message)]
        return _page(form), error.status
    flash(_("반송으로 넣었습니다: %(name)s (%(reason)s)", name=item.name, reason=_(REASON_LABELS[form.reason.data])),
          "success")
    return redirect(url_for(".index", reason=form.reason.data.value))


@blueprint.post("/returns/<int:item_id>/undo")
@access.allow(*EDITOR_ROLES)
def undo(item_id: int) -> Any:
    try:
        item = returns.undo(db.session, access.scope(), access.actor(), item_id, now=_now())
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        access.log_access(AccessKind.VIEW, "post_item", [item.id])
        flash(_("되돌렸습니다: %(name)s", name=item.name), "success")
    return redirect(url_for(".index"))


@blueprint.post("/objections/<int:company_id>/lift")
@access.allow(*EDITOR_ROLES)
def lift(company_id: int) -> Any:
    """The company wants letters again."""
    company, form = search.get(db.session, access.scope(), company_id), LiftForm()
    try:
        returns.lift(db.session, access.actor(), company, form.reason.data or "", now=_now())
        db.session.commit()
        flash(_("우편 수신거부를 해제했습니다."), "success")
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    return redirect(url_for("companies.show", company_id=company_id) + "#post")


def _page(form: ScanForm) -> str:
    recent = returns.recent(db.session, access.scope())
    if recent:
        access.log_access(AccessKind.VIEW, "post_item", [item.id for item in recent])
    return render_template("post/returns.html", form=form, recent=recent)
