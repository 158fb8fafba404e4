"""What becomes of sequences when two companies turn out to be one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.sequences.models import SequenceMember
from outreach.feature import CompanyMerge


def carry_over(session: Session, merge: CompanyMerge) -> None:
    """Members of the company gone now stand under the one kept; a folded person goes on as the person kept, unless
    that one is in the same sequence (then each row stays as it is, beside its deliveries)."""
    _update(session, SequenceMember.company_id == merge.gone_id, company_id=merge.kept_id)
    for gone, kept in merge.workplaces.items():
        _update(session, SequenceMember.workplace_id == gone, workplace_id=kept)
    for gone, kept in merge.contacts.items():
        same = sa.select(SequenceMember.sequence_id).where(SequenceMember.contact_id == kept).scalar_subquery()
        _update(session, sa.and_(SequenceMember.contact_id == gone, SequenceMember.sequence_id.not_in(same)),
                contact_id=kept)


def _update(session: Session, where: sa.ColumnElement[bool], **values: int) -> None:
    statement = sa.update(SequenceMember).where(where).values(**values)
    session.execute(statement.execution_options(synchronize_session=False))
