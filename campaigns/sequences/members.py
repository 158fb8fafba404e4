"""The recipients of a sequence as people see and decide about them: admission, numbers, partner's stop, the late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.planning.models import Campaign, CampaignPartner
from campaigns.sequences.models import PartnerStop, Sequence, SequenceMember
from campaigns.sequences.rules import STILL_IN, UNDER_WAY, EndReason, MemberState
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.companies.emails import address_key
from outreach.companies.identity import normalise_company_name
from outreach.companies.models import Company, Workplace
from outreach.errors import Conflict, Invalid, NotFound
from outreach.organisations.models import Organisation
from outreach.regions.models import IndustrialComplex
from outreach.scope import Scope


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where the recipients of a sequence stand. ``steps``: position -> how many were written down for it so far."""

    total: int
    states: dict[MemberState, int]
    reasons: dict[EndReason, int]
    steps: dict[int, int]

    def __getitem__(self, state: MemberState) -> int:
        return self.states.get(state, 0)

    @property
    def still_in(self) -> int:
        """For how many something may yet be sent."""
        return sum(self[state] for state in STILL_IN)


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """``text``: an address, or a part of a company's name."""

    state: MemberState | None = None
    reason: EndReason | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.state or self.reason or self.text)


def admit(session: Session, sequence: Sequence, *, now: datetime) -> int:
    """Everyone written down for the first step, with the partner who invited them; whoever that partner has stopped
    is out from the start. The same ones twice changes nothing. Returns how many are in."""
    first = sequence.steps[0].mailing_id
    partner = sa.literal(sequence.organisation_id, sa.BigInteger)
    if sequence.organisation_id is None:
        partner = _manager_of(Delivery.workplace_id, sequence.campaign_id)
    chosen = (
        sa.select(Delivery.contact_id, Delivery.workplace_id, Delivery.company_id, partner.label("organisation_id"))
        .where(Delivery.mailing_id == first)
        .subquery()
    )
    stopped = sa.exists().where(
        PartnerStop.campaign_id == sequence.campaign_id, PartnerStop.lifted_at.is_(None),
        PartnerStop.organisation_id == chosen.c.organisation_id,
    )
    known = sa.exists().where(
        SequenceMember.sequence_id == sequence.id, SequenceMember.contact_id == chosen.c.contact_id
    )
    reason = SequenceMember.__table__.c.reason.type
    rows = sa.select(
        sa.literal(sequence.id), chosen.c.contact_id, chosen.c.workplace_id, chosen.c.company_id,
        chosen.c.organisation_id, sa.literal(1),
        sa.case((stopped, sa.literal_column("'ended'")), else_=sa.literal_column("'sending'")),
        sa.case((stopped, sa.literal(EndReason.PARTNER_STOP, reason)), else_=sa.null()),
        sa.case((stopped, sa.literal(now, SequenceMember.ended_at.type)), else_=sa.null()),
    ).where(~known)
    names = [
        "sequence_id", "contact_id", "workplace_id", "company_id", "organisation_id", "position", "state", "reason",
        "ended_at",
    ]
    session.execute(sa.insert(SequenceMember.__table__).from_select(names, rows))
    return numbers(session, sequence.id).still_in


def _manager_of(workplace_id: Any, campaign_id: int) -> Any:
    """The campaign's partner that manages the industrial complex of a workplace."""
    return (
        sa.select(sa.func.min(Organisation.id))
        .join(CampaignPartner, CampaignPartner.organisation_id == Organisation.id)
        .join(IndustrialComplex, IndustrialComplex.manager == Organisation.name)
        .join(Workplace, Workplace.complex_id == IndustrialComplex.id)
        .where(Workplace.id == workplace_id, CampaignPartner.campaign_id == campaign_id)
        .scalar_subquery()
    )


def forget(session: Session, sequence: Sequence) -> None:
    """Before the start: nobody is in it any more."""
    session.execute(
        sa.delete(SequenceMember).where(SequenceMember.sequence_id == sequence.id)
        .execution_options(synchronize_session=False)
    )


def end_all(session: Session, sequence: Sequence, *, now: datetime) -> int:
    """It was stopped: ended for everyone still in it; how many."""
    return _end(session, SequenceMember.sequence_id == sequence.id, EndReason.STOPPED, now)


def _end(session: Session, which: sa.ColumnElement[bool], reason: EndReason, now: datetime) -> int:
    return session.execute(
        sa.update(SequenceMember)
        .where(which, SequenceMember.state.in_(STILL_IN))
        .values(state=MemberState.ENDED, reason=reason, ended_at=now, due_at=None)
        .execution_options(synchronize_session=False)
    ).rowcount


# -- looking -------------------------------------------------------------------------------------------


def numbers(session: Session, sequence_id: int) -> Numbers:
    """Counted from the rows themselves."""
    counted = sa.func.count()
    query = sa.select(SequenceMember.state, SequenceMember.reason, SequenceMember.position, counted).where(
        SequenceMember.sequence_id == sequence_id
    )
    states: dict[MemberState, int] = {}
    reasons: dict[EndReason, int] = {}
    reached: dict[int, int] = {}
    for state, reason, position, number in session.execute(
        query.group_by(SequenceMember.state, SequenceMember.reason, SequenceMember.position)
    ):
        states[state] = states.get(state, 0) + number
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + number
        for step in range(1, position + 1):
            reached[step] = reached.get(step, 0) + number
    return Numbers(sum(states.values()), states, reasons, reached)


