"""`flask clicks`: taking in what waits in the spool, and judging clicks again."""

from __future__ import annotations

import click
from flask import current_app

from campaigns.mailings.models import Mailing
from campaigns.responses import judging
from campaigns.responses.clicks import Intake, folder
from campaigns.responses.judging import Outcome
from campaigns.responses.rules import VERDICT_LABELS, Verdict
from outreach.cli import CommandGroup
from outreach.db import db, unit_of_work

clicks = CommandGroup("clicks", help="메일 링크를 누른 기록 / clicks on links in mails")


@clicks.command("rejudge")
@click.option("--mailing", "mailing_id", type=int, help="Only the clicks of this mailing.")
def rejudge(mailing_id: int | None) -> None:
    """Judge all clicks again, as after a change of the rules, and bring leads in line.

    Twice in a row changes nothing the second time. Clicks whose device has been erased keep their verdict.
    """
    if mailing_id is not None and db.session.get(Mailing, mailing_id) is None:
        raise click.BadParameter(f"no such mailing: {mailing_id}", param_hint="--mailing")
    clock, total = current_app.extensions["outreach"].clock, Outcome()
    after: int | None = 0
    while after is not None:
        with unit_of_work(db.session) as session:
            after, outcome = judging.rejudge(session, after, clock.now(), mailing_id=mailing_id)
        total.add(outcome)
    click.echo(_in_words(total))


def _in_words(outcome: Outcome) -> str:
    changes = ", ".join(
        f"{VERDICT_LABELS[Verdict(before)]} → {VERDICT_LABELS[Verdict(after)]} {number:,}"
        for (before, after), number in sorted(outcome.changes.items())
    )
    return (
        f"판정 {outcome.judged:,}건 · 바뀜 {changes or '없음'} · 리드 기록 {outcome.added:,}건 더함, "
        f"{outcome.retracted:,}건 거둠"
    )


@clicks.command("drain")
@click.option("--host", help="The folder of another host that is gone for good; default: this host's.")
def drain(host: str | None) -> None:
    """Take in what waits in the spool, now, in the foreground.

    Exit status 1 if another process is at it. Only for a host whose processes have all ended name it by --host.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    where = folder(app) if host is None else folder(app).parent / host
    if not where.is_dir() or where.parent != folder(app).parent:
        raise click.BadParameter(f"no such folder: {where}", param_hint="--host")
    intake, took = Intake(app, where), True
    while took:
        found = intake.take_pieces()
        if found is None:
            raise click.ClickException("다른 프로세스가 처리하고 있습니다 / another process is at it")
        took = found
    click.echo("기다리던 기록을 모두 넣었습니다 / all taken in")
