"""Printed copies: orders, what was printed, the delivery ledger (배부대장), recalls of withdrawn editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from cases.materials import service
from cases.materials.models import Edition, Material
from cases.materials.order_models import PrintDelivery, PrintOrder, PrintRecall, PrintRun
from cases.materials.rules import (
    MOST_COPIES,
    OPEN_ORDERS,
    ORDER_LABELS,
    ORDER_MOVES,
    Carriage,
    OrderState,
    after_delivery,
)
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.organisations.models import Organisation
from outreach.scope import EDITOR_ROLES, Scope
from outreach.wording import Text

SUBJECT = "print_order"
_COUNT = Text("1부터 %(most)s까지 적어 주세요.", most=f"{MOST_COPIES:,}")


# -- reading -------------------------------------------------------------------------------------------


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that ``scope`` may see an order: a partner its own, staff those of the partners that their
    centre looks after."""
    if scope.is_partner:
        return PrintOrder.organisation_id == scope.organisation_id
    if scope.sees_all_centres:
        return sa.true()
    return PrintOrder.organisation_id.in_(sa.select(Organisation.id).where(Organisation.centre_id == scope.centre_id))


@dataclass(frozen=True, slots=True)
class Sought:
    """The conditions over the ledger; ``open_only``: something still has to be done."""

    text: str = ""
    state: OrderState | None = None
    open_only: bool = False
    material_id: int | None = None
    organisation_id: int | None = None
    since: date | None = None
    until: date | None = None


def orders_query(scope: Scope, sought: Sought = Sought()) -> sa.Select[tuple[PrintOrder]]:
    """The orders ``scope`` sees, the newest first. Days are those on which copies are wanted."""
    query = (
        sa.select(PrintOrder).join(PrintOrder.material).join(PrintOrder.organisation).where(visible(scope))
        .options(
            joinedload(PrintOrder.material), joinedload(PrintOrder.organisation), joinedload(PrintOrder.edition),
            selectinload(PrintOrder.deliveries),
        ).order_by(PrintOrder.id.desc())
    )
    if sought.text:
        words = (Material.title, Organisation.name, PrintOrder.place, PrintOrder.address)
        query = query.where(sa.or_(*(column.icontains(sought.text, autoescape=True) for column in words)))
    if sought.state is not None:
        query = query.where(PrintOrder.state == sought.state)
    if sought.open_only:
        query = query.where(PrintOrder.state.in_(OPEN_ORDERS))
    for column, value in ((PrintOrder.material_id, sought.material_id),
                          (PrintOrder.organisation_id, sought.organisation_id)):
        if value is not None:
            query = query.where(column == value)
    if sought.since is not None:
        query = query.where(PrintOrder.wanted_on >= sought.since)
    return query if sought.until is None else query.where(PrintOrder.wanted_on <= sought.until)


def get(session: Session, scope: Scope, order_id: int) -> PrintOrder:
    """Raises NotFound, also for another partner's or centre's."""
    order = session.scalar(sa.select(PrintOrder).where(PrintOrder.id == order_id, visible(scope)))
    if order is None:
        raise NotFound("그런 인쇄물 신청이 없습니다.")
    return order


def handled(session: Session, scope: Scope, order_id: int) -> PrintOrder:
    """The same for those who decide on it. Raises NotFound, Forbidden."""
    if scope.role not in EDITOR_ROLES:
        raise Forbidden("인쇄물 신청은 홍보담당과 센터 관리자, 본부에서 처리합니다.")
    return get(session, scope, order_id)


def stock(session: Session, edition_id: int) -> tuple[int, int]:
    """(copies printed, copies handed over) of an edition."""
    printed, given = (
        session.scalar(sa.select(sa.func.sum(table.quantity)).where(table.edition_id == edition_id)) or 0
        for table in (PrintRun, PrintDelivery)
    )
    return printed, given


@dataclass(frozen=True, slots=True)
class Total:
    """Copies of one edition handed over to one partner at one place."""

    material: str
    number: int
    organisation: str
    place: str
    quantity: int
    last_on: date