def listed(scope: Scope, sequence: Sequence, asked: MemberFilter) -> sa.Select[Any]:
    """Members with company name and address, as far as the person may see them, in the order of writing down."""
    first = sequence.steps[0].mailing_id
    query = (
        sa.select(SequenceMember, Company.name, Delivery.address)
        .outerjoin(Company, Company.id == SequenceMember.company_id)
        .outerjoin(Delivery, sa.and_(
            Delivery.mailing_id == first, Delivery.contact_id == SequenceMember.contact_id
        ))
        .where(SequenceMember.sequence_id == sequence.id)
        .order_by(SequenceMember.id)
    )
    if scope.centre_id is not None and sequence.campaign.centre_id != scope.centre_id:
        places = sa.select(Workplace.id).where(Workplace.centre_id == scope.centre_id)
        query = query.where(SequenceMember.workplace_id.in_(places))
    if asked.state is not None:
        query = query.where(SequenceMember.state == asked.state)
    if asked.reason is not None:
        query = query.where(SequenceMember.reason == asked.reason)
    if asked.text:
        query = query.where(_matches(asked.text))
    return query


def _matches(text: str) -> sa.ColumnElement[bool]:
    if "@" in text:
        return Delivery.address_key == address_key(text)
    name = normalise_company_name(text)
    if not name:
        return sa.false()
    return SequenceMember.company_id.in_(sa.select(Company.id).where(Company.name_key.contains(name, autoescape=True)))


# -- a partner's stop ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartnerShare:
    """A partner of a campaign: how many of its companies' recipients are still in a sequence, and its stop."""

    organisation: Organisation
    still_in: int
    stop: PartnerStop | None


def partners(session: Session, campaign: Campaign) -> list[PartnerShare]:
    """The campaign's partners with those of theirs who are still in one of its sequences."""
    mine = sa.select(Sequence.id).where(Sequence.campaign_id == campaign.id)
    counted = sa.select(SequenceMember.organisation_id, sa.func.count()).where(
        SequenceMember.sequence_id.in_(mine), SequenceMember.state.in_(STILL_IN)
    )
    still = dict(session.execute(counted.group_by(SequenceMember.organisation_id)).all())
    stops = {
        stop.organisation_id: stop for stop in session.scalars(
            sa.select(PartnerStop).where(PartnerStop.campaign_id == campaign.id, PartnerStop.lifted_at.is_(None))
        )
    }
    return [
        PartnerShare(row.organisation, still.get(row.organisation_id, 0), stops.get(row.organisation_id))
        for row in campaign.partners
    ]


def partner_stop(
    session: Session, actor: Actor, campaign: Campaign, organisation_id: int, *, note: str, now: datetime
) -> int:
    """A partner wants no more mail to the companies it invited: all sequences of the campaign end for them, now and
    for those to come. Returns for how many. Raises NotFound for none of the campaign's partners, Invalid without a
    word on who asked, Conflict if it stands already."""
    share = next((row for row in partners(session, campaign) if row.organisation.id == organisation_id), None)
    if share is None:
        raise NotFound("이 캠페인의 협력기관이 아닙니다.")
    if not note.strip():
        raise Invalid("누가 언제 요청했는지 적어 주세요.", fields={"note": "필수"})
    if share.stop is not None:
        raise Conflict("이미 그만 보내기로 한 협력기관입니다.")
    session.add(PartnerStop(
        campaign_id=campaign.id, organisation_id=organisation_id, note=note.strip()[:300], at=now, by=actor.user_id
    ))
    mine = sa.select(Sequence.id).where(Sequence.campaign_id == campaign.id, Sequence.state.in_(UNDER_WAY))
    which = sa.and_(SequenceMember.sequence_id.in_(mine), SequenceMember.organisation_id == organisation_id)
    ended = _end(session, which, EndReason.PARTNER_STOP, now)
    changes = {"partner_stop": (None, share.organisation.name), "note": (None, note.strip())}
    audit.record_change(session, actor, "campaign", campaign.id, "partner_stop", changes, now=now)
    session.flush()
    return ended


def lift_stop(session: Session, actor: Actor, campaign: Campaign, organisation_id: int, *, now: datetime) -> None:
    """The partner has changed its mind: sequences that start from now on reach its companies again; those that ended
    stay ended. Raises NotFound if no stop stands."""
    stop = session.scalar(sa.select(PartnerStop).where(
        PartnerStop.campaign_id == campaign.id, PartnerStop.organisation_id == organisation_id,
        PartnerStop.lifted_at.is_(None),
    ))
    if stop is None:
        raise NotFound("그만 보내기로 한 협력기관이 아닙니다.")
    stop.lifted_at, stop.lifted_by = now, actor.user_id
    changes = {"partner_stop": (stop.organisation.name, None)}
    audit.record_change(session, actor, "campaign", campaign.id, "partner_stop", changes, now=now)
    session.flush()


# -- the late ------------------------------------------------------------------------------------------


def decide_late(session: Session, actor: Actor, sequence: Sequence, *, send: bool, now: datetime) -> int:
    """A person's word on everyone whose step is long overdue: send it now, or end it for them. How many."""
    late = sa.and_(SequenceMember.sequence_id == sequence.id, SequenceMember.state == MemberState.LATE)
    if send:
        number = session.execute(
            sa.update(SequenceMember).where(late).values(state=MemberState.WAITING, due_at=now)
            .execution_options(synchronize_session=False)
        ).rowcount
    else:
        number = _end(session, late, EndReason.LATE, now)
    if number:
        changes = {"late": (number, "send" if send else "end")}
        audit.record_change(session, actor, "sequence", sequence.id, "late", changes, now=now)
    session.flush()
    return number
