"""The frequency cap: how much mail one address and one company get within some days, over all campaigns.

An address counts messages, a company counts mailings: a firm of fifty workplaces may hear of one thing in each of
them, but not of a fourth thing in a week. 동의절차통지 neither counts nor is held back, since the law asks for it
(정보통신망법 제50조 제7항·제8항). Asked twice: when recipients are counted and written down, and again by the claim,
for mailings that were written down side by side.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery, SendingPolicy
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from outreach.config import FrequencyCap

#: In doubt counts as mailed: better one mail too few.
GOT = (DeliveryState.ACCEPTED, DeliveryState.IN_DOUBT)
UNDER_WAY = (MailingState.SENDING, MailingState.PAUSED)
#: The parameter of :func:`condition`: from when on mail counts.
SINCE = "cap_since"
#: Any number that no other advisory lock of the product uses.
_LOCK = 5_011_007


def in_force(session: Session, default: FrequencyCap | None) -> FrequencyCap | None:
    """The cap that headquarters has set, else the program's setting (None: no cap)."""
    row = session.execute(
        sa.select(SendingPolicy.cap_contact, SendingPolicy.cap_company, SendingPolicy.cap_days)
    ).first()
    return default if row is None or None in row else FrequencyCap(*row)


def window(cap: FrequencyCap) -> timedelta:
    """How far back mail counts."""
    return timedelta(days=cap.days)


def counting(since: datetime) -> sa.ColumnElement[bool]:
    """The mailings of which something may have gone out since then, and that count."""
    return sa.and_(
        Mailing.started_at.is_not(None), Mailing.message_class != MessageClass.CONSENT_NOTICE,
        sa.or_(Mailing.state.in_(UNDER_WAY), Mailing.finished_at >= since),
    )


def reached(
    cap: FrequencyCap, address_key: sa.ColumnElement[str], company_id: sa.ColumnElement[int], now: datetime
) -> sa.ColumnElement[bool]:
    """True for recipients who have had as much as ``cap`` allows. Gathered once from the mailings of the window, not
    asked for each contact: with none of them, as at night over a million, it costs nothing."""
    since = now - window(cap)
    mailings = sa.select(Mailing.id).where(counting(since))
    recent = sa.select(Delivery).where(
        Delivery.mailing_id.in_(mailings), Delivery.state.in_(GOT), Delivery.done_at >= since
    )
    addresses = recent.with_only_columns(Delivery.address_key).group_by(Delivery.address_key)
    companies = recent.with_only_columns(Delivery.company_id).group_by(Delivery.company_id)
    return sa.or_(
        address_key.in_(addresses.having(sa.func.count() >= cap.contact)),
        company_id.in_(companies.having(sa.func.count(Delivery.mailing_id.distinct()) >= cap.company)),
    )


def condition(session: Session, mailing_id: int, cap: FrequencyCap, now: datetime) -> str:
    """The cap as SQL over the ``delivery`` row that is claimed; '' where it cannot be reached: with fewer other
    mailings in the window than it allows, the usual case, the claim stays what it was. Mail that another worker
    holds counts, too."""
    others = _others(session, mailing_id, now - window(cap))
    if len(others) < min(cap.contact, cap.company):
        return ""
    among = ", ".join(map(str, others))
    parts = []
    if len(others) >= cap.contact:
        parts.append(_at_least(cap.contact, "address_key", among))
    if len(others) >= cap.company:
        parts.append(_at_least(cap.company, "company_id", among))
    return " OR ".join(parts)


def _others(session: Session, mailing_id: int, since: datetime) -> list[int]:
    """The other mailings that count; none for a 동의절차통지, which nothing holds back."""
    message_class = session.scalar(sa.select(Mailing.message_class).where(Mailing.id == mailing_id))
    if message_class is MessageClass.CONSENT_NOTICE:
        return []
    if session.get_bind().dialect.name == "postgresql":
        _take_turns(session, mailing_id)
    return list(session.scalars(sa.select(Mailing.id).where(Mailing.id != mailing_id, counting(since))))


def _take_turns(session: Session, mailing_id: int) -> None:
    """Two workers that claim for two mailings at once would not see each other's claim: until they commit, one waits
    for the other. Workers of the only mailing under way share the lock and wait for nobody. (SQLite has but one
    writer.)"""
    sending = sa.select(Mailing.id).where(Mailing.id != mailing_id, Mailing.state == MailingState.SENDING).limit(1)
    alone = session.scalar(sending) is None
    lock = sa.func.pg_advisory_xact_lock_shared if alone else sa.func.pg_advisory_xact_lock
    session.execute(sa.select(lock(_LOCK)))


def _at_least(number: int, column: str, among: str) -> str:
    """That ``number`` other mailings reached the row's address or company. The plus keeps the mailing's own index
    out of it: it would be read whole."""
    got = f"FROM delivery o WHERE o.{column} = delivery.{column} AND +o.mailing_id IN ({among})"
    return (
        f"(SELECT count(*) FROM (SELECT o.mailing_id {got} AND o.done_at >= :{SINCE} "  # noqa: S608 - numbers of ours
        f"AND o.state IN ('accepted', 'in_doubt') UNION SELECT o.mailing_id {got} AND o.done_at IS NULL "
        f"AND o.state = 'claimed') seen) >= {number}"
    )
