"""Staff pages of responses: list, tray, one response, typing one in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from campaigns.responses import export, queries, service, tray
from campaigns.responses.forms import ConfirmForm, DismissForm, HandOverForm, NewCompanyForm, StaffForm
from campaigns.responses.models import Response
from campaigns.responses.queries import ResponseFilter
from campaigns.responses.rules import CHANNEL_LABELS, STATE_LABELS, VIEW_ROLES, WORK_ROLES, ResponseState
from outreach.audit.models import AccessKind
from outreach.clock import KST, kst_today, to_kst
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.leads.queries import row_id
from outreach.regions import service as regions
from outreach.web import access, xlsx
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("responses", __name__, url_prefix="/responses")

#: Arguments of a list's address; anything else in it is not passed on.
KEPT = frozenset({"q", "state", "channel", "want", "campaign", "since", "until"})


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def _base_url() -> str:
    return current_app.extensions["outreach"].settings.base_url


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"RESPONSE_STATES": STATE_LABELS, "RESPONSE_CHANNELS": CHANNEL_LABELS}


# -- list ---------------------------------------------------------------------------------------------------


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _filters() -> ResponseFilter:
    args = request.args
    return ResponseFilter(
        state=args.get("state", ""), channel=args.get("channel", ""), want=args.get("want", ""),
        campaign_id=row_id(args.get("campaign", "")), since=_day("since"), until=_day("until"),
        text=args.get("q", "").strip(),
    )


@blueprint.get("/")
@access.allow(*VIEW_ROLES)
def index() -> str:
    scope, filters = access.scope(), _filters()
    return render_template(
        "responses/list.html", page=paginate(db.session, queries.matching(scope, filters)), filters=filters,
        waiting=queries.count_waiting(db.session, scope), campaigns=queries.campaigns(db.session, scope),
        kept={key: value for key, value in request.args.items() if key in KEPT}, can_work=scope.role in WORK_ROLES,
    )


@blueprint.get("/export.xlsx")
@access.allow(*VIEW_ROLES)
def download() -> Any:
    """The filtered list with names and numbers; who took it is recorded."""
    query = queries.matching(access.scope(), _filters()).limit(export.MAX_ROWS)
    responses = db.session.scalars(query).unique().all()
    ids = [response.id for response in responses]
    access.log_access(AccessKind.EXPORT, "response", ids, request.query_string.decode())
    content = xlsx.workbook([str(header) for header in export.HEADERS], map(export.row, responses), sheet=_("응답"))
    return xlsx.attachment(content, f"응답_{kst_today(_now()):%Y%m%d}.xlsx")


# -- one response ---------------------------------------------------------------------------------------------


@blueprint.get("/<int:response_id>")
@access.allow(*VIEW_ROLES)
def show(response_id: int) -> str:
    return _page(response_id)


def _page(response_id: int, problem: str = "", **forms: FlaskForm) -> str:
    """``forms``: a refused one, with what was typed; ``problem``: why, if it is no matter of a field."""
    scope = access.scope()
    response = queries.get(db.session, scope, response_id)
    access.log_access(AccessKind.VIEW, "response", [response.id])
    waiting = response.state is ResponseState.UNVERIFIED and scope.role in WORK_ROLES
    asked = request.args.get("q")
    found: Any = ()
    home = tray.home_centre(db.session, response) if waiting else None
    if waiting:
        found = (
            tray.suggestions(db.session, scope, response) if asked is None
            else tray.candidates(db.session, scope, asked)
        )
    fresh = {
        "confirm_form": ConfirmForm(None),
        "new_form": NewCompanyForm(
            None, name=response.company_name, business_number=response.business_number, phone=response.phone
        ),
        "dismiss_form": DismissForm(None),
        "hand_over_form": _hand_over_form(response.centre_id, formdata=None, centre_id=home),
    }
    return render_template(
        "responses/show.html", response=response, waiting=waiting, found=found, asked=asked,
        elsewhere=home is not None and home != response.centre_id, can_work=scope.role in WORK_ROLES, problem=problem,
        **(fresh | forms),
    )


def _hand_over_form(own: int | None, **values: Any) -> HandOverForm:
    form = HandOverForm(prefix="over", **values)
    others = regions.centres(db.session, kst_today(_now()))
    form.centre_id.choices = [(0, _("고르지 않음")), *((each.id, each.name_ko) for each in others if each.id != own)]
    return form


def _decide(
    response_id: int, name: str, form: FlaskForm, act: Callable[[], Response], done: str, then: str = ""
) -> Any:
    """One decision on a response; refused, the page comes back with what was typed. ``then``: where to go on, if
    not to the response."""
    status, problem = 422, ""
    if form.validate_on_submit():
        try:
            response = act()
            db.session.commit()
            flash(done, "success")
            return redirect(then or url_for(".show", response_id=response.id))
        except NotFound:
            raise
        except DomainError as error:
            db.session.rollback()
            status, problem = error.status, translated(error.message)
    return _page(response_id, problem, **{name: form}), status


@blueprint.post("/<int:response_id>/confirm")
@access.allow(*WORK_ROLES)
def confirm(response_id: int) -> Any:
    form = ConfirmForm()

    def act() -> Response:
        return tray.confirm(
            db.session, access.scope(), response_id, form.workplace_id.data or 0, now=_now(), base_url=_base_url()
        )

    return _decide(response_id, "confirm_form", form, act, _("기업을 확인했습니다. 리드로 이어졌습니다."))


@blueprint.post("/<int:response_id>/confirm-new")
@access.allow(*WORK_ROLES)
def confirm_new(response_id: int) -> Any:
    form = NewCompanyForm()

    def act() -> Response:
        given = {name: form[name].data for name in ("name", "business_number", "address", "phone")}
        return tray.confirm_as_new(
            db.session, access.scope(), access.actor(), response_id, given, now=_now(), base_url=_base_url()
        )

    return _decide(response_id, "new_form", form, act, _("기업을 등록하고 리드로 이었습니다."))


@blueprint.post("/<int:response_id>/dismiss")
@access.allow(*WORK_ROLES)
def dismiss(response_id: int) -> Any:
    form = DismissForm()

    def act() -> Response:
        return tray.dismiss(db.session, access.scope(), response_id, form.reason.data or "", now=_now())

    return _decide(response_id, "dismiss_form", form, act, _("응답을 제외했습니다."))


@blueprint.post("/<int:response_id>/hand-over")
@access.allow(*WORK_ROLES)
def hand_over(response_id: int) -> Any:
    response = queries.get(db.session, access.scope(), response_id)
    form = _hand_over_form(response.centre_id)

    def act() -> Response:
        return tray.hand_over(db.session, access.scope(), response_id, form.centre_id.data, now=_now())

    done = _("다른 센터의 확인 대기로 넘겼습니다.")
    return _decide(response_id, "hand_over_form", form, act, done, url_for(".index", state="unverified"))


@blueprint.post("/<int:response_id>/restore")
@access.allow(*WORK_ROLES)
def restore(response_id: int) -> Any:
    tray.restore(db.session, access.scope(), response_id, now=_now())
    db.session.commit()
    flash(_("확인 대기로 되돌렸습니다."), "success")
    return redirect(url_for(".show", response_id=response_id))


# -- typing one in --------------------------------------------------------------------------------------------


def _staff_form(**values: Any) -> StaffForm:
    form = StaffForm(**values)
    own = [(campaign.id, campaign.name) for campaign in queries.campaigns(db.session, access.scope())]
    form.campaign_id.choices = [(0, _("캠페인과 무관")), *own]
    return form


def _typing_page(form: StaffForm, text: str | None = None) -> str:
    """``text``: what to look companies up by; the one already chosen stays on the page."""
    found = list(tray.candidates(db.session, access.scope(), text or ""))
    return render_template("responses/new.html", form=form, found=found, asked=text)


@blueprint.get("/new")
@access.allow(*WORK_ROLES)
def new() -> str:
    return _typing_page(_staff_form(formdata=None, at=to_kst(_now()).replace(tzinfo=None)), request.args.get("q"))


@blueprint.get("/companies")
@access.allow(*WORK_ROLES)
def companies() -> str:
    """The companies a search finds, as choices (htmx)."""
    text = request.args.get("q", "")
    found = tray.candidates(db.session, access.scope(), text)
    return render_template("responses/_candidates.html", found=found, asked=text, chosen=None)


@blueprint.post("/new")
@access.allow(*WORK_ROLES)
def create() -> Any:
    form = _staff_form()
    text = request.form.get("q")
    if not form.validate_on_submit():
        return _typing_page(form, text), 422
    try:
        response = service.type_in(
            db.session, access.scope(), form.answer(), form.channel.data, at=form.at.data.replace(tzinfo=KST),
            workplace_id=form.workplace_id.data, campaign_id=form.campaign_id.data or None, now=_now(),
            base_url=_base_url(),
        )
    except NotFound:
        raise
    except DomainError as error:
        db.session.rollback()
        form.form_errors.append(translated(error.message))
        return _typing_page(form, text), error.status
    db.session.commit()
    flash(_("응답을 저장했습니다."), "success")
    return redirect(url_for(".show", response_id=response.id))
