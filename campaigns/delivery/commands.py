"""`flask mailings run-due`: sends what is due, once, in the foreground, and says what became of it."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask, current_app
from tqdm import tqdm

from campaigns.delivery import dead_letters, hours, queue, service
from campaigns.delivery.dead_letters import Asked
from campaigns.delivery.engine import Engine
from campaigns.delivery.hours import Held
from campaigns.delivery.jobs import expire
from campaigns.delivery.models import Delivery
from campaigns.delivery.retry import TROUBLE_LABELS
from campaigns.delivery.rules import SKIP_LABELS, DeliveryState, SkipReason
from campaigns.delivery.turns import open_kinds
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.mailings.timing import moment
from outreach import logs
from outreach.audit.service import SERVICE
from outreach.cli import CommandGroup
from outreach.db import db, reading, unit_of_work
from outreach.scope import Role, Scope

mailings = CommandGroup("mailings", help="메일 발송 / sending mailings")

#: States of the counter that say something became of a recipient (a row queued again is none).
_RESULTS = ("accepted", "deferred", "refused", "skipped", "in_doubt")


@dataclass(frozen=True, slots=True)
class Result:
    """What one run did: recipients by result, those skipped also by reason, why it did not come to its end, if so,
    and which mailings wait for their hours to open."""

    counts: Counter[str]
    skipped: dict[str, int]
    problem: str
    held: Held | None

    def as_json(self) -> dict[str, Any]:
        held = {"held": {"mailings": self.held.mailings, "until": self.held.until.isoformat()}} if self.held else {}
        return {**{name: self.counts[name] for name in _RESULTS}, "skipped": self.skipped, **held}


@mailings.command("run-due")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object last.")
def run_due(as_json: bool) -> None:
    """Send all that is due, once, then exit.

    Starts the mailings whose time has come and sends everything in their queues, temporary refusals that
    are due again included. Outside the hours of their class mailings are left alone. Workers may run beside it:
    nobody gets a mail twice. Exit status 1 if it could not send all of it (no mail server, server unreachable,
    a mailing paused itself).
    """
    logs.configure("run-due")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.extensions["outreach"].settings.smtp_url:
        raise click.ClickException("메일 서버가 설정되지 않았습니다. OUTREACH_SMTP_URL을 정해 주세요.")
    result = _send(app)
    click.echo(json.dumps(result.as_json(), ensure_ascii=False) if as_json else _in_words(result))
    if result.problem:
        raise click.ClickException(result.problem)


@mailings.command("undelivered")
@click.option("--mailing", "mailing_id", type=int, help="Of this mailing only.")
@click.option("--domain", default="", help="At this domain only.")
@click.option("--retry", is_flag=True, help="Queue again those who may be tried again.")
def undelivered(mailing_id: int | None, domain: str, retry: bool) -> None:
    """Count undelivered recipients by reason, or queue them again.

    Nobody who opted out is tried again, and an unknown address only once it was corrected.
    """
    asked, everyone = Asked(mailing_id, None, domain.lower()), Scope(Role.HEADQUARTERS)
    with reading():
        found = dead_letters.overview(db.session, everyone, asked)
        plan = dead_letters.plan(db.session, everyone, asked)
        db.session.rollback()
    for trouble, number in found.troubles:
        click.echo(f"{number:>9,}  {TROUBLE_LABELS[trouble]}")
    if not retry:
        click.echo(f"모두 {found.total:,}명, 다시 보낼 수 있는 수신자 {plan.tried:,}명 (--retry)")
        return
    queued, more = 0, 1
    while more:
        with unit_of_work(db.session) as session:
            now = current_app.extensions["outreach"].clock.now()
            more = dead_letters.retry(session, everyone, SERVICE, asked, now=now)
        queued += more
    click.echo(f"{queued:,}명을 다시 보낼 차례에 넣었습니다.")


def _send(app: Flask) -> Result:
    clock = app.extensions["outreach"].clock
    expire(app)
    with unit_of_work(db.session) as session:
        service.start_due(session, now=clock.now())
    with reading():
        due = _sending()
        waiting = _waiting(due, clock.now())
        db.session.rollback()
    engine = Engine(app)
    try:
        _work(engine, waiting)
        skipped = _skipped(engine, due)
    finally:
        engine.close()
    with reading():
        closed = hours.held(db.session, clock.now())
        db.session.rollback()
    return Result(engine.settled, skipped, _problem(due, clock.now()), closed)


def _sending() -> list[int]:
    return list(db.session.scalars(sa.select(Mailing.id).where(Mailing.state == MailingState.SENDING)))


def _waiting(mailing_ids: list[int], now: datetime) -> int:
    """Recipients that are to be tried now."""
    due_again = sa.and_(Delivery.state == DeliveryState.DEFERRED, Delivery.next_try_at <= now)
    query = sa.select(sa.func.count()).select_from(Delivery).where(
        Delivery.mailing_id.in_(mailing_ids), sa.or_(Delivery.state == DeliveryState.QUEUED, due_again)
    )
    return db.session.scalar(query) or 0


def _work(engine: Engine, waiting: int) -> None:
    """Step by step until nothing is left, with a bar where a person waits."""
    with tqdm(total=waiting, unit="통", desc="발송", disable=not sys.stderr.isatty()) as bar:
        while engine.step() or _held_up(engine):
            bar.update(sum(engine.settled[name] for name in _RESULTS) - bar.n)
        bar.update(sum(engine.settled[name] for name in _RESULTS) - bar.n)


def _held_up(engine: Engine) -> bool:
    """Wait where a limit holds something up that it will let through. Domains that rest are not waited for."""
    if engine.held_up:
        time.sleep(min(engine.held_up, 1.0))
    return engine.held_up > 0


def _skipped(engine: Engine, mailing_ids: list[int]) -> dict[str, int]:
    """By reason. A claim that skips leaves the worker's name on the row; what was withdrawn later, before
    the socket, was so by a new suppression."""
    query = (
        sa.select(Delivery.skip_reason, sa.func.count())
        .where(Delivery.mailing_id.in_(mailing_ids), Delivery.state == DeliveryState.SKIPPED)
        .where(Delivery.worker == engine.name).group_by(Delivery.skip_reason)
    )
    with reading():
        reasons = dict.fromkeys((reason.value for reason in SkipReason if reason is not SkipReason.EXPIRED), 0)
        reasons |= {reason.value: number for reason, number in db.session.execute(query) if reason}
        db.session.rollback()
    reasons[SkipReason.SUPPRESSED.value] += engine.settled["skipped"] - sum(reasons.values())
    return reasons


def _problem(mailing_ids: list[int], now: datetime) -> str:
    """Why something that was due is still not sent; '' if nothing is."""
    with reading():
        unsent = queue.sending(db.session, now, open_kinds(db.session, now))
        stopped = db.session.scalars(
            sa.select(Mailing).where(Mailing.id.in_(mailing_ids), Mailing.state == MailingState.PAUSED)
        ).all()
        reasons = [row.pause_reason or "-" for row in stopped]
        reasons += [db.session.get_one(Mailing, row_id).pause_reason or "-" for row_id in unsent]
        db.session.rollback()
    return " ".join(reasons)


def _in_words(result: Result) -> str:
    counts = result.counts
    reasons = ", ".join(
        f"{SKIP_LABELS[SkipReason(name)]} {number:,}" for name, number in result.skipped.items() if number
    )
    return (
        f"접수 {counts['accepted']:,} · 재시도 대기 {counts['deferred']:,} · 거부 {counts['refused']:,} · "
        f"제외 {counts['skipped']:,}{f' ({reasons})' if reasons else ''} · 확인 필요 {counts['in_doubt']:,}"
        + (_held_in_words(result.held) if result.held else "")
    )


def _held_in_words(held: Held) -> str:
    return f"\n보내는 시간이 아니어서 {held.mailings:,}건이 기다립니다. {moment(held.until)}부터 보냅니다."
