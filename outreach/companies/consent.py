"""Opting out and consent. Suppression is bound to the normalised address (companies.emails.address_key): it
survives the person's deletion and re-import and never expires; consent belongs to a person and a purpose.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.audit.service import Actor, record_change
from outreach.companies.models import Consent, Contact, Suppression, SuppressionReason
from outreach.errors import Invalid


def find_suppression(session: Session, address_key: str) -> Suppression | None:
    return session.scalar(sa.select(Suppression).where(Suppression.address_key == address_key))


def is_suppressed(session: Session, address_key: str) -> bool:
    return find_suppression(session, address_key) is not None


def suppress(
    session: Session, address_key: str, reason: SuppressionReason, source: str, now: datetime,
    user_id: int | None = None,
) -> bool:
    """No more mail to this address, whoever it belongs to. ``source`` says where the wish came from.
    Returns whether it is new: a second time changes nothing, and the first reason stays."""
    if is_suppressed(session, address_key):
        return False
    row = Suppression(address_key=address_key, reason=reason, source=source, created_at=now, created_by=user_id)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another transaction was first
        return False
    return True


def lift(session: Session, address_key: str, reason: str, *, actor: Actor, now: datetime) -> bool:
    """Allow mail to the address again; the change record keeps who did it and why. Returns whether it was
    suppressed. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid("수신거부를 해제하는 까닭을 적어 주세요.", fields={"reason": "필수"})
    row = find_suppression(session, address_key)
    if row is None:
        return False
    changes = {"address_key": (address_key, None), "reason": (row.reason.value, reason), "source": (row.source, None)}
    record_change(session, actor, "suppression", row.id, "lift", changes, now=now)
    session.delete(row)
    session.flush()
    return True


def withdraw_consents(session: Session, address_key: str, how: str, now: datetime) -> int:
    """End every standing consent of everyone with this address (정보통신망법 제50조 제2항); ``how`` is kept as
    the evidence. Returns how many ended."""
    ended = session.execute(
        sa.update(Consent)
        .where(Consent.contact_id.in_(_people(address_key)), Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_how=how)
        .execution_options(synchronize_session="fetch")
    )
    return ended.rowcount


def restore_consents(session: Session, address_key: str, how: str, withdrawn_at: datetime) -> int:
    """Take back one withdrawal made by mistake: the consents ended by it, unless given anew since."""
    standing = sa.orm.aliased(Consent)
    anew = sa.exists().where(
        standing.contact_id == Consent.contact_id, standing.purpose == Consent.purpose, standing.withdrawn_at.is_(None)
    )
    restored = session.execute(
        sa.update(Consent)
        .where(
            Consent.contact_id.in_(_people(address_key)), Consent.withdrawn_how == how,
            Consent.withdrawn_at == withdrawn_at, ~anew,
        )
        .values(withdrawn_at=None, withdrawn_how="")
        .execution_options(synchronize_session="fetch")
    )
    return restored.rowcount


def _people(address_key: str) -> sa.Select:
    return sa.select(Contact.id).where(Contact.address_key == address_key)
