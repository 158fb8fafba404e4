"""Sending as people and the clock see it: writing recipients down, starting, counting, deciding doubts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.audience.history import History
from campaigns.delivery import frequency, lawful, replacing, starting
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState, SkipReason
from campaigns.delivery.wake import wake
from campaigns.mailings import service as mailings
from campaigns.mailings.freeze import freeze_chunk
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.mailings.timing import moment
from campaigns.planning.models import Campaign
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.config import FrequencyCap
from outreach.errors import Conflict, NotFound
from outreach.wording import Text

FORGET_CHUNK = 5_000
#: Up to so many recipients are written down within the approval itself; more by a job.
AT_ONCE = 2_000
#: An audience may ask about so many earlier mailings.
RECENT_MAILINGS = 200


class PastDeliveries:
    """What the audience may ask about earlier mailings (campaigns.audience.history). ``cap``: the frequency cap in
    force."""

    def __init__(self, cap: Callable[[], FrequencyCap | None] = lambda: None):
        self._cap = cap

    def too_often(
        self, address_key: sa.ColumnElement[str], company_id: sa.ColumnElement[int], now: datetime
    ) -> sa.ColumnElement[bool] | None:
        """Recipients who have had as much mail as the cap allows."""
        cap = self._cap()
        return None if cap is None else frequency.reached(cap, address_key, company_id, now)

    def mailed(self, address_key: sa.ColumnElement[str], mailing_ids: Collection[int]) -> sa.ColumnElement[bool]:
        return self._accepted(address_key).where(Delivery.mailing_id.in_(mailing_ids)).exists()

    def mailed_since(self, address_key: sa.ColumnElement[str], since: datetime) -> sa.ColumnElement[bool]:
        return self._accepted(address_key).where(Delivery.done_at >= since).exists()

    def responded(self, company_id: sa.ColumnElement[int], campaign_ids: Collection[int]) -> sa.ColumnElement[bool]:
        """Nothing is known of answers here; see campaigns.responses.history."""
        return sa.false()

    def unanswered(self, mailing_id: int) -> sa.Select[tuple[int]]:
        """Who got the mailing; of answers nothing is known here."""
        return sa.select(Delivery.contact_id).where(
            Delivery.mailing_id == mailing_id, Delivery.state == DeliveryState.ACCEPTED
        )

    def mailing_choices(self, session: Session, campaign: Campaign) -> Sequence[tuple[int, str]]:
        """Mailings that were sent by the campaign's centre or by headquarters."""
        query = sa.select(Mailing).join(Campaign).where(Mailing.started_at.is_not(None))
        if campaign.centre_id is not None:
            query = query.where(sa.or_(Campaign.centre_id == campaign.centre_id, Campaign.centre_id.is_(None)))
        latest = session.scalars(query.order_by(Mailing.started_at.desc()).limit(RECENT_MAILINGS))
        return [(row.id, f"{row.title} ({kst_today(row.started_at):%Y. %-m. %-d.})") for row in latest]

    @staticmethod
    def _accepted(address_key: sa.ColumnElement[str]) -> sa.Select[tuple[int]]:
        """In doubt counts as mailed: better one mail too few."""
        got = (DeliveryState.ACCEPTED, DeliveryState.IN_DOUBT)
        return sa.select(Delivery.id).where(Delivery.address_key == address_key, Delivery.state.in_(got))


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many recipients of a mailing stand where. ``doubts`` are in doubt and not yet decided."""

    total: int
    states: dict[DeliveryState, int]
    skipped: dict[SkipReason, int]
    doubts: int

    def __getitem__(self, state: DeliveryState) -> int:
        return self.states.get(state, 0)

    def count(self, word: str) -> int:
        """Of the state with this value; for templates."""
        return self[DeliveryState(word)]

    def count_skipped(self, word: str) -> int:
        """Skipped for the reason with this value; for templates."""
        return self.skipped.get(SkipReason(word), 0)

    @property
    def waiting(self) -> int:
        """Not tried yet, or on its way just now."""
        return self[DeliveryState.QUEUED] + self[DeliveryState.CLAIMED]

    @property
    def done(self) -> int:
        return self.total - self.waiting - self[DeliveryState.DEFERRED]


def statistics(session: Session, mailing_id: int) -> Statistics:
    """Counted from the rows themselves: the states by one pass over the mailing's index (asking it for reasons,
    too, would read every row, and a page asks again every second), the reasons among the few skipped."""
    mine, number = Delivery.mailing_id == mailing_id, sa.func.count()
    by_state = sa.select(Delivery.state, number).where(mine).group_by(Delivery.state)
    states = dict(session.execute(by_state).all())
    by_reason = sa.select(Delivery.skip_reason, number).where(mine, Delivery.state == DeliveryState.SKIPPED)
    reasons = session.execute(by_reason.group_by(Delivery.skip_reason))
    skipped = {reason: counted for reason, counted in reasons if reason is not None}
    doubts = session.scalar(sa.select(sa.func.count()).select_from(_doubts(mailing_id).subquery())) or 0
    return Statistics(sum(states.values()), states, skipped, doubts)


def _doubts(mailing_id: int) -> sa.Select[tuple[Delivery]]:
    return sa.select(Delivery).where(
        Delivery.mailing_id == mailing_id, Delivery.state == DeliveryState.IN_DOUBT, Delivery.decided_by.is_(None)
    )


def forget(session: Session, mailing_id: int) -> bool:
    """Delete a chunk of rows written down for an earlier, voided approval. True when none are left.

    Only while recipients are being written down: a job that died right after its last step runs once more, and
    by then the rows may have been sent."""
    freezing = sa.exists().where(Mailing.id == mailing_id, Mailing.state == MailingState.FREEZING)
    old = sa.select(Delivery.id).where(Delivery.mailing_id == mailing_id, freezing).limit(FORGET_CHUNK)
    deleted = session.execute(
        sa.delete(Delivery).where(Delivery.id.in_(old)).execution_options(synchronize_session=False)
    ).rowcount
    return deleted < FORGET_CHUNK


def freeze_step(session: Session, mailing_id: int, history: History, after: int, *, now: datetime) -> int | None:
    """Write down the next chunk of recipients, behind contact id ``after``, of a mailing that is FREEZING.
    Returns where to go on, or None when the mailing is APPROVED (or no longer wants recipients)."""
    mailing = session.get(Mailing, mailing_id, populate_existing=True)
    if mailing is None or mailing.state is not MailingState.FREEZING:
        return None
    asked, composed = mailings.question(mailing, history, mailing.approved_at or now), mailings.frozen(mailing)
    if asked is None:
        raise Conflict("수신 대상이 없습니다. 다시 승인해 주세요.")
    last = freeze_chunk(
        session, Delivery.__table__, mailing_id, asked, composed.fields, mailings.centre_name(session, mailing), after
    )
    if last is None:
        mailing.state, mailing.updated_at = MailingState.APPROVED, now
        session.flush()
    return last


def freeze(session: Session, mailing_id: int, history: History, *, now: datetime) -> None:
    """Write down a small audience within the running unit of work."""
    while not forget(session, mailing_id):
        pass
    after: int | None = 0
    while after is not None:
        after = freeze_step(session, mailing_id, history, after, now=now)


def anything_to_start(session: Session, *, now: datetime) -> bool:
    """Whether a mailing's time has come; a look that needs no write lock."""
    return bool(starting.due(session, now))


