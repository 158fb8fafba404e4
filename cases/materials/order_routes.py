"""Pages of printed copies: partners order and follow their orders; staff decide, record what was printed and handed
over, and keep the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from cases.materials import orders, service
from cases.materials.forms import DecisionForm, DeliveryForm, OrderForm, RecallForm, RunForm
from cases.materials.order_models import PrintOrder
from cases.materials.orders import Sought
from cases.materials.rules import CARRIAGE_LABELS, ORDER_LABELS, OrderState
from outreach.audit import service as audit
from outreach.audit.models import AccessKind
from outreach.clock import kst_today
from outreach.db import db
from outreach.errors import DomainError, NotFound
from outreach.scope import EDITOR_ROLES, Role
from outreach.web import access, xlsx
from outreach.web.language import translated
from outreach.web.paging import paginate

blueprint = Blueprint("orders", __name__, url_prefix="/print-orders")

BOTH = (*EDITOR_ROLES, Role.PARTNER)
TONES = {
    OrderState.REQUESTED: "warning", OrderState.CONFIRMED: "info", OrderState.PARTLY: "info",
    OrderState.DELIVERED: "success", OrderState.REFUSED: "danger", OrderState.CANCELLED: "neutral",
}


def _now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"ORDER_STATES": ORDER_LABELS, "ORDER_TONES": TONES, "CARRIAGES": CARRIAGE_LABELS}


def _sought() -> Sought:
    args = request.args
    state = args.get("state", "")
    return Sought(
        text=args.get("q", "").strip()[:100],
        state=next((each for each in OrderState if each.value == state), None), open_only=state == "open",
        material_id=args.get("material", type=int), organisation_id=args.get("organisation", type=int),
        since=args.get("since", type=_day), until=args.get("until", type=_day),
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


# -- reading -------------------------------------------------------------------------------------------


@blueprint.get("/")
@access.allow(*BOTH)
def index() -> str:
    """The ledger: orders with what was handed over, totals, and what is to be called back."""
    scope, sought = access.scope(), _sought()
    page = paginate(db.session, orders.orders_query(scope, sought), size=30)
    access.log_access(AccessKind.VIEW, orders.SUBJECT, [row.id for row in page.items])
    return render_template(
        "portal/orders.html" if scope.is_partner else "materials/ledger.html", page=page, args=request.args,
        states=[("open", _("할 일 남음")), *((state.value, _(label)) for state, label in ORDER_LABELS.items())],
        totals=orders.totals(db.session, scope, sought),
        recalls=[] if scope.is_partner else orders.recalls(db.session, scope), filtered=sought != Sought(),
    )


@blueprint.get("/export.xlsx")
@access.allow(*EDITOR_ROLES)
def export() -> Any:
    """The ledger as offices keep it: a line for each handing over, and for each order of which nothing is out."""
    rows = list(db.session.scalars(orders.orders_query(access.scope(), _sought())).unique())
    access.log_access(AccessKind.EXPORT, orders.SUBJECT, [row.id for row in rows])
    headers = [
        _("번호"), _("상태"), _("협력기관"), _("홍보물"), _("판"), _("놓을 곳"), _("받을 주소"), _("받을 사람"),
        _("연락처"), _("받을 날"), _("신청 부수"), _("확정 부수"), _("배부한 날"), _("배부 부수"), _("받은 사람"),
        _("방법"), _("운송장 번호"), _("비고"),
    ]
    lines = []
    for row in rows:
        facts = [
            row.id, _(ORDER_LABELS[row.state]), row.organisation.name, row.material.title, row.edition.number,
            row.place, row.address, row.recipient, row.phone, row.wanted_on, row.asked, row.granted,
        ]
        lines += [
            [*facts, line.delivered_on, line.quantity, line.received_by, _(CARRIAGE_LABELS[line.carriage]),
             line.tracking, line.note] for line in row.deliveries
        ] or [[*facts, *[None] * 6]]
    return xlsx.attachment(xlsx.workbook(headers, lines, sheet="배부대장"), f"배부대장 {kst_today(_now()):%Y%m%d}.xlsx")


@blueprint.get("/<int:order_id>")
@access.allow(*BOTH)
def show(order_id: int) -> str:
    return _page(orders.get(db.session, access.scope(), order_id))


def _page(row: PrintOrder, **forms: Any) -> str:
    scope, today = access.scope(), kst_today(_now())
    access.log_access(AccessKind.VIEW, orders.SUBJECT, [row.id])
    printed, given = orders.stock(db.session, row.edition_id)
    left = row.quantity - row.delivered
    shown = {
        "decision": DecisionForm(formdata=None, granted=row.quantity),
        "delivery": DeliveryForm(formdata=None, delivered_on=today, quantity=max(left, 0), received_by=row.recipient),
        "recall": RecallForm(formdata=None), **forms,
    }
    return render_template(
        "portal/order.html" if scope.is_partner else "materials/order.html", order=row, left=left, printed=printed,
        given=given, recalls=[recall for recall in row.recalls if recall.done_at is None],
        history=audit.history(db.session, orders.SUBJECT, row.id), fields=FIELD_WORDS,
        words={label: _(FORMER_WORDS.get(label, label)) for label in (*ORDER_LABELS.values(), *FORMER_WORDS)}, **shown,
    )


FIELD_WORDS = {"copies": "부수", "edition": "판", "state": "상태", "delivered": "배부한 부수", "reason": "까닭",
               "returned": "회수한 부수"}
#: As the history recorded states before they were called otherwise.
FORMER_WORDS = {"신청": "접수"}


# -- partners ------------------------------------------------------------------------------------------


@blueprint.route("/new/<int:material_id>", methods=["GET", "POST"])
@access.allow(Role.PARTNER)
def create(material_id: int) -> Any:
    material = service.get(db.session, access.scope(), material_id)
    edition, form = service.given_edition(material, kst_today(_now())), OrderForm()
    if edition is None:
        raise NotFound("지금 배포하지 않는 홍보물입니다.")
    if form.validate_on_submit():
        try:
            row = orders.order(db.session, access.scope(), access.actor(), material, form.data, now=_now())
            db.session.commit()
        except DomainError as error:
            db.session.rollback()
            _mark(form, error)
        else:
            flash(_("신청했습니다. 담당 고용센터가 확인하면 이 화면의 상태가 바뀝니다."), "success")
            return redirect(url_for(".show", order_id=row.id))
    elif request.method == "POST":
        _mark_fields(form, orders.mistakes(form.data, kst_today(_now())))
    page = render_template("portal/order_form.html", form=form, material=material, edition=edition)
    return page, 422 if request.method == "POST" else 200


def _mark(form: Any, error: DomainError) -> None:
    """Show the service's reasons at their fields, and the rest above the form."""
    _mark_fields(form, error.fields)
    if not error.fields:
        form.form_errors.append(translated(error.message))


