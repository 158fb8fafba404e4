"""What runs in the background: reading the mailbox. The clock asks for it, one worker does it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from campaigns.inbound import service, store
from campaigns.inbound.mailbox import FAILURES, ImapUrl, Mailbox
from campaigns.inbound.rules import Way
from campaigns.inbound.service import Setting
from outreach.db import db, reading, unit_of_work
from outreach.errors import Unavailable
from outreach.jobs import service as jobs
from outreach.jobs.models import Job, JobState
from outreach.jobs.runner import JobContext
from outreach.wording import Text

POLL = "inbound.poll"
#: Mails taken in by one job, and the seconds it works on; what is left waits for the next.
MOST, SECONDS = 500, 60.0
#: How long the mailbox is left alone after it could not be read.
REST = timedelta(minutes=5)
#: Jobs that found nothing say nothing: their rows go after this time.
KEEP_EMPTY = timedelta(hours=1)


def setting(app: Flask) -> Setting:
    """What taking in needs of the site."""
    outreach = app.extensions["outreach"]
    return Setting(outreach.signer, outreach.settings.base_url, outreach.settings.data_dir / store.FOLDER)


def begin(app: Flask) -> None:
    """Ask for a look into the mailbox, if there is one and it is not left alone; one under way is enough."""
    outreach = app.extensions["outreach"]
    if not outreach.settings.imap_url:
        return
    now = outreach.clock.now()
    with reading():
        failed = db.session.scalar(sa.select(Job.id).where(
            Job.kind == POLL, Job.state == JobState.FAILED, Job.finished_at > now - REST
        ).limit(1))
    db.session.rollback()
    if failed is not None:
        return
    with unit_of_work(db.session) as session:
        session.execute(sa.delete(Job).where(
            Job.kind == POLL, Job.state == JobState.DONE, Job.done == 0, Job.finished_at < now - KEEP_EMPTY
        ).execution_options(synchronize_session=False))
        jobs.enqueue(session, POLL, {}, now=now, key=POLL)


def poll(context: JobContext, _payload: Mapping[str, Any]) -> dict[str, int]:
    """Take in what lies in the mailbox, one mail one unit of work. Returns how many."""
    url = context.app.extensions["outreach"].settings.imap_url
    if not url:
        return {"taken": 0}
    taken, until = 0, time.monotonic() + SECONDS
    try:
        with Mailbox(ImapUrl.parse(url)) as mailbox:
            for uid in mailbox.waiting()[:MOST]:
                if time.monotonic() > until:
                    break
                taken += _take(context, mailbox, uid)
    except FAILURES as error:
        words = Text("메일함을 읽지 못했습니다: %(error)s", error=f"{type(error).__name__}: {error}"[:300])
        raise Unavailable(words) from error
    return {"taken": taken}


def _take(context: JobContext, mailbox: Mailbox, uid: str) -> int:
    fetched = mailbox.fetch(uid)
    if fetched is None:  # someone else took it out
        return 0
    with unit_of_work(db.session) as session:
        context.hold(session)
        service.take_in(
            session, fetched.raw, setting(context.app), way=Way.MAILBOX, now=context.clock.now(), size=fetched.size
        )
    mailbox.done(uid)
    with unit_of_work(db.session) as session:
        session.execute(
            sa.update(Job).where(Job.id == context.job_id).values(done=Job.done + 1)
            .execution_options(synchronize_session=False)
        )
    return 1
