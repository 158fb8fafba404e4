"""Staff pages of incoming mail: the tray and the list, one mail as safe text, what a person decides about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from campaigns.inbound import queries, service, store, tray
from campaigns.inbound.forms import AddressForm, IgnoreForm
from campaigns.inbound.jobs import setting
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.queries import InboundFilter
from campaigns.inbound.rules import (
    CLASS_LABELS,
    KIND_LABELS,
    REASON_LABELS,
    STATE_LABELS,
    VIEW_ROLES,
    WORK_ROLES,
    InboundState,
)
from campaigns.mailings.models import Mailing
from campaigns.responses import tray as response_tray
from campaigns.responses.forms import ConfirmForm, HandOverForm
from outreach.accounts.models import User
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.companies import consent
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.leads.queries import row_id
from outreach.regions import service as regions
from outreach.web import access
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("inbound", __name__, url_prefix="/inbound")


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "INBOUND_KINDS": KIND_LABELS, "INBOUND_STATES": STATE_LABELS, "BOUNCE_CLASSES": CLASS_LABELS,
        "INBOUND_REASONS": REASON_LABELS,
    }


# -- list -----------------------------------------------------------------------------------------------------


def _filters() -> InboundFilter:
    args = request.args
    return InboundFilter(
        state=args.get("state", ""), kind=args.get("kind", ""), bounce_class=args.get("class", ""),
        mailing_id=row_id(args.get("mailing", "")), text=args.get("q", "").strip()[:254],
    )


@blueprint.get("/")
@access.allow(*VIEW_ROLES)
def index() -> str:
    scope, filters = access.scope(), _filters()
    page = paginate(db.session, queries.matching(scope, filters))
    access.log_access(AccessKind.VIEW, "inbound", [row.id for row in page.items])
    return render_template(
        "inbound/list.html", page=page, filters=filters, waiting=queries.count_waiting(db.session, scope),
        mailing=db.session.get(Mailing, filters.mailing_id) if filters.mailing_id and page.items else None,
        connected=bool(current_app.extensions["outreach"].settings.imap_url),
    )


# -- one mail ---------------------------------------------------------------------------------------------------


@blueprint.get("/<int:message_id>")
@access.allow(*VIEW_ROLES)
def show(message_id: int) -> str:
    return _page(message_id)


def _page(message_id: int, problem: str = "", **forms: FlaskForm) -> str:
    """``forms``: a refused one, with what was typed; ``problem``: why, if it is no matter of a field."""
    scope = access.scope()
    row = queries.get(db.session, scope, message_id)
    access.log_access(AccessKind.VIEW, "inbound", [row.id])
    can_work = scope.role in WORK_ROLES
    deciding = can_work and row.state is InboundState.WAITING
    asked = request.args.get("q")
    found: Any = ()
    if deciding:
        found = (
            tray.suggestions(db.session, scope, row) if asked is None
            else response_tray.candidates(db.session, scope, asked)
        )
    fresh = {
        "confirm_form": ConfirmForm(None), "ignore_form": IgnoreForm(None, prefix="ignore"),
        "bounce_form": AddressForm(None, prefix="bounce", address=row.address or row.sender),
        "refuse_form": AddressForm(None, prefix="refuse", address=row.sender or row.address),
        "hand_over_form": _hand_over_form(row.centre_id, formdata=None),
    }
    return render_template(
        "inbound/show.html", row=row, can_work=can_work, deciding=deciding, found=found, asked=asked, problem=problem,
        suppressed=consent.suppressed(db.session, row.details.get("suppressed", [])), who=_who(row),
        own_source=service.source(row), **(fresh | forms),
    )


def _who(row: InboundMessage) -> str:
    user = db.session.get(User, row.decided_by) if row.decided_by else None
    return user.name if user else ""


def _hand_over_form(own: int | None, **values: Any) -> HandOverForm:
    form = HandOverForm(prefix="over", **values)
    others = regions.centres(db.session, kst_today(_now()))
    form.centre_id.choices = [(0, _("고르지 않음")), *((each.id, each.name_ko) for each in others if each.id != own)]
    return form


@blueprint.get("/<int:message_id>/original")
@access.allow(*WORK_ROLES)
def original(message_id: int) -> Response:
    """The mail as it came, as a file that no browser opens."""
    row = queries.get(db.session, access.scope(), message_id)
    content = store.read(setting(current_app).folder, row.sha256)  # type: ignore[arg-type]
    access.log_access(AccessKind.DOWNLOAD, "inbound", [row.id])
    return Response(content, mimetype="application/octet-stream", headers={
        "Content-Disposition": f'attachment; filename="inbound-{row.id}.eml"', "X-Content-Type-Options": "nosniff",
    })


# -- decisions ------------------------------------------------------------------------------------------------


def _decide(
    message_id: int, name: str, form: FlaskForm | None, act: Callable[[], InboundMessage], done: str, then: str = ""
) -> Any:
    """One decision; refused, the page comes back with what was typed. ``then``: where to go on, if not here."""
    status, problem = 422, ""
    if form is None or form.validate_on_submit():
        try:
            act()
            db.session.commit()
            flash(done, "success")
            return redirect(then or url_for(".show", message_id=message_id))
        except NotFound:
            raise
        except DomainError as error:
            db.session.rollback()
            status, problem = error.status, translated(error.message)
    return _page(message_id, problem, **({name: form} if form is not None else {})), status


@blueprint.post("/<int:message_id>/assign")
@access.allow(*WORK_ROLES)
def assign(message_id: int) -> Any:
    queries.get(db.session, access.scope(), message_id)
    form, base_url = ConfirmForm(), current_app.extensions["outreach"].settings.base_url

    def act() -> InboundMessage:
        return tray.assign(
            db.session, access.scope(), access.actor(), message_id, form.workplace_id.data or 0, now=_now(),
            base_url=base_url,
        )

    return _decide(message_id, "confirm_form", form, act, _("기업의 회신으로 정했습니다. 리드로 이어졌습니다."))


@blueprint.post("/<int:message_id>/bounce")
@access.allow(*WORK_ROLES)
def bounce(message_id: int) -> Any:
    queries.get(db.session, access.scope(), message_id)
    form = AddressForm(prefix="bounce")

    def act() -> InboundMessage:
        return tray.mark_bounce(
            db.session, access.scope(), access.actor(), message_id, form.address.data or "", now=_now()
        )

    return _decide(message_id, "bounce_form", form, act, _("반송으로 정했습니다. 이 주소로는 더 보내지 않습니다."))


@blueprint.post("/<int:message_id>/refuse")
@access.allow(*WORK_ROLES)
def refuse(message_id: int) -> Any:
    queries.get(db.session, access.scope(), message_id)
    form = AddressForm(prefix="refuse")

    def act() -> InboundMessage:
        return tray.mark_refusal(
            db.session, access.scope(), access.actor(), message_id, form.address.data or "", now=_now()
        )

    done = _("수신거부로 정했습니다. 이 주소로는 어떤 메일도 나가지 않습니다.")
    return _decide(message_id, "refuse_form", form, act, done)


@blueprint.post("/<int:message_id>/settle")
@access.allow(*WORK_ROLES)
def settle(message_id: int) -> Any:
    def act() -> InboundMessage:
        return tray.settle(db.session, access.scope(), access.actor(), message_id, now=_now())

    return _decide(message_id, "", None, act, _("확인한 메일로 정리했습니다."))


@blueprint.post("/<int:message_id>/ignore")
@access.allow(*WORK_ROLES)
def ignore(message_id: int) -> Any:
    queries.get(db.session, access.scope(), message_id)
    form = IgnoreForm(prefix="ignore")

    def act() -> InboundMessage:
        return tray.ignore(db.session, access.scope(), access.actor(), message_id, form.reason.data or "", now=_now())

    return _decide(message_id, "ignore_form", form, act, _("메일을 제외했습니다."))


@blueprint.post("/<int:message_id>/hand-over")
@access.allow(*WORK_ROLES)
def hand_over(message_id: int) -> Any:
    row = queries.get(db.session, access.scope(), message_id)
    form = _hand_over_form(row.centre_id)

    def act() -> InboundMessage:
        return tray.hand_over(
            db.session, access.scope(), access.actor(), message_id, form.centre_id.data, now=_now()
        )

    done, then = _("다른 센터의 확인함으로 넘겼습니다."), url_for(".index", state="waiting")
    return _decide(message_id, "hand_over_form", form, act, done, then)


@blueprint.post("/<int:message_id>/restore")
@access.allow(*WORK_ROLES)
def restore(message_id: int) -> Any:
    def act() -> InboundMessage:
        return tray.restore(db.session, access.scope(), access.actor(), message_id, now=_now())

    return _decide(message_id, "", None, act, _("판단을 되돌렸습니다. 이 메일은 확인함에 있습니다."))
