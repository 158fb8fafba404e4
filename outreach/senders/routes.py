"""The page of the sending domains: looking them up, what to publish, an administrator's acknowledgement."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from outreach.db import db
from outreach.errors import DomainError
from outreach.mail import dkim
from outreach.scope import EDITOR_ROLES, STAFF_ROLES, Role
from outreach.senders import service
from outreach.senders.checking import check
from outreach.senders.rules import STATE_LABELS, SenderState
from outreach.web import access
from outreach.web.language import translated
from outreach.web.protection import limiter

blueprint = Blueprint("senders", __name__, url_prefix="/senders")

CHECKERS = EDITOR_ROLES | {Role.ADMINISTRATOR}
TONES = {SenderState.ALIGNED: "success", SenderState.NOT_ALIGNED: "danger", SenderState.UNKNOWN: "warning"}


@blueprint.get("/")
@access.allow(*STAFF_ROLES)
def index() -> str:
    rows, role = service.known(db.session), access.scope().role
    looked_at = {row.domain for row in rows}
    return render_template(
        "senders/index.html", rows=rows, states=STATE_LABELS, tones=TONES, may_check=role in CHECKERS,
        may_acknowledge=role is Role.ADMINISTRATOR, typed=request.args.get("domain", "")[:253],
        others=[domain for domain in _own_domains() if domain not in looked_at],
        required=current_app.extensions["outreach"].settings.sender_check,
    )


def _own_domains() -> list[str]:
    """Domains we surely send from: that of the notices, and those we have keys for."""
    settings = current_app.extensions["outreach"].settings
    keys = current_app.extensions[dkim.KEY].keys
    return sorted({service.domain_of(settings.mail_from), *(key.domain for key in keys)})


@blueprint.post("/check")
@access.allow(*CHECKERS)
@limiter.limit("20 per minute")
def look() -> Any:
    """Ask DNS and keep what it says. The transaction is ended first: DNS may take seconds to answer."""
    actor = access.actor()
    db.session.rollback()
    try:
        domain = service.checked_domain(request.form.get("domain", ""))
        found = check(current_app._get_current_object(), domain)  # type: ignore[attr-defined]
        service.record(db.session, actor, found, now=current_app.extensions["outreach"].clock.now())
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return redirect(url_for(".index"))
    text = _("%(domain)s: %(state)s", domain=domain, state=_(STATE_LABELS[found.state]))
    flash(text, "success" if found.state is SenderState.ALIGNED else "warning")
    return redirect(url_for(".index") + f"#{domain}")


@blueprint.post("/acknowledge")
@access.allow(Role.ADMINISTRATOR)
def acknowledge() -> Any:
    domain = service.domain_of(request.form.get("domain", ""))
    try:
        service.acknowledge(
            db.session, access.scope(), access.actor(), domain, request.form.get("reason", ""),
            now=current_app.extensions["outreach"].clock.now(),
        )
        db.session.commit()
        flash(_("예외로 인정했습니다. 이 도메인으로 메일을 보낼 수 있습니다."), "success")
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    return redirect(url_for(".index") + f"#{domain}")
