"""Telling the workers of all hosts that mailings have something to send (outreach.jobs.dispatch)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.delivery import queue, turns
from outreach.jobs.dispatch import announce

SOURCE = "mailings"  # of work, for the dispatcher


def wake(session: Session, *, now: datetime) -> None:
    """Within the unit of work that gave mailings something to do: started, resumed, sent again."""
    session.flush()
    for mailing_id in queue.sending(session, now, turns.open_kinds(session, now)):
        announce(session, SOURCE, str(mailing_id))


def next_batch(session: Session, mailing_id: int) -> None:
    """Within the unit of work that claimed a full batch: there is another one, for whoever is free. That is how
    one mailing spreads over all workers, and how it goes on when the one that claimed dies."""
    announce(session, SOURCE, str(mailing_id))
