"""`flask mailings give-up-host`: what a lost machine had claimed is put in doubt."""

from __future__ import annotations

import click
from flask import current_app

from campaigns.delivery import hosts
from campaigns.delivery.commands import mailings
from campaigns.delivery.identity import host_identity
from outreach.db import db, reading, unit_of_work
from outreach.errors import DomainError


@mailings.command("give-up-host")
@click.argument("host", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
def give_up_host(host: str | None, yes: bool) -> None:
    """Put in doubt what HOST had claimed, because it is lost together with its journals.

    Without HOST: list the hosts whose workers hold recipients now. A host that comes back settles its own
    recipients from its journals; give it up only if its disk is gone. Nothing is sent again by itself: the
    recipients in doubt stand on the mailing's page, to be sent again or left. Exit status 1 if there is nothing
    to give up.
    """
    with reading():
        holding = hosts.holding(db.session)
        db.session.rollback()
    if host is None:
        for name, number in sorted(holding.items()):
            click.echo(f"{name}  {number:,}")
        return
    if not holding.get(host):
        held = ", ".join(sorted(holding)) or "-"
        raise click.ClickException(f"{host}: 맡은 수신자가 없습니다. 수신자를 맡고 있는 서버: {held}")
    if not yes:
        click.confirm(f"{host}에서 보내던 {holding[host]:,}명을 '확인 필요'로 바꿉니다. 계속할까요?", abort=True)
    try:
        with unit_of_work(db.session) as session:
            outreach = current_app.extensions["outreach"]
            own_host = host_identity(outreach.settings.journal_folder)
            number = hosts.give_up(session, host, own_host, outreach.clock)
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{host}: 확인 필요 {number:,}명. 메일 화면에서 다시 보낼지 정해 주세요.")
