"""Reading leads: what a person may see, and the lists, counts and orders their pages ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from outreach.accounts.models import User
from outreach.companies.models import Company
from outreach.errors import Forbidden, NotFound
from outreach.leads.models import Lead
from outreach.leads.rules import BOARD, VIEW_ROLES, LeadState
from outreach.scope import Role, Scope

BOARD_CARDS = 40  # a column; the rest is in the list


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Conditions over a list. ``state``: a state's value, 'open', 'closed' or '' for all; ``planner``: an
    account's id, 'none' for unassigned or ''; ``due``: 'overdue', 'today', 'waiting' (for a first contact),
    'unplanned' or ''; ``text``: part of the company's name, or its business number."""

    state: str = ""
    planner: str = ""
    due: str = ""
    centre_id: int | None = None
    text: str = ""


def visible(scope: Scope) -> sa.Select[tuple[Lead]]:
    """The leads ``scope`` may see: a centre's staff those of the centre, a planner also those given to them
    from elsewhere, partners none. Raises Forbidden for partners."""
    if scope.role not in VIEW_ROLES:
        raise Forbidden("리드는 센터 업무 담당자만 볼 수 있습니다.")
    query = sa.select(Lead)
    if scope.sees_all_centres:
        return query
    reach = Lead.centre_id == scope.centre_id
    if scope.role is Role.PLANNER:
        reach |= Lead.planner_id == scope.user_id
    return query.where(reach)


def get(session: Session, scope: Scope, lead_id: int, *, lock: bool = False) -> Lead:
    """The lead, read afresh. Raises NotFound outside ``scope``. ``lock``: for an edit."""
    query = visible(scope).where(Lead.id == lead_id).execution_options(populate_existing=True)
    lead = session.scalar(query.with_for_update(of=Lead) if lock else query)
    if lead is None:
        raise NotFound("리드가 없거나 다른 센터의 리드입니다.")
    return lead


def matching(scope: Scope, filters: LeadFilter, today: date) -> sa.Select[tuple[Lead]]:
    """The visible leads that satisfy ``filters``, in no order."""
    query = visible(scope).join(Lead.company)
    for condition in (_in_state(filters.state), _of_planner(filters.planner), _by_due(filters.due, today)):
        if condition is not None:
            query = query.where(condition)
    if filters.centre_id is not None:
        query = query.where(Lead.centre_id == filters.centre_id)
    if filters.text:
        digits = filters.text.replace("-", "")
        named = Company.name.contains(filters.text, autoescape=True)
        query = query.where(named | (Company.business_number == digits) if digits.isdigit() else named)
    return query


def _in_state(state: str) -> Any:
    if state in {"open", "closed"}:
        return Lead.closed_at.is_(None) if state == "open" else Lead.closed_at.is_not(None)
    return Lead.state == LeadState(state) if state in set(LeadState) else None


def _of_planner(planner: str) -> Any:
    if planner == "none":
        return Lead.planner_id.is_(None)
    number = row_id(planner)
    return Lead.planner_id == number if number is not None else None


def row_id(text: str) -> int | None:
    """The id a list's address names; None for nothing and for nonsense."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _by_due(due: str, today: date) -> Any:
    conditions = {
        "overdue": Lead.next_due < today,
        "today": Lead.next_due == today,
        "waiting": Lead.first_contact_at.is_(None),
        "unplanned": Lead.next_due.is_(None),
    }
    return sa.and_(Lead.closed_at.is_(None), conditions[due]) if due in conditions else None


#: What a list may be sorted by.
ORDERS: dict[str, Any] = {
    "due": Lead.next_due,
    "company": Company.name,
    "state": sa.case({state.value: place for place, state in enumerate(LeadState)}, value=Lead.state),
    "planner": User.name,
    "opened": Lead.created_at,
}


def ordered(query: sa.Select[tuple[Lead]], order: str, descending: bool) -> sa.Select[tuple[Lead]]:
    """``query`` (of :func:`matching`) in an order of ORDERS, what is empty last, with what a list row shows loaded."""
    key = ORDERS.get(order, ORDERS["due"])
    query = query.outerjoin(Lead.planner).options(
        sa.orm.contains_eager(Lead.company), sa.orm.contains_eager(Lead.planner), joinedload(Lead.centre),
        joinedload(Lead.workplace),
    )
    return query.order_by((key.desc() if descending else key.asc()).nulls_last(), Lead.id.desc())


@dataclass(frozen=True, slots=True)
class Column:
    """A state on the board with its first cards, soonest due first."""

    state: LeadState
    total: int
    leads: Sequence[Lead]


def board(session: Session, scope: Scope, filters: LeadFilter, today: date) -> list[Column]:
    query = matching(scope, filters, today).where(Lead.closed_at.is_(None))
    counts = query.with_only_columns(Lead.state, sa.func.count()).group_by(Lead.state)
    totals = dict(session.execute(counts).all())  # type: ignore[arg-type]
    columns = []
    for state in BOARD:
        cards = ordered(query.where(Lead.state == state), "due", False).limit(BOARD_CARDS)
        leads = session.scalars(cards).unique().all() if totals.get(state) else []
        columns.append(Column(state, totals.get(state, 0), leads))
    return columns


@dataclass(frozen=True, slots=True)
class Agenda:
    """Open leads counted by what they ask for today."""

    overdue: int
    today: int
    new: int
    waiting: int
    unassigned: int


def agenda(session: Session, scope: Scope, today: date, planner_id: int | None = None) -> Agenda:
    """Counts over the visible open leads, or over those of one planner."""
    leads = visible(scope).where(Lead.closed_at.is_(None))
    if planner_id is not None:
        leads = leads.where(Lead.planner_id == planner_id)
    conditions = (
        Lead.next_due < today, Lead.next_due == today, Lead.state == LeadState.NEW,
        Lead.first_contact_at.is_(None), Lead.planner_id.is_(None),
    )
    counted = leads.with_only_columns(*(sa.func.count(sa.case((condition, 1))) for condition in conditions))
    return Agenda(*session.execute(counted).one())


def due_first(session: Session, scope: Scope, today: date, planner_id: int, limit: int = 8) -> Sequence[Lead]:
    """A planner's open leads that are due, longest overdue first."""
    query = matching(scope, LeadFilter(state="open", planner=str(planner_id)), today).where(Lead.next_due <= today)
    return session.scalars(ordered(query, "due", False).limit(limit)).unique().all()


def overdue_by_planner(session: Session, scope: Scope, today: date) -> list[tuple[User, int, int]]:
    """Planners with open leads: person, open, overdue; most overdue first."""
    overdue = sa.func.count(sa.case((Lead.next_due < today, 1)))
    leads = visible(scope).where(Lead.closed_at.is_(None)).join(Lead.planner)
    query = leads.with_only_columns(User, sa.func.count(), overdue).group_by(User).order_by(overdue.desc(), User.name)
    return [tuple(row) for row in session.execute(query)]


def of_company(session: Session, scope: Scope, company_id: int) -> Sequence[Lead]:
    """The company's visible leads, newest first."""
    query = visible(scope).where(Lead.company_id == company_id).order_by(Lead.id.desc())
    return session.scalars(query.options(joinedload(Lead.planner))).all()
