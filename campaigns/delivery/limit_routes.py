"""How fast is sent, for administrators: servers, limits, domains that rest, the tries after a refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from campaigns.delivery import limit_settings, rests
from campaigns.delivery.limit_settings import LimitValues
from campaigns.delivery.models import LimitKind, SendingLimit
from campaigns.delivery.pace import WINDOW_LABELS
from campaigns.delivery.retry import RETRY_TABLE, TROUBLE_LABELS
from campaigns.delivery.retry_words import span
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.mail.panel import servers_panel
from outreach.scope import Role
from outreach.web import access
from outreach.web.language import translated
from outreach.web.numbers import read_id

blueprint = Blueprint("sending", __name__, url_prefix="/sending")

READERS = (Role.ADMINISTRATOR, Role.HEADQUARTERS)


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.get("/")
@access.allow(*READERS)
def index() -> str:
    """All that limits the sending."""
    return _page()


def _page(typed: dict[str, str] | None = None) -> str:
    """``typed``: what was written into a form that was refused."""
    retries = [
        (TROUBLE_LABELS[trouble], [span(wait) for wait in waits], span(sum(waits, timedelta())))
        for trouble, waits in RETRY_TABLE.items()
    ]
    return render_template(
        "deliveries/sending_limits.html", servers=servers_panel(access.scope()), rows=limit_settings.listed(db.session),
        policy=limit_settings.policy(db.session), rests=rests.listed(db.session), now=_now(), windows=WINDOW_LABELS,
        retries=retries, may_edit=access.scope().role is Role.ADMINISTRATOR, typed=typed or {},
        setting=current_app.extensions["outreach"].settings.frequency,
    )


def _act(act: Callable[[], object], done: str) -> Any:
    """Do it and come back; a refusal is shown above what was written."""
    try:
        act()
        db.session.commit()
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
        return _page(request.form.to_dict()), 422
    flash(done, "success")
    return redirect(url_for(".index"))


@blueprint.post("/")
@access.allow(Role.ADMINISTRATOR)
def save() -> Any:
    """All limits and the thresholds at once."""
    form = request.form
    rows = {
        number: (_values(f"-{number}"), read_id(form.get(f"version-{number}", "")))
        for text in form.getlist("row") if (number := read_id(text)) is not None
    }

    def act() -> None:
        limit_settings.save_all(db.session, access.actor(), rows, now=_now())
        limit_settings.change_policy(
            db.session, access.actor(), form.get("refusal_percent", ""), form.get("domain_refusal_percent", ""),
            read_id(form.get("policy_version", "")), now=_now(),
        )

    return _act(act, _("저장했습니다. 다음에 보내는 묶음부터 적용됩니다."))


def _values(suffix: str) -> LimitValues:
    form = request.form
    return LimitValues(*(form.get(name + suffix, "") for name in ("amount", "window", "abreast", "domains")))


@blueprint.post("/cap")
@access.allow(*READERS)
def cap() -> Any:
    """How often one recipient is written to."""
    form = request.form
    written = (form.get("contact", ""), form.get("company", ""), form.get("days", ""))
    version = read_id(form.get("policy_version", ""))
    return _act(
        lambda: limit_settings.change_cap(db.session, access.actor(), written, version, now=_now()),
        _("저장했습니다. 이제부터 세는 대상과 다음에 보내는 묶음부터 적용됩니다."),
    )


@blueprint.post("/add")
@access.allow(Role.ADMINISTRATOR)
def add() -> Any:
    """A further limit, of domains or of a server."""
    kind = LimitKind.SERVER if request.form.get("kind") == "server" else LimitKind.DOMAINS
    return _act(
        lambda: limit_settings.add(
            db.session, access.actor(), kind, request.form.get("name", ""), _values(""), now=_now()
        ),
        _("한도를 더했습니다."),
    )


@blueprint.post("/remove")
@access.allow(Role.ADMINISTRATOR)
def remove() -> Any:
    """Take a limit away."""
    row = db.session.get(SendingLimit, read_id(request.form.get("limit", "")) or 0)
    if row is None:
        raise NotFound("이 한도는 이미 없습니다.")
    return _act(lambda: limit_settings.remove(db.session, access.actor(), row, now=_now()), _("한도를 지웠습니다."))


@blueprint.post("/rests/lift")
@access.allow(Role.ADMINISTRATOR)
def lift() -> Any:
    """Write to a domain again at once."""
    domain = request.form.get("domain", "")[:254]
    return _act(
        lambda: rests.lift(db.session, access.actor(), domain, now=_now()),
        _("%(domain)s에 다시 보냅니다.", domain=domain),
    )
