"""What holds a follow-up back at the last moment: an answer, or the end of the sequence, since it was written down.

Handed to the claim (campaigns.delivery.gates); other mailings are none of theirs and cost one look-up by key.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from campaigns.delivery import gates
from campaigns.delivery.gates import Gate
from campaigns.delivery.rules import SkipReason
from campaigns.mailings.models import Mailing
from campaigns.responses.answered import ANSWERED, ANSWERED_SINCE
from campaigns.sequences.models import SequenceStep


def has_answered(session: Session, mailing_id: int, _now: datetime) -> Gate | None:
    """Nobody is reminded of what they have answered, nor gets a further step after it."""
    follows, step = session.execute(
        sa.select(Mailing.follows_id, Mailing.step).where(Mailing.id == mailing_id)
    ).one()
    if step is not None and step > 1:
        mine = sa.select(SequenceStep.sequence_id).where(SequenceStep.mailing_id == mailing_id).scalar_subquery()
        follows = session.scalar(
            sa.select(SequenceStep.mailing_id).where(SequenceStep.sequence_id == mine, SequenceStep.position == 1)
        )
    if follows is None:
        return None
    began = session.scalar(sa.select(Mailing.started_at).where(Mailing.id == follows))
    return Gate(SkipReason.ANSWERED, ANSWERED, {ANSWERED_SINCE: began}) if began else None


def has_ended(session: Session, mailing_id: int, _now: datetime) -> Gate | None:
    """A step goes to nobody for whom the sequence has ended, by a partner's stop for instance."""
    sequence_id = session.scalar(sa.select(SequenceStep.sequence_id).where(SequenceStep.mailing_id == mailing_id))
    if sequence_id is None:
        return None
    ended = (
        "EXISTS (SELECT 1 FROM sequence_member sm WHERE sm.contact_id = delivery.contact_id "  # noqa: S608 - a number
        f"AND sm.sequence_id = {sequence_id} AND sm.state = 'ended')"
    )
    return Gate(SkipReason.STOPPED, ended)


def init_app(app: Flask) -> None:
    """Hand the gates in."""
    gates.hand_in(app, has_answered)
    gates.hand_in(app, has_ended)