def totals(session: Session, scope: Scope, sought: Sought = Sought()) -> list[Total]:
    """By edition, partner and place, of the orders that :func:`orders_query` gives."""
    ids = orders_query(scope, sought).with_only_columns(PrintOrder.id).order_by(None)
    query = (
        sa.select(
            Material.title, Edition.number, Organisation.name, PrintOrder.place, sa.func.sum(PrintDelivery.quantity),
            sa.func.max(PrintDelivery.delivered_on),
        ).select_from(PrintDelivery).join(PrintDelivery.order).join(PrintDelivery.edition)
        .join(Material, Material.id == PrintOrder.material_id)
        .join(Organisation, Organisation.id == PrintOrder.organisation_id).where(PrintOrder.id.in_(ids))
        .group_by(Material.title, Edition.number, Organisation.name, PrintOrder.place)
        .order_by(Material.title, Edition.number.desc(), Organisation.name, PrintOrder.place)
    )
    return [Total(*row) for row in session.execute(query)]


# -- ordering ------------------------------------------------------------------------------------------


def order(
    session: Session, scope: Scope, actor: Actor, material: Material, values: Mapping[str, Any], *, now: datetime
) -> PrintOrder:
    """Ask for copies of the edition that is given out now. ``values``: asked, place, address, recipient, phone,
    wanted_on, note.

    :raises Forbidden: not a partner.
    :raises Conflict: nothing is given out.
    :raises Invalid: something is missing, or the day is past.
    """
    if scope.organisation_id is None:
        raise Forbidden("인쇄물은 협력기관에서 신청합니다.")
    today = kst_today(now)
    edition = service.given_edition(material, today)
    if edition is None:
        raise Conflict("지금 배포하지 않는 홍보물입니다.")
    if fields := mistakes(values, today):
        raise Invalid("신청하지 못했습니다.", fields=fields)
    kept = {name: " ".join(str(values.get(name) or "").split()) for name in ("place", "address", "recipient", "phone")}
    row = PrintOrder(
        material_id=material.id, edition_id=edition.id, organisation_id=scope.organisation_id, asked=values["asked"],
        place=kept["place"][:120], address=kept["address"][:200], recipient=kept["recipient"][:60],
        phone=kept["phone"][:32], wanted_on=values["wanted_on"], note=(values.get("note") or "").strip()[:2000],
        state=OrderState.REQUESTED, created_by=actor.user_id, created_at=now, updated_at=now,
    )
    session.add(row)
    session.flush()
    change = {"copies": (None, row.asked), "edition": (None, edition.number)}
    audit.record_change(session, actor, SUBJECT, row.id, "create", change, now=now)
    return row


def mistakes(values: Mapping[str, Any], today: date) -> dict[str, str]:
    """What is wrong with an order, by field: something missing, a number that can't be, a day that is past."""
    fields: dict[str, str] = {
        name: Text("빠짐없이 적어 주세요.") for name in ("place", "address", "recipient", "phone")
        if not str(values.get(name) or "").strip()
    }
    if not 1 <= (values.get("asked") or 0) <= MOST_COPIES:
        fields["asked"] = _COUNT
    if values.get("wanted_on") is None or values["wanted_on"] < today:
        fields["wanted_on"] = Text("오늘이나 그 뒤의 날짜를 적어 주세요.")
    return fields


def cancel(session: Session, actor: Actor, row: PrintOrder, *, version: int | None, now: datetime) -> None:
    """The partner no longer wants them. Raises Conflict once copies are out; StaleEdit."""
    check_version(row, version)
    _move(session, actor, row, OrderState.CANCELLED, now=now)


def confirm(
    session: Session, actor: Actor, row: PrintOrder, granted: int | None, reason: str, *, version: int | None,
    now: datetime,
) -> None:
    """Promise copies, by default as many as asked for, of the edition given out now.

    :raises Invalid: another number than asked for without a reason, or no number that can be.
    :raises Conflict: its state, or nothing is given out any more.
    """
    check_version(row, version)
    granted, reason = granted or row.asked, reason.strip()
    if not 1 <= granted <= MOST_COPIES:
        raise Invalid("확정하지 못했습니다.", fields={"granted": _COUNT})
    if granted != row.asked and not reason:
        raise Invalid("확정하지 못했습니다.", fields={"reason": "수량을 바꾸는 까닭을 적어 주세요."})
    edition = service.given_edition(row.material, kst_today(now))
    if edition is None:
        raise Conflict("지금 배포하지 않는 홍보물입니다. 반려하고 대신할 자료를 알려 주세요.")
    row.edition, row.granted, row.reason = edition, granted, reason[:2000]
    _move(session, actor, row, OrderState.CONFIRMED, {"copies": (row.asked, granted)}, now=now)


