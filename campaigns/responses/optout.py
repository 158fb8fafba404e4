"""Leaving: the recipient of a delivery wants no more mail. The delivery keeps the address, so the link works
after the person was deleted, and for ever (정보통신망법 제50조 제5항, 제6항)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from outreach.audit.service import Actor
from outreach.companies import consent, preferences
from outreach.companies.models import Suppression, SuppressionReason
from outreach.companies.topics import Topic
from outreach.links import UNDO_LIFE

PUBLIC = Actor(None, "public")


def unsubscribe(session: Session, delivery: Delivery, *, now: datetime) -> Suppression:
    """Suppress the delivery's address and end its consents. Doing so again changes nothing."""
    key = delivery.address_key
    if consent.suppress(session, key, SuppressionReason.UNSUBSCRIBED, _source(delivery), now):
        consent.withdraw_consents(session, key, _source(delivery), now)
    row = consent.find_suppression(session, key)
    assert row is not None
    return row


def choose(
    session: Session, delivery: Delivery, kept: Collection[Topic], *, actor: Actor = PUBLIC, now: datetime
) -> Suppression | None:
    """Get mail about ``kept`` topics only. To keep none is to leave altogether: returns that suppression, else None.
    What was left altogether before is not brought back by this."""
    key = delivery.address_key
    if found := standing(session, delivery):
        return found
    if not kept:
        return unsubscribe(session, delivery, now=now)
    preferences.leave(session, key, set(Topic) - set(kept), _source(delivery), now)
    preferences.rejoin(session, key, kept, actor=actor, now=now)
    return None


def standing(session: Session, delivery: Delivery) -> Suppression | None:
    """The suppression of the delivery's address, if there is one."""
    return consent.find_suppression(session, delivery.address_key)


def may_undo(delivery: Delivery, row: Suppression, now: datetime) -> bool:
    """Whether it was this very link that unsubscribed, a moment ago."""
    return row.source == _source(delivery) and now - row.created_at <= UNDO_LIFE


def undo(session: Session, delivery: Delivery, *, actor: Actor = PUBLIC, now: datetime) -> bool:
    """Take back an unsubscribing made by mistake, with its consents. False if there is none that may be
    taken back this way; a suppression for another reason stays."""
    row = standing(session, delivery)
    if row is None or not may_undo(delivery, row, now):
        return False
    when = row.created_at
    consent.lift(session, delivery.address_key, "수신거부 화면에서 바로 되돌림", actor=actor, now=now)
    consent.restore_consents(session, delivery.address_key, _source(delivery), when)
    return True


def _source(delivery: Delivery) -> str:
    return f"delivery:{delivery.id}"
