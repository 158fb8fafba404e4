"""Reminding those who have not answered: a mailing of its own, which begins with the words of the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience import service as audiences
from campaigns.audience.history import History
from campaigns.audience.rules import Count
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState, MessageClass
from campaigns.sequences.rules import MAX_REMINDERS, REMINDER_WORKDAYS
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.calendar import service as calendar
from outreach.clock import kst_midnight, kst_today
from outreach.errors import Conflict, Invalid
from outreach.leads.workdays import after_workdays
from outreach.wording import Text

#: What a reminder takes over from the mailing it reminds of.
TAKEN_OVER = (
    "message_class", "class_reason", "subject", "preheader", "blocks", "sender_name", "sender_address",
    "sender_phone", "sender_postal",
)
LONGEST_WAIT = 60


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whom a reminder would go to, as of now. ``accepted`` got the first mailing, of whom ``answered`` have answered;
    of the rest ``count`` says who would be left out and why."""

    accepted: int
    answered: int
    count: Count


def root(session: Session, mailing: Mailing) -> Mailing:
    """The mailing that is reminded of, also seen from one of its reminders."""
    return session.get_one(Mailing, mailing.follows_id) if mailing.follows_id else mailing


def of(session: Session, first: Mailing) -> list[Mailing]:
    """The reminders of a mailing that were not cancelled, the first one first."""
    query = sa.select(Mailing).where(Mailing.follows_id == first.id, Mailing.state != MailingState.CANCELLED)
    return list(session.scalars(query.order_by(Mailing.reminder, Mailing.id)))


def obstacle(session: Session, first: Mailing) -> Text | None:
    """Why no (further) reminder may be made now; None if one may."""
    if first.step is not None:
        return Text("연속 메일의 단계입니다. 다음 단계가 다시 알림을 대신합니다.")
    if first.message_class is MessageClass.CONSENT_NOTICE:
        return Text("동의절차통지는 응답을 구하는 메일이 아니어서 다시 알리지 않습니다.")
    if first.state is not MailingState.FINISHED:
        return Text("발송을 마친 메일만 다시 알릴 수 있습니다.")
    made = of(session, first)
    if len(made) >= MAX_REMINDERS:
        return Text("한 메일은 %(limit)s번까지만 다시 알립니다.", limit=MAX_REMINDERS)
    if made and made[-1].state is not MailingState.FINISHED:
        return Text("앞서 만든 다시 알림이 아직 끝나지 않았습니다.")
    return None


def earliest_day(session: Session, first: Mailing, workdays: int) -> date:
    """The day from which a reminder may go out: so many working days after the last word was sent."""
    last = [first, *of(session, first)][-1].finished_at
    assert last is not None  # obstacle() has looked
    return after_workdays(kst_today(last), workdays, calendar.load(session))


def outlook(session: Session, first: Mailing, history: History, *, now: datetime) -> Outlook:
    """The numbers of a reminder before it is made."""
    got = sa.select(sa.func.count()).select_from(Delivery).where(
        Delivery.mailing_id == first.id, Delivery.state == DeliveryState.ACCEPTED
    )
    silent = sa.select(sa.func.count()).select_from(history.unanswered(first.id).subquery())
    accepted, unanswered = session.scalar(got) or 0, session.scalar(silent) or 0
    question = mailings.question(_sketch(first), history, now)
    assert question is not None
    return Outlook(accepted, accepted - unanswered, audiences.count(session, question))


def _sketch(first: Mailing) -> Mailing:
    """A reminder that is never saved, to count with."""
    draft = Mailing(follows_id=first.id, message_class=first.message_class)
    draft.campaign = first.campaign
    return draft


def create(
    session: Session, actor: Actor, first: Mailing, *, workdays: int, now: datetime
) -> Mailing:
    """A draft that reminds of ``first``, to go out no sooner than ``workdays`` after it was last spoken of. Raises
    Conflict where none may be made, Invalid for too short or too long a wait."""
    session.scalar(sa.select(Mailing.id).where(Mailing.id == first.id).with_for_update())  # two people at once: one
    hindrance = obstacle(session, first)
    if hindrance is not None:
        raise Conflict(hindrance)
    if not REMINDER_WORKDAYS <= workdays <= LONGEST_WAIT:
        message = Text("%(low)s~%(high)s 근무일 사이로 적어 주세요.", low=REMINDER_WORKDAYS, high=LONGEST_WAIT)
        raise Invalid(message, fields={"workdays": message})
    number = len(of(session, first)) + 1
    earliest = kst_midnight(earliest_day(session, first, workdays))
    values = {name: getattr(first, name) for name in TAKEN_OVER}
    values["title"] = f"{first.title[:100]} (다시 알림 {number})"
    mailing = mailings.create(session, actor, first.campaign, values, now=now)
    mailing.follows_id, mailing.reminder, mailing.earliest_at = first.id, number, earliest
    session.flush()
    audit.record_change(
        session, actor, "mailing", first.id, "remind", {"reminder": (None, mailing.title)}, now=now
    )
    return mailing
