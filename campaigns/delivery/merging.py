"""What becomes of deliveries when two companies turn out to be one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from outreach.feature import CompanyMerge


def carry_over(session: Session, merge: CompanyMerge) -> None:
    """What the company gone was sent now stands under the one kept; a folded person's deliveries go to the
    person kept, unless that person got the same mailing too (then each row stays evidence of its own)."""
    _update(session, Delivery.company_id == merge.gone_id, company_id=merge.kept_id)
    for gone, kept in merge.workplaces.items():
        _update(session, Delivery.workplace_id == gone, workplace_id=kept)
    for gone, kept in merge.contacts.items():
        same = sa.select(Delivery.mailing_id).where(Delivery.contact_id == kept).scalar_subquery()
        _update(session, sa.and_(Delivery.contact_id == gone, Delivery.mailing_id.not_in(same)), contact_id=kept)


def _update(session: Session, where: sa.ColumnElement[bool], **values: int) -> None:
    statement = sa.update(Delivery).where(where).values(**values)
    session.execute(statement.execution_options(synchronize_session=False))
