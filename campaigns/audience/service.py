"""Choosing contacts: counting with every exclusion named, listing, and the query that freezing uses.

One statement decides for each contact which exclusion applies first; counting, listing and freezing all
go through it, so the number shown is the number sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience.history import History
from campaigns.audience.models import Audience
from campaigns.audience.rules import Conditions, Count, Exclusion
from campaigns.audience.users import Listener, nobody
from campaigns.planning.models import Campaign
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.companies.models import Consent, ConsentPurpose, Contact, Suppression, TopicSuppression, Workplace
from outreach.companies.topics import Topic
from outreach.db import check_version
from outreach.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Question:
    """All that decides about a contact: the conditions, the campaign's centre (None: all centres), whether
    the mailing is 광고 (then consent is needed), the present, and what the mailing is about. ``capped``: the frequency
    cap holds (it does for all but 동의절차통지). ``among``: only these contact ids, for mailings that follow up
    another."""

    conditions: Conditions
    centre_id: int | None
    advertising: bool
    history: History
    now: datetime
    topic: Topic | None = None
    capped: bool = True
    among: sa.Select[tuple[int]] | None = None


def save(
    session: Session, actor: Actor, campaign: Campaign, *, name: str, conditions: Mapping[str, Any], now: datetime,
    audience: Audience | None = None, version: int | None = None, changed: Listener = nobody,
) -> Audience:
    """Make or change an audience of ``campaign``; ``changed`` is told of other conditions. Raises Invalid,
    StaleEdit."""
    if not name.strip():
        raise Invalid("수신 대상의 이름을 적어 주세요.", fields={"name": "필수"})
    values = {"name": name.strip(), "conditions": parse(conditions).to_json()}
    action = "edit"
    if audience is None:
        action = "create"
        audience = Audience(campaign_id=campaign.id, name="", conditions={}, created_at=now, updated_at=now)
        session.add(audience)
    else:
        check_version(audience, version)
    changes = audit.apply_changes(audience, values)
    if changes:
        audience.updated_at = now
        session.flush()
        audit.record_change(session, actor, "audience", audience.id, action, changes, now=now)
    if action == "edit" and "conditions" in changes:
        changed(session, actor, audience, now)
    return audience


def parse(conditions: Mapping[str, Any]) -> Conditions:
    """Raises Invalid where Conditions.from_json raises ValueError."""
    try:
        return Conditions.from_json(conditions)
    except ValueError as error:
        raise Invalid(error.args[0], fields={"conditions": error.args[0]}) from error


def get(session: Session, campaign: Campaign, audience_id: int) -> Audience:
    """An audience of this campaign. Raises NotFound."""
    audience = session.get(Audience, audience_id)
    if audience is None or audience.campaign_id != campaign.id:
        raise NotFound("이 캠페인의 수신 대상이 아닙니다.")
    return audience


def delete(session: Session, actor: Actor, audience: Audience, *, now: datetime) -> None:
    """Raises Conflict while a mailing uses it."""
    audit.record_change(session, actor, "audience", audience.id, "delete", {"name": (audience.name, None)}, now=now)
    try:
        with session.begin_nested():
            session.delete(audience)
            session.flush()
    except sa.exc.IntegrityError as error:
        message = "이 수신 대상을 쓰는 메일이 있어 지울 수 없습니다. 메일에서 다른 대상을 먼저 골라 주세요."
        raise Conflict(message) from error


def count(session: Session, question: Question) -> Count:
    """How many contacts match, are included, and are excluded for each reason. A workplace without any
    contact counts once, as NO_ADDRESS."""
    reasons = judged(question).subquery()
    rows = session.execute(
        sa.select(
            reasons.c.reason,
            sa.func.count(),
            sa.func.count(reasons.c.address_key.distinct()),
            sa.func.count(reasons.c.company_id.distinct()),
        ).group_by(reasons.c.reason)
    ).all()
    excluded = dict.fromkeys(Exclusion, 0)
    matched = included = companies = 0
    for reason, number, addresses, company_count in rows:
        matched += number
        if reason is None:
            included, companies = addresses, company_count
            excluded[Exclusion.SAME_ADDRESS] = number - addresses
        else:
            excluded[Exclusion(reason)] = number
    if not question.advertising:
        del excluded[Exclusion.NO_CONSENT]
    if _too_often(question) is None:
        del excluded[Exclusion.TOO_OFTEN]
    return Count(matched, included, companies, excluded)


def included(question: Question) -> sa.Select[tuple[int]]:
    """Contact ids without an exclusion, several of one address still among them; ascending. Who writes them
    down keeps the first of each address (unique on (mailing, address))."""
    reasons = judged(question).subquery()
    return sa.select(reasons.c.contact_id).where(reasons.c.reason.is_(None)).order_by(reasons.c.contact_id)


def judged(question: Question) -> sa.Select[Any]:
    """Every contact that meets the conditions with ``reason``: the first exclusion that applies, or NULL.
    Columns: contact_id, workplace_id, company_id, address_key, reason."""
    key = Contact.address_key
    suppressed: sa.ColumnElement[bool] = sa.exists().where(Suppression.address_key == key)
    if question.topic is not None:
        left = sa.exists().where(TopicSuppression.address_key == key, TopicSuppression.topic == question.topic)
        suppressed = sa.or_(suppressed, left)
    whens = [(key.is_(None), Exclusion.NO_ADDRESS), (suppressed, Exclusion.SUPPRESSED)]
    if question.centre_id is not None:
        outside = sa.or_(Workplace.centre_id.is_(None), Workplace.centre_id != question.centre_id)
        whens.insert(0, (outside, Exclusion.OUTSIDE_CENTRE))
    if question.advertising:
        whens.append((~standing_consent(Contact.id), Exclusion.NO_CONSENT))
    if question.conditions.recent_days:
        since = question.now - timedelta(days=question.conditions.recent_days)
        whens.append((question.history.mailed_since(key, since), Exclusion.MAILED_RECENTLY))
    too_often = _too_often(question)
    if too_often is not None:
        whens.append((too_often, Exclusion.TOO_OFTEN))
    reason = sa.case(*((condition, sa.literal_column(f"'{name.value}'")) for condition, name in whens), else_=sa.null())
    return (
        sa.select(
            Contact.id.label("contact_id"), Workplace.id.label("workplace_id"),
            Workplace.company_id.label("company_id"), key.label("address_key"),
            sa.type_coerce(reason, sa.String).label("reason"),
        )
        .select_from(Workplace)
        .outerjoin(Contact, Contact.workplace_id == Workplace.id)
        .where(*_wanted(question))
    )


def _too_often(question: Question) -> sa.ColumnElement[bool] | None:
    if not question.capped:
        return None
    return question.history.too_often(Contact.address_key, Workplace.company_id, question.now)


def standing_consent(contact_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """True for contacts with a standing consent to advertising (정보통신망법 제50조 제1항)."""
    return sa.exists().where(
        Consent.contact_id == contact_id,
        Consent.purpose == ConsentPurpose.ADVERTISING,
        Consent.withdrawn_at.is_(None),
    )


def _wanted(question: Question) -> list[sa.ColumnElement[bool]]:
    """The conditions as SQL."""
    conditions, history = question.conditions, question.history
    chosen = [
        [(Workplace.centre_id, conditions.centre_ids)],
        [(Workplace.province_id, conditions.province_ids), (Workplace.district_id, conditions.district_ids)],
        [(Workplace.complex_id, conditions.complex_ids)],
        [(Workplace.section, conditions.sections), (sa.func.substr(Workplace.ksic, 1, 2), conditions.divisions)],
    ]
    wanted = [
        sa.or_(*either) for pairs in chosen if (either := [column.in_(values) for column, values in pairs if values])
    ]
    if conditions.min_headcount is not None:
        wanted.append(Workplace.headcount >= conditions.min_headcount)
    if conditions.max_headcount is not None:
        wanted.append(Workplace.headcount <= conditions.max_headcount)
    if conditions.mailed:
        wanted.append(history.mailed(Contact.address_key, conditions.mailed))
    if conditions.not_mailed:
        wanted.append(~history.mailed(Contact.address_key, conditions.not_mailed))
    if conditions.responded:
        wanted.append(history.responded(Workplace.company_id, conditions.responded))
    if conditions.not_responded:
        wanted.append(~history.responded(Workplace.company_id, conditions.not_responded))
    if question.among is not None:
        wanted.append(Contact.id.in_(question.among))
    return wanted
