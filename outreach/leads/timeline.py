"""The history of leads as pages tell it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import ACTIVITY_LABELS, ActivityKind


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, as the timeline macro shows it."""

    title: str
    when: datetime
    by: str
    text: str
    tone: str = ""


def entries(session: Session, leads: Iterable[Lead]) -> list[Entry]:
    """Everything that happened with ``leads``, newest first."""
    query = (
        sa.select(LeadActivity)
        .where(LeadActivity.lead_id.in_([lead.id for lead in leads]))
        .order_by(LeadActivity.at.desc(), LeadActivity.id.desc())
        .options(joinedload(LeadActivity.user))
    )
    return [_entry(activity) for activity in session.scalars(query)]


def _entry(activity: LeadActivity) -> Entry:
    title = _(ACTIVITY_LABELS[activity.kind])
    if activity.source_label:
        title = f"{title}: {_(activity.source_label)}"
    if activity.retracted_at:
        title = _("%(title)s (취소됨)", title=title)
    by = activity.user.name if activity.user else ("" if activity.kind is ActivityKind.RESPONSE else _("자동"))
    return Entry(title, activity.at, by, activity.note)
