"""Leads: opened by a response, worked by a planner, closed with an outcome.

One open lead per company, whatever arrives at once; no response is lost when a centre has no planner. Every
edit names the ``version`` of the lead its person saw and raises StaleEdit if someone saved in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.calendar import service as calendar
from outreach.clock import kst_today
from outreach.companies.models import Company, Workplace
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid
from outreach.leads import notices, queries
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import (
    ASSIGN_ROLES,
    CLOSED,
    CONTACT_KINDS,
    FIRST_ACTION,
    FIRST_CONTACT_WORKDAYS,
    MANUAL_KINDS,
    MOVES,
    STATE_LABELS,
    WORK_ROLES,
    ActivityKind,
    LeadState,
    Respondent,
    merge_wants,
)
from outreach.leads.workdays import after_workdays
from outreach.scope import Role, Scope

#: Clocks of a browser and a server differ; a contact this far ahead is still "now".
CLOCK_SLACK = timedelta(minutes=5)


# -- from a response to a lead -------------------------------------------------------------------------


def open_or_update(
    session: Session, *, company: Company, workplace: Workplace, wants: Iterable[str], respondent: Respondent,
    note: str, source: str, source_label: str, at: datetime, now: datetime, base_url: str,
    tell: bool = True,
) -> Lead:
    """The company's open lead with this response in it; opened, assigned and due for a first contact if
    there was none. ``source`` names the response: the same one twice changes nothing. What is known of the
    contact is completed, never overwritten. The planner gets a notice, unless ``tell`` is False: for a sign of
    interest that is no answer."""
    known = session.scalar(sa.select(LeadActivity).where(LeadActivity.source == source))
    if known is not None:
        return known.lead
    lead = _open_lead(session, company.id) or _open(session, company, workplace, wants, respondent, now)
    lead.wants = merge_wants(lead.wants, wants)
    lead.contact_name = lead.contact_name or respondent.name
    lead.contact_phone = lead.contact_phone or respondent.phone
    lead.contact_email = lead.contact_email or respondent.email
    lead.updated_at = now
    _add(session, lead, ActivityKind.RESPONSE, at, note=note, source=source, source_label=source_label)
    if tell:
        notices.response_arrived(session, lead, source, source_label, base_url=base_url, now=now)
    return lead


def _open_lead(session: Session, company_id: int) -> Lead | None:
    query = sa.select(Lead).where(Lead.company_id == company_id, Lead.closed_at.is_(None))
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def _open(
    session: Session, company: Company, workplace: Workplace, wants: Iterable[str], respondent: Respondent,
    now: datetime,
) -> Lead:
    planner = least_busy_planner(session, workplace.centre_id)
    lead = Lead(
        company=company, workplace=workplace, centre_id=workplace.centre_id, planner=planner, state=LeadState.NEW,
        wants=merge_wants(wants), contact_name=respondent.name, contact_phone=respondent.phone,
        contact_email=respondent.email, next_action=FIRST_ACTION, next_due=first_contact_due(session, now),
        assigned_at=now if planner else None, outcome="", created_at=now, updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(lead)
    except IntegrityError:  # another response of the company was first: it is one lead
        existing = _open_lead(session, company.id)
        if existing is None:
            raise
        return existing
    if planner is not None:
        _add(session, lead, ActivityKind.ASSIGNMENT, now, note=f"{planner.name} (자동 배정)")
    return lead


def first_contact_due(session: Session, now: datetime) -> date:
    """The day by which a company that answered is to be called, in working days from now."""
    return after_workdays(kst_today(now), FIRST_CONTACT_WORKDAYS, calendar.load(session))


def least_busy_planner(session: Session, centre_id: int | None) -> User | None:
    """The centre's active planner with the fewest open leads; None if it has no planner."""
    if centre_id is None:
        return None
    load = sa.select(sa.func.count()).where(Lead.planner_id == User.id, Lead.closed_at.is_(None)).scalar_subquery()
    query = sa.select(User).where(User.centre_id == centre_id, User.role == Role.PLANNER, User.active)
    return session.scalar(query.order_by(load, User.id).limit(1))


def call_for(lead: Lead, action: str, due: date) -> None:
    """Something came in that the planner has to see to by ``due``: the next action, unless one is due sooner. What
    had been planned stays in its words. A lead that nobody has called yet is called anyway."""
    if lead.closed_at is not None or lead.state is LeadState.NEW or action in lead.next_action:
        return
    if lead.next_due is not None and lead.next_due <= due:
        return
    planned = f" (예정: {lead.next_action}, {lead.next_due.month}. {lead.next_due.day}.)" if lead.next_due else ""
    lead.next_action, lead.next_due = f"{action}{planned}"[:200], due