def _mark_fields(form: Any, fields: Mapping[str, str]) -> None:
    """One reason a field: what the form itself found wrong goes first."""
    for name, text in fields.items():
        if name in form and not form[name].errors:
            form[name].errors = [translated(text)]


@blueprint.post("/<int:order_id>/cancel")
@access.allow(Role.PARTNER)
def cancel(order_id: int) -> Any:
    row = orders.get(db.session, access.scope(), order_id)
    return _act(row, _("신청을 취소했습니다."), lambda: orders.cancel(
        db.session, access.actor(), row, version=_version(), now=_now()))


# -- staff ---------------------------------------------------------------------------------------------


@blueprint.post("/<int:order_id>/confirm")
@access.allow(*EDITOR_ROLES)
def confirm(order_id: int) -> Any:
    row, form = orders.handled(db.session, access.scope(), order_id), DecisionForm()
    return _decide(row, "decision", form, _("확정했습니다."), lambda: orders.confirm(
        db.session, access.actor(), row, form.granted.data, form.reason.data or "", version=_version(), now=_now()))


@blueprint.post("/<int:order_id>/refuse")
@access.allow(*EDITOR_ROLES)
def refuse(order_id: int) -> Any:
    row, form = orders.handled(db.session, access.scope(), order_id), DecisionForm()
    return _decide(row, "decision", form, _("반려했습니다."), lambda: orders.refuse(
        db.session, access.actor(), row, form.reason.data or "", version=_version(), now=_now()))


@blueprint.post("/<int:order_id>/deliveries")
@access.allow(*EDITOR_ROLES)
def deliver(order_id: int) -> Any:
    row, form = orders.handled(db.session, access.scope(), order_id), DeliveryForm()
    return _decide(row, "delivery", form, _("배부대장에 적었습니다."), lambda: orders.deliver(
        db.session, access.actor(), row, form.data, version=_version(), now=_now()))


@blueprint.post("/<int:order_id>/recalls/<int:recall_id>")
@access.allow(*EDITOR_ROLES)
def settle_recall(order_id: int, recall_id: int) -> Any:
    row, form = orders.handled(db.session, access.scope(), order_id), RecallForm()
    recall = orders.recall_of(row, recall_id)
    return _decide(row, "recall", form, _("회수를 적었습니다."), lambda: orders.settle_recall(
        db.session, access.actor(), row, recall, form.returned.data or 0, form.note.data or "", now=_now()))


@blueprint.post("/runs/<int:material_id>/<int:number>")
@access.allow(*EDITOR_ROLES)
def record_run(material_id: int, number: int) -> Any:
    """Copies of an edition came from the printer's."""
    edition = service.edition_of(service.editable(db.session, access.scope(), material_id), number)
    form = RunForm()
    if form.validate_on_submit():
        orders.record_run(
            db.session, access.actor(), edition, quantity=form.quantity.data, printed_on=form.printed_on.data,
            printer=form.printer.data or "", now=_now(),
        )
        db.session.commit()
        flash(_("인쇄한 부수를 적었습니다."), "success")
    else:
        flash(_("인쇄한 부수와 날짜를 적어 주세요."), "error")
    return redirect(url_for("materials.show", material_id=material_id, _anchor="printed"))


def _version() -> int | None:
    return request.form.get("version", type=int)


def _decide(row: PrintOrder, name: str, form: Any, done: str, act: Callable[[], Any]) -> Any:
    """Do one thing with an order; what is wrong is shown at the form it came from."""
    if form.validate_on_submit():
        try:
            act()
            db.session.commit()
        except NotFound:
            raise
        except DomainError as error:
            db.session.rollback()
            _mark(form, error)
            if not error.fields:
                flash(translated(error.message), "error")
        else:
            flash(done, "success")
            return redirect(url_for(".show", order_id=row.id))
    return _page(orders.get(db.session, access.scope(), row.id), **{name: form}), 422


def _act(row: PrintOrder, done: str, act: Callable[[], Any]) -> Any:
    try:
        act()
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        flash(translated(error.message), "error")
    else:
        flash(done, "success")
    return redirect(url_for(".show", order_id=row.id))


def home_panel(scope: Any, _subject: Any) -> Any:
    """What waits for staff: new orders, and copies to be called back."""
    waiting = db.session.scalars(orders.orders_query(scope, Sought(state=OrderState.REQUESTED)).limit(5)).unique().all()
    recalls = orders.recalls(db.session, scope)
    if not waiting and not recalls:
        return ""
    return render_template("materials/orders_home.html", waiting=waiting, recalls=recalls[:5])
