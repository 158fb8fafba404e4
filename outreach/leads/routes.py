"""Pages of leads: the board, the list, one lead with its history, and the export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from outreach.accounts import service as accounts
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound, StaleEdit
from outreach.leads import export, queries, service
from outreach.leads.forms import AssignForm, CloseForm, LeadForm, LogForm, MoveForm, NextForm, new_log_form
from outreach.leads.models import Lead
from outreach.leads.queries import LeadFilter, row_id
from outreach.leads.rules import (
    ASSIGN_ROLES,
    BOARD,
    CLOSED,
    MOVES,
    STATE_LABELS,
    VIEW_ROLES,
    WANT_LABELS,
    WORK_ROLES,
    LeadState,
)
from outreach.leads.service import LogEntry
from outreach.leads.timeline import entries
from outreach.regions.models import Centre
from outreach.scope import Role
from outreach.web import access, xlsx
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("leads", __name__, url_prefix="/leads")

DUE_LABELS = {
    "overdue": _l("기한 지남"), "today": _l("오늘까지"), "waiting": _l("첫 연락 전"),
    "unplanned": _l("다음 할 일 없음"),
}
#: Arguments of a list's address; anything else in it is not passed on.
KEPT = frozenset({"q", "state", "planner", "due", "centre", "sort", "dir"})


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"LEAD_STATES": STATE_LABELS, "LEAD_WANTS": WANT_LABELS}


# -- many leads ----------------------------------------------------------------------------------------


def _filters(default_state: str = "") -> LeadFilter:
    """Conditions from the address. A planner begins with their own leads."""
    scope, args = access.scope(), request.args
    own = str(scope.user_id) if scope.role is Role.PLANNER else ""
    return LeadFilter(
        state=args.get("state", default_state), planner=args.get("planner", own), due=args.get("due", ""),
        centre_id=row_id(args.get("centre", "")) if scope.sees_all_centres else None, text=args.get("q", "").strip(),
    )


def _kept() -> dict[str, str]:
    """The conditions in the address, for links that keep them."""
    return {key: value for key, value in request.args.items() if key in KEPT}


def _choices() -> dict[str, Any]:
    """What the filter bars offer."""
    scope = access.scope()
    people = [(str(planner.id), planner.name) for planner in accounts.planners(db.session, scope.centre_id)]
    centres = db.session.scalars(sa.select(Centre).order_by(Centre.name_ko)) if scope.sees_all_centres else ()
    return {
        "planner_choices": [*people, ("none", _("담당 없음"))],
        "centre_choices": [(str(centre.id), centre.name_ko) for centre in centres],
        "due_choices": DUE_LABELS.items(),
    }


@blueprint.get("/")
@access.allow(*VIEW_ROLES)
def board() -> str:
    return render_template("leads/board.html", **_board(), **_choices())


def _board(**extra: Any) -> dict[str, Any]:
    filters, today = _filters(), kst_today(_now())
    columns = queries.board(db.session, access.scope(), filters, today)
    can_work = access.scope().role in WORK_ROLES
    return {
        "columns": columns, "filters": filters, "today": today, "can_work": can_work, "moves": _moves(),
        "kept": _kept(), **extra,
    }


def _moves() -> dict[LeadState, list[LeadState]]:
    """Where a card may go from its column; closing asks for an outcome and is done on the lead's page."""
    return {state: [target for target in BOARD if target in MOVES[state]] for state in LeadState}


@blueprint.post("/<int:lead_id>/board-move")
@access.allow(*WORK_ROLES)
def board_move(lead_id: int) -> Any:
    """Move a card. With htmx only the board is drawn again; without, the whole page."""
    form, moved, problem = MoveForm(), None, None
    if form.validate_on_submit():
        try:
            moved = service.move(
                db.session, access.scope(), lead_id, form.state.data, version=form.version.data, now=_now()
            )
            db.session.commit()
        except NotFound:
            raise
        except DomainError as error:
            db.session.rollback()
            problem = translated(error.message)
    if not request.headers.get("HX-Request"):
        flash(problem or _("옮겼습니다."), "error" if problem else "success")
        return redirect(url_for(".board", **_kept()))
    return render_template("leads/_board.html", **_board(moved=moved, problem=problem))


@blueprint.get("/list")
@access.allow(*VIEW_ROLES)
def index() -> str:
    filters, today = _filters("open"), kst_today(_now())
    order, descending = request.args.get("sort", "due"), request.args.get("dir") == "desc"
    query = queries.ordered(queries.matching(access.scope(), filters, today), order, descending)
    return render_template(
        "leads/list.html", page=paginate(db.session, query), filters=filters, today=today, order=order,
        descending=descending, sort_url=_sort_url, kept=_kept(), **_choices(),
    )


def _sort_url(order: str) -> str:
    """The list sorted by ``order``; a second click turns it round."""
    same = request.args.get("sort", "due") == order
    direction = "desc" if same and request.args.get("dir") != "desc" else "asc"
    return url_for(".index", **_kept() | {"sort": order, "dir": direction})


@blueprint.get("/export.xlsx")
@access.allow(*VIEW_ROLES)
def download() -> Any:
    """The filtered list with contact details; who took it is recorded."""
    now = _now()
    query = queries.matching(access.scope(), _filters("open"), kst_today(now))
    leads = db.session.scalars(queries.ordered(query, "due", False).limit(export.MAX_ROWS)).unique().all()
    access.log_access(AccessKind.EXPORT, "lead", [lead.id for lead in leads], request.query_string.decode())
    content = xlsx.workbook([str(header) for header in export.HEADERS], map(export.row, leads), sheet=_("리드"))
    return xlsx.attachment(content, f"리드_{kst_today(now):%Y%m%d}.xlsx")