def refuse(
    session: Session, actor: Actor, row: PrintOrder, reason: str, *, version: int | None, now: datetime
) -> None:
    """Raises Invalid without a reason; Conflict; StaleEdit."""
    check_version(row, version)
    if not reason.strip():
        raise Invalid("반려하지 못했습니다.", fields={"reason": "반려하는 까닭을 적어 주세요."})
    row.reason = reason.strip()[:2000]
    _move(session, actor, row, OrderState.REFUSED, {"reason": (None, row.reason)}, now=now)


def _move(
    session: Session, actor: Actor, row: PrintOrder, to: OrderState, change: Mapping[str, Any] | None = None, *,
    now: datetime,
) -> None:
    if to not in ORDER_MOVES[row.state]:
        raise Conflict(Text(
            "‘%(state)s’ 상태의 신청은 ‘%(to)s’(으)로 바꿀 수 없습니다.",
            state=Text(ORDER_LABELS[row.state]), to=Text(ORDER_LABELS[to]),
        ))
    changes = {"state": (ORDER_LABELS[row.state], ORDER_LABELS[to]), **(change or {})}
    row.state, row.updated_at = to, now
    row.closed_at = None if to in OPEN_ORDERS else now
    audit.record_change(session, actor, SUBJECT, row.id, "state", changes, now=now)
    session.flush()


# -- printing and handing over ---------------------------------------------------------------------------


def record_run(
    session: Session, actor: Actor, edition: Edition, *, quantity: int, printed_on: date, printer: str, now: datetime
) -> None:
    """Copies came from the printer's. Raises Invalid."""
    if not 1 <= quantity <= 10 * MOST_COPIES:
        raise Invalid("적지 못했습니다.", fields={"quantity": _COUNT})
    session.add(PrintRun(
        edition_id=edition.id, quantity=quantity, printed_on=printed_on, printer=" ".join(printer.split())[:120],
        created_at=now, created_by=actor.user_id,
    ))
    change = {"edition": (None, edition.number), "copies": (None, quantity)}
    audit.record_change(session, actor, "material", edition.material_id, "print", change, now=now)
    session.flush()


def deliver(
    session: Session, actor: Actor, row: PrintOrder, values: Mapping[str, Any], *, version: int | None, now: datetime
) -> PrintDelivery:
    """One line of the ledger: some or all of the copies were handed over. ``values``: quantity, delivered_on,
    received_by, carriage, tracking, note.

    :raises Conflict: the order is not confirmed, or the edition is withdrawn.
    :raises Invalid: more than promised or than there are in stock, a day to come, nobody who received them.
    """
    check_version(row, version)
    quantity, day = values.get("quantity") or 0, values.get("delivered_on")
    left = row.quantity - row.delivered
    printed, given = stock(session, row.edition_id)
    fields: dict[str, str] = {}
    if not 1 <= quantity <= left:
        fields["quantity"] = Text("1부터 남은 %(left)s부까지 적어 주세요.", left=f"{left:,}")
    elif quantity > printed - given:
        fields["quantity"] = Text(
            "재고가 %(stock)s부입니다. 인쇄한 수를 먼저 적어 주세요.", stock=f"{printed - given:,}"
        )
    if day is None or day > kst_today(now):
        fields["delivered_on"] = Text("오늘이나 그 앞의 날짜를 적어 주세요.")
    received_by = " ".join((values.get("received_by") or "").split())[:60]
    if not received_by:
        fields["received_by"] = Text("받은 사람을 적어 주세요.")
    to = after_delivery(row.quantity, row.delivered + max(quantity, 0))
    if to not in ORDER_MOVES[row.state] or row.state is OrderState.REQUESTED:
        raise Conflict("확정한 신청만 배부할 수 있습니다.")
    if fields:
        raise Invalid("배부를 적지 못했습니다.", fields=fields)
    line = PrintDelivery(
        edition_id=row.edition_id, quantity=quantity, delivered_on=day, received_by=received_by,
        carriage=Carriage(values["carriage"]), tracking=" ".join((values.get("tracking") or "").split())[:60],
        note=(values.get("note") or "").strip()[:200], created_at=now, created_by=actor.user_id,
    )
    row.deliveries.append(line)
    _move(session, actor, row, to, {"delivered": (row.delivered - quantity, row.delivered)}, now=now)
    return line


