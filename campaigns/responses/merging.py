"""What becomes of responses when two companies turn out to be one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.responses.models import Response
from campaigns.responses.service import source
from outreach.feature import CompanyMerge
from outreach.leads.models import LeadActivity


def carry_over(session: Session, merge: CompanyMerge) -> None:
    """The responses go to the company kept, and each to the lead that now holds its place in the history
    (leads are carried over before: their feature is the lower one)."""
    for response in session.scalars(sa.select(Response).where(Response.company_id == merge.gone_id)):
        response.company_id = merge.kept_id
        lead_id = session.scalar(sa.select(LeadActivity.lead_id).where(LeadActivity.source == source(response)))
        if response.lead_id is not None and lead_id is not None:
            response.lead_id = lead_id
    session.flush()
