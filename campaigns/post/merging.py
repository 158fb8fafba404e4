"""What becomes of letters when two companies turn out to be one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.post.models import PostItem, PostObjection
from outreach.feature import CompanyMerge


def carry_over(session: Session, merge: CompanyMerge) -> None:
    """They go to the company kept and to the workplaces that were folded into another; a wish to get no letters holds
    for the company kept."""
    for gone, kept in merge.workplaces.items():
        _move(session, PostItem.workplace_id, gone, kept)
    for gone, kept in merge.contacts.items():
        _move(session, PostItem.contact_id, gone, kept)
    _move(session, PostItem.company_id, merge.gone_id, merge.kept_id)
    _move(session, PostObjection.company_id, merge.gone_id, merge.kept_id)


def _move(session: Session, column: sa.orm.InstrumentedAttribute[int | None], gone: int, kept: int) -> None:
    statement = sa.update(column.class_).where(column == gone).values({column.key: kept})
    session.execute(statement.execution_options(synchronize_session=False))
