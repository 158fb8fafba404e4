"""Mailings that ought to move and don't: sending with something due and nobody claiming it, rows held by a worker that
is silent, a start that was missed by everybody."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from campaigns.delivery import starting
from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.delivery.turns import Releases, turns
from campaigns.mailings.models import Mailing
from outreach.db import db, unit_of_work
from outreach.feature import Finding
from outreach.operations import watch
from outreach.operations.watch import STILL_AFTER
from outreach.wording import Text

#: Where the application keeps what the look has counted so far.
RELEASES = "delivery.releases"
SENDING, HELD = "mailing:", "rows-of:"


def look(app: Flask) -> None:
    """The clock's part: where each mailing and each worker stands. The head of a queue moves with every claim, and
    the lowest row that a worker holds with every batch; both are found by an index."""
    now = app.extensions["outreach"].clock.now()
    releases = app.extensions.setdefault(RELEASES, Releases())
    due = [turn.mailing_id for turn in turns(db.session, releases, now)]
    places = {f"{SENDING}{mailing_id}": _head(db.session, mailing_id, now) for mailing_id in due}
    lowest = sa.select(Delivery.worker, sa.func.min(Delivery.id)).where(
        Delivery.state == sa.literal_column("'claimed'")
    ).group_by(Delivery.worker)
    held = {f"{HELD}{worker}": row_id for worker, row_id in db.session.execute(lowest)}
    db.session.rollback()
    with unit_of_work(db.session) as session:
        watch.note(session, SENDING, places, now)
        watch.note(session, HELD, held, now)


def _head(session: Session, mailing_id: int, now: datetime) -> int:
    mine, first = Delivery.mailing_id == mailing_id, sa.func.min(Delivery.id)
    queued = session.scalar(sa.select(first).where(mine, Delivery.state == sa.literal_column("'queued'")))
    if queued is not None:
        return queued
    again = sa.select(first).where(
        mine, Delivery.state == sa.literal_column("'deferred'"), Delivery.next_try_at <= now
    )
    return session.scalar(again) or 0


def check(session: Session, now: datetime) -> list[Finding]:
    """What has stood still for STILL_AFTER, with what to do."""
    return [*_still_sending(session, now), *_held(session, now), *_not_started(session, now)]


def _still_sending(session: Session, now: datetime) -> list[Finding]:
    since = {int(row.key.removeprefix(SENDING)): row.since for row in watch.still(session, SENDING, now)}
    query = sa.select(Mailing.id, Mailing.title, Mailing.pause_reason).where(Mailing.id.in_(since))
    advice = Text("서버에서 worker 프로세스가 도는지, 메일 서버에 닿는지 확인해 주세요.")
    return [
        Finding(
            SENDING + str(row.id), Text("'%(title)s' 발송이 나아가지 않습니다.", title=row.title), since[row.id],
            Text.joined([row.pause_reason, advice]) if row.pause_reason else advice, _page(row.id),
        )
        for row in session.execute(query)
    ]


def _held(session: Session, now: datetime) -> list[Finding]:
    found = []
    for row in watch.still(session, HELD, now):
        worker = row.key.removeprefix(HELD)
        count = session.scalar(sa.select(sa.func.count()).select_from(Delivery).where(
            Delivery.state == DeliveryState.CLAIMED, Delivery.worker == worker
        ))
        if count:
            title = Text(
                "작업자 %(worker)s에 수신자 %(count)s명이 맡겨진 채 움직이지 않습니다.", worker=worker, count=count
            )
            found.append(Finding(row.key, title, row.since, Text(
                "그 서버에서 worker 프로세스를 다시 시작해 주세요. 어디까지 보냈는지 기록을 보고 저절로 정리합니다."
            )))
    return found


def _not_started(session: Session, now: datetime) -> list[Finding]:
    """Due for a while, open, and nobody has started it: no clock runs at all."""
    waiting = starting.due(session, now - STILL_AFTER).start
    query = sa.select(Mailing.id, Mailing.title, Mailing.scheduled_at).where(Mailing.id.in_(waiting))
    return [
        Finding(
            f"start:{row.id}", Text("'%(title)s' 메일이 예약한 시각에 시작되지 않았습니다.", title=row.title),
            row.scheduled_at, Text("서버에서 clock 프로세스가 도는지 확인하고 다시 시작해 주세요."), _page(row.id),
        )
        for row in session.execute(query)
    ]


def _page(mailing_id: int) -> str:
    """Only its path: a command at the server has no request."""
    return f"/mailings/{mailing_id}/"
