"""Mails to planners and centre managers about their leads. They name the company and lead to the page;
personal data stays behind sign-in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.leads.models import Lead
from outreach.leads.rules import WANT_LABELS, Want
from outreach.mail import outbox
from outreach.scope import Role

_CLOSING = "\n\n동행 아웃리치가 자동으로 보낸 알림입니다."


def response_arrived(session: Session, lead: Lead, occasion: str, label: str, *, base_url: str, now: datetime) -> None:
    """Tell the lead's planner that the company answered; while there is none the centre's managers, and where there
    are none either, headquarters."""
    wants = ", ".join(WANT_LABELS[Want(want)] for want in lead.wants) or "-"
    subject = f"[동행 아웃리치] {lead.company.name} 응답이 접수되었습니다"
    facts = f"기업: {lead.company.name}\n희망 사항: {wants}\n접수 경로: {label}\n{_due(lead)}"
    if lead.planner is not None:
        text = f"담당하시는 기업이 응답했습니다.\n\n{facts}"
        _send(session, lead.planner, lead, occasion, subject, text, base_url, now)
        return
    text = f"배정할 플래너가 없어 담당자를 정하지 못한 응답입니다. 담당 플래너를 정해 주세요.\n\n{facts}"
    for manager in _managers(session, lead.centre_id) or _managers(session, None):
        _send(session, manager, lead, occasion, subject, text, base_url, now)


def lead_assigned(session: Session, lead: Lead, by: str, *, base_url: str, now: datetime) -> None:
    """Tell a planner that someone gave them the lead."""
    if lead.planner is None:
        return
    subject = f"[동행 아웃리치] {lead.company.name} 담당으로 배정되었습니다"
    text = f"{by} 님이 배정했습니다.\n\n기업: {lead.company.name}\n{_due(lead)}"
    _send(session, lead.planner, lead, f"assigned:{lead.version}", subject, text, base_url, now)


def _due(lead: Lead) -> str:
    day = lead.next_due
    if day is None:
        return "다음 할 일: 정하지 않음"
    return f"다음 할 일: {lead.next_action} ({day.year}. {day.month}. {day.day}.까지)"


def _managers(session: Session, centre_id: int | None) -> list[User]:
    role = Role.CENTRE_MANAGER if centre_id is not None else Role.HEADQUARTERS
    query = sa.select(User).where(User.role == role, User.active, User.centre_id.is_not_distinct_from(centre_id))
    return list(session.scalars(query))


def _send(
    session: Session, person: User, lead: Lead, occasion: str, subject: str, text: str, base_url: str, now: datetime
) -> None:
    outbox.enqueue(
        session, key=f"lead:{lead.id}:{occasion}:{person.id}", to_address=person.email, to_name=person.name,
        subject=subject, text=f"{text}\n\n리드 보기: {base_url}/leads/{lead.id}{_CLOSING}", now=now,
    )