def start_due(session: Session, *, now: datetime) -> dict[str, int]:
    """Start scheduled mailings whose time has come and whose hours are open; those too late wait for a person instead
    (campaigns.delivery.starting), and so do those that a legal gate stops. Compare-and-set: of two clocks exactly one
    starts each."""
    lawful.hold_back(session, now=now)
    due = sa.and_(Mailing.state == MailingState.SCHEDULED, Mailing.scheduled_at <= now)
    found = starting.due(session, now)
    started = session.execute(
        sa.update(Mailing)
        .where(due, Mailing.id.in_(found.start))
        .values(state=MailingState.SENDING, started_at=now, updated_at=now, version=Mailing.version + 1)
        .execution_options(synchronize_session=False)
    ).rowcount
    overdue = session.execute(
        sa.update(Mailing)
        .where(due, Mailing.id.in_(found.overdue))
        .values(state=MailingState.OVERDUE, updated_at=now, version=Mailing.version + 1)
        .execution_options(synchronize_session=False)
    ).rowcount
    if started:
        wake(session, now=now)
    return {"started": started, "overdue": overdue}


def resume(session: Session, actor: Actor, mailing: Mailing, *, now: datetime) -> None:
    """Go on; refusals are counted anew from here. Raises Conflict once the mailing's last moment has passed, or while
    it shows what was taken down."""
    _require_time_left(mailing, now)
    replacing.require_whole(session, mailing, now)
    mailing.resumed_at = now
    mailings.resume(session, actor, mailing, now=now)
    wake(session, now=now)


