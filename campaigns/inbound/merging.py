"""What becomes of incoming mail when two companies turn out to be one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.inbound.models import InboundMessage
from outreach.feature import CompanyMerge


def carry_over(session: Session, merge: CompanyMerge) -> None:
    """It goes to the company kept."""
    statement = sa.update(InboundMessage).where(InboundMessage.company_id == merge.gone_id)
    session.execute(statement.values(company_id=merge.kept_id).execution_options(synchronize_session=False))
