"""Commands for mail: the records that a sender's domain must publish."""

from __future__ import annotations

import click
from flask import current_app

from outreach.cli import CommandGroup
from outreach.mail import dkim

mail = CommandGroup("mail", help="보내는 도메인의 DNS 설정 / DNS records of the sending domain")


@mail.command()
@click.argument("address", required=False)
def records(address: str | None) -> None:
    """Print the TXT records to publish for mails from ADDRESS (default: that of the notices).

    Exit status 1 if no key signs for its domain: large providers refuse bulk mail without a signature.
    """
    sender = address or current_app.extensions["outreach"].settings.mail_from
    domain = sender.rpartition("@")[2].lower()
    keys = current_app.extensions[dkim.KEY].keys_for(sender)
    for key in keys:
        click.echo(f"{key.record_name}. TXT")
        for piece in dkim.pieces(key.record):
            click.echo(f'  "{piece}"')
    click.echo(f'_dmarc.{domain}. TXT\n  "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"')
    if not keys:
        raise click.ClickException(
            f"{domain}의 메일에 서명할 키가 없습니다. 키를 만들고 OUTREACH_DKIM_KEYS에 적어 주세요"
            "(docs/deployment.md의 ‘메일 서명’)."
        )