def decide(
    session: Session, actor: Actor, mailing: Mailing, delivery_ids: Collection[int], *, resend: bool, now: datetime
) -> int:
    """A person's word on recipients in doubt: send again, or leave as they are. Returns how many it was
    about; ones decided already are passed over. Raises Conflict for sending a cancelled mailing again."""
    if resend and mailing.state is MailingState.CANCELLED:
        raise Conflict("취소한 메일은 다시 보낼 수 없습니다. 보낸 것으로 두어 주세요.")
    if resend:
        _require_time_left(mailing, now)
    chosen = _doubts(mailing.id).where(Delivery.id.in_(list(delivery_ids)))
    # Locked (PostgreSQL): of two people who decide at once the second finds nothing left, and sends nothing again.
    rows = session.scalars(chosen.with_for_update().execution_options(populate_existing=True)).all()
    for row in rows:
        row.decided_by = actor.user_id
        if resend:
            row.state, row.done_at, row.decided_by = DeliveryState.QUEUED, None, None
        action, changes = "resend" if resend else "leave", {"state": ("in_doubt", row.state.value)}
        audit.record_change(session, actor, "delivery", row.id, action, changes, now=now)
    if resend and rows and mailing.state is MailingState.FINISHED:
        mailings.reopen(session, actor, mailing, now=now)
    session.flush()
    if resend and rows:
        wake(session, now=now)
    return len(rows)


def _require_time_left(mailing: Mailing, now: datetime) -> None:
    if mailing.not_after is not None and now >= mailing.not_after:
        raise Conflict(Text(
            "보낼 수 있는 마지막 시각(%(when)s)이 지나 더 보낼 수 없습니다.", when=moment(mailing.not_after)
        ))


def doubts(session: Session, mailing_id: int) -> list[Delivery]:
    """The recipients in doubt that nobody has decided on yet."""
    return list(session.scalars(_doubts(mailing_id).order_by(Delivery.id)))


def get(session: Session, mailing_id: int, delivery_id: int) -> Delivery:
    """A recipient of this mailing. Raises NotFound."""
    row = session.get(Delivery, delivery_id)
    if row is None or row.mailing_id != mailing_id:
        raise NotFound("이 메일의 수신자가 아닙니다.")
    return row


def sweep_cancelled(session: Session, *, now: datetime) -> int:
    """Mark a chunk of what a cancelled mailing had left in its queue; how many."""
    left = (
        sa.select(Delivery.id)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(
            Mailing.state == MailingState.CANCELLED,
            Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.DEFERRED]),
            Mailing.finished_at >= now - timedelta(days=2),
        )
        .limit(FORGET_CHUNK)
    )
    return session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(left))
        .values(state=DeliveryState.CANCELLED, done_at=now, next_try_at=None)
        .execution_options(synchronize_session=False)
    ).rowcount
