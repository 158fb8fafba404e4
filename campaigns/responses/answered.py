"""Whether a company has answered: what ends a reminder or a sequence for it.

A response by form, QR code, phone or fax that was not set aside; a reply, call, mail or visit in a lead's history; a
lead opened since; or a lead that is still open, since a planner is then looking after the company anyway. One
colleague's answer is the company's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from campaigns.responses.models import Response
from campaigns.responses.rules import ResponseState
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import CONTACT_KINDS, ActivityKind

#: What in a lead's history is an exchange with the company.
TALK = (ActivityKind.RESPONSE, *sorted(CONTACT_KINDS, key=lambda kind: kind.value))


def answered(company_id: Any, since: datetime | sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """True for companies that have answered since then, as an expression for any query."""
    response, lead, talk = aliased(Response), aliased(Lead), aliased(LeadActivity)
    talked = sa.exists().where(
        talk.lead_id == lead.id, talk.kind.in_(TALK), talk.at >= since, talk.retracted_at.is_(None)
    )
    return sa.or_(
        sa.exists().where(
            response.company_id == company_id, response.at >= since, response.state != ResponseState.DISMISSED
        ),
        sa.exists().where(
            lead.company_id == company_id, sa.or_(lead.closed_at.is_(None), lead.created_at >= since, talked)
        ),
    )


#: The same as SQL over a row that is claimed, since the parameter ``:answered_since`` (campaigns.delivery.gates).
ANSWERED_SINCE = "answered_since"
ANSWERED = (
    "(EXISTS (SELECT 1 FROM response r WHERE r.company_id = delivery.company_id "
    "AND r.at >= :answered_since AND r.state <> 'dismissed') "
    "OR EXISTS (SELECT 1 FROM lead l WHERE l.company_id = delivery.company_id AND (l.closed_at IS NULL "
    "OR l.created_at >= :answered_since OR EXISTS (SELECT 1 FROM lead_activity a WHERE a.lead_id = l.id "
    "AND a.kind IN ('response', 'call', 'mail', 'visit') AND a.at >= :answered_since AND a.retracted_at IS NULL))))"
)
