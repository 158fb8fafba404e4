"""Approving a mailing, for the page and the API alike: the approval and the writing down of its recipients are
one act. An edge: it chooses between this unit of work and a background job."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.delivery import service
from campaigns.delivery.jobs import FREEZE
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.service import Check, Setting
from outreach.audit.service import Actor
from outreach.jobs import service as jobs
from outreach.scope import Scope


def job_key(mailing_id: int) -> str:
    """Names the job that writes a mailing's recipients down."""
    return f"freeze:{mailing_id}"


def approve(
    session: Session, scope: Scope, actor: Actor, mailing: Mailing, setting: Setting, *, content_hash: str
) -> Check:
    """Approve what was looked at and write the recipients down: at once, or many by a job. Raises as
    campaigns.mailings.service.approve does."""
    found = mailings.approve(session, scope, actor, mailing, setting, content_hash=content_hash)
    write_down(session, scope, mailing.id, found.count.included if found.count else 0, setting, now=setting.now)
    return found


def write_down(
    session: Session, scope: Scope, mailing_id: int, recipients: int, setting: Setting, *, now: datetime
) -> None:
    """Write down the recipients of a mailing that was just approved: at once, or many by a job."""
    if recipients <= service.AT_ONCE:
        service.freeze(session, mailing_id, setting.history, now=now)
        return
    jobs.enqueue(
        session, FREEZE, {"mailing_id": mailing_id}, now=now, key=job_key(mailing_id), user_id=scope.user_id
    )
