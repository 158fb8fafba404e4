"""The rounds of a running sequence: who goes on, who has ended, who is due.

Each round is short and says the same thing twice without harm: it reads what is true (deliveries, answers, opt-outs),
moves members by it, and writes due ones down for their next step. A step is written down once for a recipient by the
delivery's unique keys, in the transaction that moves the member; a worker killed in between has done neither.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience.history import History
from campaigns.audience.rules import Conditions
from campaigns.audience.service import judged
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import PENDING, DeliveryState
from campaigns.mailings import service as mailings
from campaigns.mailings.freeze import recipients, write_down
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.mailings.steps import OPEN_TO_ROUNDS, send_round
from campaigns.planning.rules import CampaignState
from campaigns.responses.answered import answered
from campaigns.responses.models import ClickEvent
from campaigns.responses.rules import FORM_POSITION, Verdict
from campaigns.sequences.models import PartnerStop, Sequence, SequenceMember, SequenceStep
from campaigns.sequences.rules import (
    ENDS_BY_EXCLUSION,
    ENDS_BY_SKIP,
    STILL_IN,
    UNDER_WAY,
    EndReason,
    MemberState,
    SequenceState,
    StepCondition,
    due_at,
    is_late,
)
from outreach.audit import service as audit
from outreach.calendar import service as calendars
from outreach.calendar.korea import Calendar
from outreach.companies.models import Suppression, SuppressionReason
from outreach.leads.workdays import after_workdays

#: So many members are moved in one unit of work.
CHUNK = 1_000
#: Who has had too much mail is asked again after so long; after HELD_AT_MOST a person decides.
ASK_AGAIN = timedelta(hours=6)
HELD_AT_MOST = timedelta(days=14)
CAMPAIGN_OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Course:
    """A sequence on its way: its steps' mailings by position, and when the first began to go out."""

    sequence: Sequence
    steps: dict[int, SequenceStep]
    began: datetime | None
    now: datetime
    calendar: Calendar

    def due_at(self, accepted_at: datetime, step: SequenceStep) -> datetime:
        """When ``step`` is due for someone whose mail before was accepted then."""
        return due_at(accepted_at, step.wait, step.unit, partial(after_workdays, calendar=self.calendar))

    @property
    def fires(self) -> bool:
        return (
            self.sequence.state is SequenceState.RUNNING
            and self.sequence.campaign.state is not CampaignState.PAUSED
        )


def under_way(session: Session) -> list[int]:
    """The sequences that rounds look after."""
    return list(session.scalars(sa.select(Sequence.id).where(Sequence.state.in_(UNDER_WAY)).order_by(Sequence.id)))


def course(session: Session, sequence_id: int, now: datetime, *, lock: bool = False) -> Course | None:
    """The sequence, read afresh; None if it is not under way, or another worker is at it."""
    query = sa.select(Sequence).where(Sequence.id == sequence_id, Sequence.state.in_(UNDER_WAY))
    if lock:
        query = query.with_for_update(skip_locked=True, of=Sequence)
    sequence = session.scalar(query.execution_options(populate_existing=True))
    if sequence is None:
        return None
    steps = {step.position: step for step in sequence.steps}
    began = session.scalar(sa.select(Mailing.started_at).where(Mailing.id == steps[1].mailing_id))
    return Course(sequence, steps, began, now, calendars.load(session))


def anything(session: Session, found: Course) -> bool:
    """Whether a round would change anything; a look that needs no write lock."""
    looks = [_results(found).limit(1), _ends(found).limit(1)]
    if found.fires:
        looks.append(_due(found).limit(1))
    return any(session.execute(look).first() is not None for look in looks) or _is_over(session, found)


def advance(session: Session, found: Course, history: History) -> int:
    """One round, of up to CHUNK members each: results, ends, due steps. How many were moved."""
    moved = _take_results(session, found) + _end(session, found)
    if found.fires:
        moved += _fire(session, found, history)
    if not moved and _is_over(session, found):
        finish(session, found.sequence, now=found.now)
        moved = 1
    session.flush()
    return moved