# -- one lead --------------------------------------------------------------------------------------------


@blueprint.get("/<int:lead_id>")
@access.allow(*VIEW_ROLES)
def show(lead_id: int) -> str:
    return _page(lead_id)


def _page(lead_id: int, form: LeadForm | None = None, problem: DomainError | None = None) -> str:
    """The lead's page; ``form`` is one that was refused, shown again as the person filled it in."""
    scope, now = access.scope(), _now()
    lead = queries.get(db.session, scope, lead_id)
    access.log_access(AccessKind.VIEW, "lead", [lead.id])
    fresh: dict[str, LeadForm] = {
        "log_form": new_log_form(now, lead.next_action, lead.next_due),
        "next_form": NextForm(None, prefix="next", next_action=lead.next_action, next_due=lead.next_due),
        "close_form": CloseForm(None, prefix="close"),
        "assign_form": _assign_form(lead, formdata=None),
    }
    refused = {name: form for name, made in fresh.items() if form is not None and type(made) is type(form)}
    return render_template(
        "leads/show.html", lead=lead, timeline=entries(db.session, [lead]), today=kst_today(now),
        moves=[target for target in LeadState if target in MOVES[lead.state] - CLOSED],
        can_work=scope.role in WORK_ROLES, can_assign=scope.role in ASSIGN_ROLES,
        can_take=scope.role is Role.PLANNER and lead.planner_id is None and lead.closed_at is None,
        problem=problem, stale=isinstance(problem, StaleEdit), refused=form, **(fresh | refused),
    )


def _assign_form(lead: Lead, **values: Any) -> AssignForm:
    form = AssignForm(prefix="assign", planner=lead.planner_id, **values)
    several_centres = access.scope().sees_all_centres
    form.planner.choices = [
        (planner.id, f"{planner.name} ({planner.centre.name_ko})" if several_centres else planner.name)
        for planner in accounts.planners(db.session, access.scope().centre_id)
    ]
    return form


def _save(lead_id: int, form: LeadForm, act: Callable[[], Lead], done: str) -> Any:
    """Do one edit and go back to the lead. If it is refused, nothing is saved and the page comes back with
    everything the person wrote, beside what the others have saved meanwhile."""
    problem: DomainError | None = None
    if form.validate_on_submit():
        try:
            act()
            db.session.commit()
            flash(done, "success")
            return redirect(url_for(".show", lead_id=lead_id))
        except NotFound:
            raise
        except DomainError as error:
            db.session.rollback()
            form.take_errors(error)
            problem = error
    return _page(lead_id, form, problem), problem.status if problem else 422


@blueprint.post("/<int:lead_id>/log")
@access.allow(*WORK_ROLES)
def log(lead_id: int) -> Any:
    form = LogForm(prefix="log")

    def act() -> Lead:
        entry = LogEntry(
            form.kind.data, form.instant(), form.note.data, form.next_action.data or "", form.next_due.data
        )
        return service.log(db.session, access.scope(), lead_id, entry, version=form.version.data, now=_now())

    return _save(lead_id, form, act, _("기록했습니다."))


@blueprint.post("/<int:lead_id>/next")
@access.allow(*WORK_ROLES)
def plan(lead_id: int) -> Any:
    form = NextForm(prefix="next")

    def act() -> Lead:
        return service.plan_next(
            db.session, access.scope(), lead_id, form.next_action.data or "", form.next_due.data,
            version=form.version.data, now=_now(),
        )

    return _save(lead_id, form, act, _("다음 할 일을 저장했습니다."))


@blueprint.post("/<int:lead_id>/move")
@access.allow(*WORK_ROLES)
def move(lead_id: int) -> Any:
    form = MoveForm()

    def act() -> Lead:
        scope = access.scope()
        return service.move(db.session, scope, lead_id, form.state.data, version=form.version.data, now=_now())

    return _save(lead_id, form, act, _("상태를 바꾸었습니다."))


@blueprint.post("/<int:lead_id>/close")
@access.allow(*WORK_ROLES)
def close(lead_id: int) -> Any:
    form = CloseForm(prefix="close")

    def act() -> Lead:
        return service.move(
            db.session, access.scope(), lead_id, form.state.data, version=form.version.data, now=_now(),
            outcome=form.outcome.data,
        )

    return _save(lead_id, form, act, _("리드를 마무리했습니다."))


@blueprint.post("/<int:lead_id>/assign")
@access.allow(*ASSIGN_ROLES)
def assign(lead_id: int) -> Any:
    form = _assign_form(queries.get(db.session, access.scope(), lead_id))
    base_url = current_app.extensions["outreach"].settings.base_url

    def act() -> Lead:
        return service.reassign(
            db.session, access.scope(), lead_id, form.planner.data, version=form.version.data, now=_now(),
            base_url=base_url,
        )

    return _save(lead_id, form, act, _("담당 플래너를 정했습니다."))


@blueprint.post("/<int:lead_id>/take")
@access.allow(Role.PLANNER)
def take(lead_id: int) -> Any:
    form = LeadForm()

    def act() -> Lead:
        return service.take(db.session, access.scope(), lead_id, version=form.version.data, now=_now())

    return _save(lead_id, form, act, _("이 리드를 맡았습니다."))