# -- calling back ----------------------------------------------------------------------------------------


def holdings(session: Session, material: Material) -> list[tuple[PrintOrder, Edition, int]]:
    """Where copies of editions that are no longer given out lie: order, edition, copies not called back yet."""
    gone = [edition.id for edition in material.editions if edition.withdrawn_at is not None]
    called_back = sa.exists().where(
        PrintRecall.order_id == PrintDelivery.order_id, PrintRecall.edition_id == PrintDelivery.edition_id,
        PrintRecall.done_at.is_not(None),
    )
    out = (
        sa.select(PrintDelivery.order_id, PrintDelivery.edition_id, sa.func.sum(PrintDelivery.quantity).label("n"))
        .where(PrintDelivery.edition_id.in_(gone), ~called_back)
        .group_by(PrintDelivery.order_id, PrintDelivery.edition_id).subquery()
    )
    query = (
        sa.select(PrintOrder, Edition, out.c.n).join(out, out.c.order_id == PrintOrder.id)
        .join(Edition, Edition.id == out.c.edition_id).options(joinedload(PrintOrder.organisation))
        .order_by(PrintOrder.id)
    )
    return [(row, edition, count) for row, edition, count in session.execute(query)]


def call_back(session: Session, edition: Edition, *, now: datetime) -> int:
    """An open recall for every order of which copies of ``edition`` are out; those there are stay. How many new."""
    delivered = (
        sa.select(PrintDelivery.order_id, sa.func.sum(PrintDelivery.quantity))
        .where(PrintDelivery.edition_id == edition.id).group_by(PrintDelivery.order_id)
    )
    there = set(session.scalars(sa.select(PrintRecall.order_id).where(PrintRecall.edition_id == edition.id)))
    rows = [
        PrintRecall(order_id=order_id, edition_id=edition.id, quantity=quantity, created_at=now)
        for order_id, quantity in session.execute(delivered) if order_id not in there
    ]
    session.add_all(rows)
    session.flush()
    return len(rows)


def recalls(session: Session, scope: Scope) -> Sequence[PrintRecall]:
    """What ``scope`` has still to call back, the oldest first."""
    query = (
        sa.select(PrintRecall).join(PrintRecall.order).where(visible(scope), PrintRecall.done_at.is_(None))
        .options(joinedload(PrintRecall.order).joinedload(PrintOrder.material),
                 joinedload(PrintRecall.order).joinedload(PrintOrder.organisation), joinedload(PrintRecall.edition))
        .order_by(PrintRecall.id)
    )
    return session.scalars(query).all()


def recall_of(row: PrintOrder, recall_id: int) -> PrintRecall:
    """Raises NotFound."""
    recall = next((recall for recall in row.recalls if recall.id == recall_id), None)
    if recall is None:
        raise NotFound("그런 회수가 없습니다.")
    return recall


def settle_recall(
    session: Session, actor: Actor, row: PrintOrder, recall: PrintRecall, returned: int, note: str, *, now: datetime
) -> None:
    """Copies came back or were destroyed; ``returned`` of them are accounted for. Raises Invalid."""
    if not 0 <= returned <= recall.quantity:
        raise Invalid("적지 못했습니다.", fields={"returned": "배부한 수보다 많을 수 없습니다."})
    recall.returned, recall.note = returned, note.strip()[:200]
    recall.done_at, recall.done_by = now, actor.user_id
    change = {"returned": (None, returned), "copies": (None, recall.quantity)}
    audit.record_change(session, actor, SUBJECT, row.id, "recall", change, now=now)
    session.flush()