# -- what became of the present step -------------------------------------------------------------------


def _results(found: Course) -> sa.Select[Any]:
    """Members whose step has an outcome: (member, delivery's state, skip reason, done_at, position)."""
    settled = sa.or_(
        Delivery.state.not_in([*PENDING, DeliveryState.IN_DOUBT]),
        sa.and_(Delivery.state == DeliveryState.IN_DOUBT, Delivery.decided_by.is_not(None)),
    )
    return (
        sa.select(
            SequenceMember.id, SequenceMember.position, Delivery.state, Delivery.skip_reason, Delivery.done_at
        )
        .select_from(_with_delivery())
        .where(
            SequenceMember.sequence_id == found.sequence.id, SequenceMember.state == MemberState.SENDING, settled
        )
    )


def _with_delivery() -> Any:
    """Members with the delivery of the step they stand at."""
    step = sa.and_(
        SequenceStep.sequence_id == SequenceMember.sequence_id, SequenceStep.position == SequenceMember.position
    )
    row = sa.and_(
        Delivery.mailing_id == SequenceStep.mailing_id, Delivery.contact_id == SequenceMember.contact_id
    )
    return sa.join(sa.join(SequenceMember, SequenceStep, step), Delivery, row)


def _take_results(session: Session, found: Course) -> int:
    rows = session.execute(_results(found).order_by(SequenceMember.id).limit(CHUNK)).all()
    changes = []
    for member_id, position, state, skip_reason, done_at in rows:
        change: dict[str, Any] = {
            "id": member_id, "accepted_at": None, "due_at": None, "reason": None, "ended_at": None,
        }
        if state in (DeliveryState.ACCEPTED, DeliveryState.IN_DOUBT):  # left as sent, by a person's word
            following = found.steps.get(position + 1)
            change |= {"accepted_at": done_at, "state": MemberState.WAITING if following else MemberState.DONE}
            if following:
                change["due_at"] = found.due_at(done_at, following)
            else:
                change["ended_at"] = found.now
        else:
            change |= {"state": MemberState.ENDED, "reason": _reason(state, skip_reason), "ended_at": found.now}
        changes.append(change)
    if changes:
        session.execute(sa.update(SequenceMember), changes)
    return len(changes)


def _reason(state: DeliveryState, skip_reason: Any) -> EndReason:
    if state is DeliveryState.REFUSED:
        return EndReason.BOUNCED
    if state is DeliveryState.SKIPPED and skip_reason is not None:
        return ENDS_BY_SKIP.get(skip_reason.value, EndReason.NOT_SENT)
    return EndReason.NOT_SENT


# -- who has ended -------------------------------------------------------------------------------------


def _why(found: Course) -> sa.ColumnElement[str | None]:
    """Why the sequence ends for a member that is still in it; NULL if it does not. For _with_delivery()."""
    if found.sequence.campaign.state in CAMPAIGN_OVER:
        return sa.literal(EndReason.CAMPAIGN_ENDED.value)
    stopped = sa.exists().where(
        PartnerStop.campaign_id == found.sequence.campaign_id, PartnerStop.lifted_at.is_(None),
        PartnerStop.organisation_id == SequenceMember.organisation_id,
    )
    suppressed = sa.exists().where(Suppression.address_key == Delivery.address_key)
    unknown = suppressed.where(Suppression.reason == SuppressionReason.UNKNOWN_USER)
    whens = [
        (stopped, EndReason.PARTNER_STOP), (unknown, EndReason.BOUNCED), (suppressed, EndReason.OPTED_OUT),
    ]
    if found.began is not None:
        # The first step goes to whoever was chosen; what counts as an answer ends it from then on.
        has_first = sa.or_(SequenceMember.position > 1, SequenceMember.state != MemberState.SENDING)
        whens.append((sa.and_(has_first, answered(SequenceMember.company_id, found.began)), EndReason.ANSWERED))
    return sa.case(*((when, sa.literal_column(f"'{reason.value}'")) for when, reason in whens), else_=sa.null())