def next_workday(session: Session, now: datetime) -> date:
    """The first working day in Korea after today."""
    return after_workdays(kst_today(now), 1, calendar.load(session))


def note_arrived(
    session: Session, company_id: int, *, note: str, source: str, source_label: str, action: str, now: datetime
) -> Lead | None:
    """Add to the company's open lead what came in without being a response, and call for ``action`` by the next
    working day. None if no lead is open; ``source`` twice changes nothing."""
    lead = _open_lead(session, company_id)
    if lead is None or session.scalar(sa.select(LeadActivity.id).where(LeadActivity.source == source)) is not None:
        return lead
    _add(session, lead, ActivityKind.NOTE, now, note=note, source=source, source_label=source_label)
    call_for(lead, action, next_workday(session, now))
    return _saved(session, lead, now)


def retract(session: Session, source: str, *, now: datetime) -> Lead | None:
    """Undo the effect of a response judged anew: its activity is struck out, and a lead that nobody has
    touched and that rests on no other response is closed. Returns the lead, or None if unknown."""
    activity = session.scalar(sa.select(LeadActivity).where(LeadActivity.source == source))
    if activity is None or activity.retracted_at is not None:
        return activity.lead if activity else None
    activity.retracted_at = now
    lead = activity.lead
    session.flush()
    live = sa.select(LeadActivity.id).where(
        LeadActivity.lead_id == lead.id, LeadActivity.retracted_at.is_(None),
        LeadActivity.kind.in_([ActivityKind.RESPONSE, *MANUAL_KINDS]),
    )
    if lead.closed_at is None and session.scalar(live.limit(1)) is None:
        _close(lead, LeadState.LOST, "응답이 취소됨", now)
        _add(session, lead, ActivityKind.STATE, now, note="응답 취소로 종료")
    return lead


# -- working a lead --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a person did, and what is next (action and day go together, or neither)."""

    kind: ActivityKind
    at: datetime
    note: str
    next_action: str = ""
    next_due: date | None = None


def log(session: Session, scope: Scope, lead_id: int, entry: LogEntry, *, version: int | None, now: datetime) -> Lead:
    """Note a contact or remark and set the next action. The first contact moves a new lead on.
    Raises Invalid, StaleEdit, Forbidden, NotFound."""
    lead = _editable(session, scope, lead_id, version)
    if entry.kind not in MANUAL_KINDS:
        raise Invalid("기록의 종류를 골라 주세요.", fields={"kind": "필수"})
    if entry.at > now + CLOCK_SLACK:
        raise Invalid("앞으로의 일은 ‘다음 할 일’에 적어 주세요.", fields={"at": "지난 시각이어야 합니다."})
    if not entry.note.strip():
        raise Invalid("무엇을 했는지 적어 주세요.", fields={"note": "필수"})
    _set_next(lead, entry.next_action, entry.next_due, now)
    _add(session, lead, entry.kind, entry.at, note=entry.note, user_id=scope.user_id)
    if entry.kind in CONTACT_KINDS:
        lead.first_contact_at = min(filter(None, (lead.first_contact_at, entry.at)))
        if lead.state is LeadState.NEW:
            lead.state = LeadState.CONTACTED
    return _saved(session, lead, now)


def plan_next(
    session: Session, scope: Scope, lead_id: int, action: str, due: date | None, *, version: int | None, now: datetime
) -> Lead:
    """Set or clear the next action. Raises Invalid, StaleEdit, Forbidden, NotFound."""
    lead = _editable(session, scope, lead_id, version)
    _set_next(lead, action, due, now)
    return _saved(session, lead, now)


def move(
    session: Session, scope: Scope, lead_id: int, state: LeadState, *, version: int | None, now: datetime,
    outcome: str = "",
) -> Lead:
    """Move along rules.MOVES; closing (WON, LOST) needs an ``outcome`` in words, reopening finds out that no
    other lead of the company is open. Raises Conflict, Invalid, StaleEdit, Forbidden, NotFound."""
    lead = _editable(session, scope, lead_id, version)
    before = lead.state
    if state not in MOVES[before]:
        raise Conflict("지금 상태에서는 그 상태로 옮길 수 없습니다.")
    if state in CLOSED:
        if not outcome.strip():
            raise Invalid("어떻게 마무리되었는지 적어 주세요.", fields={"outcome": "필수"})
        _close(lead, state, outcome.strip(), now)
    else:
        if before in CLOSED:
            _reopen(session, lead, now)
        lead.state = state
    note = f"{STATE_LABELS[before]} → {STATE_LABELS[state]}" + (f": {lead.outcome}" if state in CLOSED else "")
    _add(session, lead, ActivityKind.STATE, now, note=note, user_id=scope.user_id)
    return _saved(session, lead, now)


