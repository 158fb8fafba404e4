"""Mailings that are a step of a sequence (campaigns.sequences): what is theirs alone.

A later step is written down in rounds, as each recipient's time comes. Until the first round it is SCHEDULED without a
time; each round takes it to SENDING, and with nothing left to do it is FINISHED until the next one.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.errors import Conflict

#: States in which the page of a step leads to its sequence, where it is acted on.
STEP_BEFORE = frozenset({
    MailingState.DRAFT, MailingState.REVIEW, MailingState.FREEZING, MailingState.APPROVED, MailingState.SCHEDULED,
})
#: A round may add recipients.
OPEN_TO_ROUNDS = frozenset({MailingState.SCHEDULED, MailingState.SENDING, MailingState.FINISHED})


def require_alone(mailing: Mailing, as_step: bool) -> None:
    """Raises Conflict for an act on a step that does not come from its sequence."""
    if mailing.step is not None and not as_step:
        raise Conflict("연속 메일의 한 단계입니다. 승인·예약·중단은 연속 메일 화면에서 모든 단계를 함께 합니다.")


def send_round(session: Session, mailing_id: int, *, now: datetime) -> None:
    """Recipients were added: send them. Refusals and the rate are counted anew for each round."""
    moment = sa.literal(now, Mailing.resumed_at.type)
    begins = sa.case((Mailing.state == MailingState.SENDING, Mailing.resumed_at), else_=moment)
    session.execute(
        sa.update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.state.in_(OPEN_TO_ROUNDS))
        .values(
            state=MailingState.SENDING, started_at=sa.func.coalesce(Mailing.started_at, now), resumed_at=begins,
            finished_at=None, updated_at=now, version=Mailing.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