def _ends(found: Course) -> sa.Select[Any]:
    """Members for whom the sequence has ended: (member, reason)."""
    inner = (
        sa.select(SequenceMember.id, sa.type_coerce(_why(found), sa.String).label("reason"))
        .select_from(_with_delivery())
        .where(SequenceMember.sequence_id == found.sequence.id, SequenceMember.state.in_(STILL_IN))
        .subquery()
    )
    return sa.select(inner.c.id, inner.c.reason).where(inner.c.reason.is_not(None))


def _end(session: Session, found: Course) -> int:
    rows = session.execute(_ends(found).limit(CHUNK)).all()
    _mark_ended(session, [(row.id, EndReason(row.reason)) for row in rows], found.now)
    return len(rows)


def _mark_ended(session: Session, ends: Seq[tuple[int, EndReason]], now: datetime) -> None:
    if ends:
        session.execute(sa.update(SequenceMember), [
            {"id": member_id, "state": MemberState.ENDED, "reason": reason, "ended_at": now, "due_at": None}
            for member_id, reason in ends
        ])


# -- who is due ----------------------------------------------------------------------------------------


def _due(found: Course) -> sa.Select[Any]:
    return sa.select(SequenceMember).where(
        SequenceMember.sequence_id == found.sequence.id, SequenceMember.state == MemberState.WAITING,
        SequenceMember.due_at <= found.now,
    )


def _fire(session: Session, found: Course, history: History) -> int:
    """Write the due down for their next step, one step a round; those long overdue wait for a person instead."""
    moved = 0
    for position in sorted(found.steps)[1:]:
        step = found.steps[position]
        mailing = session.get_one(Mailing, step.mailing_id, populate_existing=True)
        if mailing.state not in OPEN_TO_ROUNDS:
            continue  # paused by a person or by refusals: they wait, and become late if it takes long
        query = _due(found).where(SequenceMember.position == position - 1).order_by(SequenceMember.due_at)
        members = list(session.scalars(query.limit(CHUNK).execution_options(populate_existing=True)))
        late = [member for member in members if _too_late(found, member, step)]
        for member in late:
            member.state = MemberState.LATE
        session.flush()
        moved += len(late) + _write_down(
            session, found, mailing, step, [member for member in members if member not in late], history
        )
    return moved


def _too_late(found: Course, member: SequenceMember, step: SequenceStep) -> bool:
    """Late, or held by the frequency cap for too long."""
    assert member.due_at is not None and member.accepted_at is not None
    first_due = found.due_at(member.accepted_at, step)
    return is_late(member.due_at, found.now) or found.now - first_due > HELD_AT_MOST


def _write_down(
    session: Session, found: Course, mailing: Mailing, step: SequenceStep, members: Seq[SequenceMember],
    history: History,
) -> int:
    """Those of ``members`` who are still in and meet the condition get the step; the others are told apart."""
    if not members:
        return 0
    ids = [member.id for member in members]
    state = dict(session.execute(_standing(found, step.condition).where(SequenceMember.id.in_(ids))).all())
    _mark_ended(session, [(number, EndReason(why)) for number, why in state.items() if why], found.now)
    good = {member.contact_id: member for member in members if member.id in state and state[member.id] is None}
    if not good:
        return len(members)
    question = mailings.question_of(
        mailing, Conditions(recent_days=0), history, found.now, among=_listed(list(good))
    )
    composed = mailings.frozen(mailing)
    centre = mailings.centre_name(session, mailing)
    write_down(session, Delivery.__table__, mailing.id, recipients(question, 0, len(good)), composed.fields, centre)
    written = set(session.scalars(sa.select(Delivery.contact_id).where(
        Delivery.mailing_id == mailing.id, Delivery.contact_id.in_(list(good))
    )))
    for contact_id in written:
        member = good[contact_id]
        member.position, member.state, member.due_at = step.position, MemberState.SENDING, None
    session.flush()
    left = {contact_id: member for contact_id, member in good.items() if contact_id not in written}
    _tell_apart(session, left, question, found.now)
    if written:
        send_round(session, mailing.id, now=found.now)
    return len(members)


