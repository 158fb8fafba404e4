"""`mail check`: the look at a sending domain from the command line."""

from __future__ import annotations

import click
from flask import current_app

from outreach.audit.service import SERVICE
from outreach.cli import needs_database
from outreach.db import db, unit_of_work
from outreach.errors import Invalid
from outreach.mail.commands import mail
from outreach.senders import service
from outreach.senders.checking import check as look
from outreach.senders.rules import STATE_LABELS, SenderState


@mail.command("check")
@click.argument("domain", required=False)
@needs_database
def check(domain: str | None) -> None:
    """Look up SPF, DKIM and DMARC of DOMAIN (an address will do; default: that of the notices) and keep the result.

    Exit status 0 if all is in order, 1 if something is not, 2 if DNS gave no answer.
    """
    outreach = current_app.extensions["outreach"]
    try:
        name = service.checked_domain(domain or outreach.settings.mail_from)
    except Invalid as error:
        raise click.ClickException(str(error)) from error
    db.session.rollback()
    found = look(current_app._get_current_object(), name)  # type: ignore[attr-defined]
    with unit_of_work(db.session) as session:
        service.record(session, SERVICE, found, now=outreach.clock.now())
    click.echo(f"{name}: {STATE_LABELS[found.state]} ({found.state.value})")
    for finding in found.findings:
        click.echo(f"  {finding.name.upper():5} {STATE_LABELS[finding.state]}: {finding.says}")
        if finding.publish:
            click.echo(f"        {finding.host}. TXT\n        {finding.publish}")
    exits = {SenderState.ALIGNED: 0, SenderState.NOT_ALIGNED: 1, SenderState.UNKNOWN: 2}
    click.get_current_context().exit(exits[found.state])
