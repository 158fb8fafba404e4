"""What becomes of leads when two companies turn out to be one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.feature import CompanyMerge
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import BOARD, ActivityKind, LeadState, merge_wants

FOLDED = "기업을 합치면서 진행 중인 리드와 하나가 됨"


def carry_over(session: Session, merge: CompanyMerge) -> None:
    """All leads go to the company kept. If both had an open one, the other's history moves into it and the
    empty one is closed: one open lead per company, as far on as the further of the two, and never without a planner
    if one of them had one."""
    kept = _open(session, merge.kept_id)
    gone = _open(session, merge.gone_id)
    if kept is not None and gone is not None:
        _fold(session, kept, gone, merge)
    for workplace_id, into in merge.workplaces.items():
        session.execute(sa.update(Lead).where(Lead.workplace_id == workplace_id).values(workplace_id=into))
    session.execute(sa.update(Lead).where(Lead.company_id == merge.gone_id).values(company_id=merge.kept_id))


def _open(session: Session, company_id: int) -> Lead | None:
    query = sa.select(Lead).where(Lead.company_id == company_id, Lead.closed_at.is_(None))
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def _fold(session: Session, kept: Lead, gone: Lead, merge: CompanyMerge) -> None:
    session.execute(sa.update(LeadActivity).where(LeadActivity.lead_id == gone.id).values(lead_id=kept.id))
    kept.wants = merge_wants(kept.wants, gone.wants)
    for field in ("contact_name", "contact_phone", "contact_email"):
        setattr(kept, field, getattr(kept, field) or getattr(gone, field))
    contacts = [lead.first_contact_at for lead in (kept, gone) if lead.first_contact_at]
    kept.first_contact_at = min(contacts, default=None)
    if kept.planner_id is None:
        kept.planner_id, kept.assigned_at = gone.planner_id, gone.assigned_at
    kept.state = max(kept.state, gone.state, key=BOARD.index)
    if gone.next_due and (kept.next_due is None or gone.next_due < kept.next_due):
        kept.next_action, kept.next_due = gone.next_action, gone.next_due
    kept.updated_at = gone.updated_at = gone.closed_at = merge.at
    gone.state, gone.outcome, gone.next_action, gone.next_due = LeadState.LOST, FOLDED, "", None
    session.add(LeadActivity(lead_id=gone.id, kind=ActivityKind.STATE, at=merge.at, note=FOLDED, source_label=""))
    session.flush()