def _listed(contact_ids: list[int]) -> sa.Select[tuple[int]]:
    return sa.select(SequenceMember.contact_id).where(SequenceMember.contact_id.in_(contact_ids))


def _standing(found: Course, condition: StepCondition) -> sa.Select[Any]:
    """(member, why it ends now or NULL), the step's condition included."""
    why = _why(found)
    ended = sa.case((~_meets(condition), sa.literal_column(f"'{EndReason.CONDITION.value}'")), else_=sa.null())
    reason = sa.type_coerce(sa.func.coalesce(why, ended), sa.String)
    return sa.select(SequenceMember.id, reason).select_from(_with_delivery())


def _meets(condition: StepCondition) -> sa.ColumnElement[bool]:
    """campaigns.sequences.rules.meets, asked of the database about the delivery of the step before."""
    real = sa.exists().where(
        ClickEvent.delivery_id == Delivery.id, ClickEvent.verdict != Verdict.MACHINE, ClickEvent.method != "HEAD"
    )
    clicked = real.where(ClickEvent.link_position != FORM_POSITION)
    opened = real.where(ClickEvent.link_position == FORM_POSITION)
    return {
        StepCondition.EVERYONE: sa.true(),
        StepCondition.NO_RESPONSE: sa.not_(sa.or_(clicked, opened)),
        StepCondition.CLICKED: clicked,
        StepCondition.FORM_NOT_OPENED: ~opened,
    }[condition]


def _tell_apart(session: Session, left: dict[int, SequenceMember], question: Any, now: datetime) -> None:
    """Due, but not written down: the frequency cap holds them for now, anything else ends it."""
    if not left:
        return
    reasons = judged(question).subquery()
    found = dict(session.execute(sa.select(reasons.c.contact_id, reasons.c.reason)).all())
    for contact_id, member in left.items():
        exclusion = found.get(contact_id, "no_address")  # not there at all: the person was deleted
        reason = EndReason.SAME_ADDRESS if exclusion is None else ENDS_BY_EXCLUSION.get(exclusion, EndReason.NOT_SENT)
        if reason is None:
            member.due_at = now + ASK_AGAIN
        else:
            member.state, member.reason, member.ended_at, member.due_at = MemberState.ENDED, reason, now, None
    session.flush()


# -- the end of it all ---------------------------------------------------------------------------------


def _is_over(session: Session, found: Course) -> bool:
    """Nobody is in it any more, and the first step is through."""
    mailing_id = found.steps[1].mailing_id
    state = session.scalar(sa.select(Mailing.state).where(Mailing.id == mailing_id))
    if state not in (MailingState.FINISHED, MailingState.CANCELLED):
        return found.sequence.campaign.state in CAMPAIGN_OVER and not _still_in(session, found)
    return not _still_in(session, found)


def _still_in(session: Session, found: Course) -> bool:
    query = sa.select(SequenceMember.id).where(
        SequenceMember.sequence_id == found.sequence.id, SequenceMember.state.in_(STILL_IN)
    )
    return session.scalar(query.limit(1)) is not None


def finish(session: Session, sequence: Sequence, *, now: datetime) -> None:
    """Close a sequence that nobody is in any more; steps nobody came to are called off."""
    sequence.state, sequence.finished_at, sequence.updated_at = SequenceState.FINISHED, now, now
    for step in sequence.steps:
        if step.mailing.state in (MailingState.SCHEDULED, MailingState.OVERDUE):
            mailings.cancel(session, audit.SERVICE, step.mailing, now=now, as_step=True)
    session.flush()