def _close(lead: Lead, state: LeadState, outcome: str, now: datetime) -> None:
    lead.state, lead.outcome, lead.closed_at, lead.updated_at = state, outcome, now, now
    lead.next_action, lead.next_due = "", None


def _reopen(session: Session, lead: Lead, now: datetime) -> None:
    taken = Conflict("이 기업에는 이미 진행 중인 리드가 있습니다. 그 리드에 이어서 기록해 주세요.")
    if _open_lead(session, lead.company_id) is not None:
        raise taken
    try:
        with session.begin_nested():
            lead.closed_at, lead.outcome, lead.updated_at = None, "", now
            session.flush()
    except IntegrityError as error:
        raise taken from error


# -- who works it ------------------------------------------------------------------------------------------


def take(session: Session, scope: Scope, lead_id: int, *, version: int | None, now: datetime) -> Lead:
    """A planner takes an unassigned lead of the centre. Raises Conflict if someone has it already."""
    if scope.role is not Role.PLANNER or scope.user_id is None:
        raise Forbidden("플래너만 리드를 맡을 수 있습니다.")
    lead = _editable(session, scope, lead_id, version)
    if lead.planner_id is not None:
        raise Conflict("이미 담당 플래너가 있습니다.")
    return _give(session, scope, lead, session.get_one(User, scope.user_id), now)


def reassign(
    session: Session, scope: Scope, lead_id: int, planner_id: int, *, version: int | None, now: datetime, base_url: str
) -> Lead:
    """Give the lead to another planner: a centre manager within the centre, headquarters anywhere (the lead
    then belongs to the planner's centre). The planner gets a notice."""
    if scope.role not in ASSIGN_ROLES:
        raise Forbidden("담당자는 센터 관리자나 본부가 바꿀 수 있습니다.")
    lead = _editable(session, scope, lead_id, version)
    planner = session.get(User, planner_id)
    if planner is None or not planner.active or planner.role is not Role.PLANNER:
        raise Invalid("플래너를 골라 주세요.", fields={"planner": "필수"})
    if scope.centre_id is not None and planner.centre_id != scope.centre_id:
        raise Invalid("우리 센터의 플래너만 고를 수 있습니다.", fields={"planner": "다른 센터"})
    if lead.planner_id == planner.id:
        return lead
    lead.centre_id = planner.centre_id
    _give(session, scope, lead, planner, now)
    notices.lead_assigned(session, lead, session.get_one(User, scope.user_id).name, base_url=base_url, now=now)
    return lead


def _give(session: Session, scope: Scope, lead: Lead, planner: User, now: datetime) -> Lead:
    lead.planner, lead.assigned_at = planner, now
    _add(session, lead, ActivityKind.ASSIGNMENT, now, note=planner.name, user_id=scope.user_id)
    return _saved(session, lead, now)


# -- shared -------------------------------------------------------------------------------------------------


def _editable(session: Session, scope: Scope, lead_id: int, version: int | None) -> Lead:
    if scope.role not in WORK_ROLES:
        raise Forbidden("리드는 플래너와 센터 관리자가 처리합니다.")
    lead = queries.get(session, scope, lead_id, lock=True)
    check_version(lead, version)
    return lead


def _set_next(lead: Lead, action: str, due: date | None, now: datetime) -> None:
    action = action.strip()
    if bool(action) != bool(due):
        field = "next_due" if action else "next_action"
        raise Invalid("다음 할 일과 기한은 함께 적어 주세요.", fields={field: "함께 적어 주세요."})
    if due is not None and due != lead.next_due and due < kst_today(now):
        raise Invalid("지난 날은 기한으로 정할 수 없습니다.", fields={"next_due": "오늘이나 그 뒤의 날"})
    if lead.closed_at is not None and action:
        raise Conflict("종료된 리드입니다. 다시 열고 나서 다음 할 일을 정해 주세요.")
    lead.next_action, lead.next_due = action, due


def _add(
    session: Session, lead: Lead, kind: ActivityKind, at: datetime, *, note: str, user_id: int | None = None,
    source: str | None = None, source_label: str = "",
) -> None:
    session.add(
        LeadActivity(
            lead_id=lead.id, kind=kind, at=at, user_id=user_id, note=note.strip(), source=source,
            source_label=source_label,
        )
    )
    session.flush()


def _saved(session: Session, lead: Lead, now: datetime) -> Lead:
    """Every act counts as an edit, so that the next person on an old page is told of it."""
    lead.updated_at = now
    sa.orm.attributes.flag_modified(lead, "updated_at")
    session.flush()
    session.expire(lead, ["activities"])
    return lead
