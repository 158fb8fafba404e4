"""Commands for accounts: making the first administrator, handing out API tokens.

Exit status: 0 done, 1 refused (the reason is printed), 2 bad arguments.
"""

from __future__ import annotations

from typing import Any

import click
import sqlalchemy as sa
from flask import current_app

from outreach.accounts import letters, service
from outreach.accounts.models import User
from outreach.audit.service import SERVICE, record_change
from outreach.cli import CommandGroup
from outreach.db import db, unit_of_work
from outreach.errors import DomainError
from outreach.organisations.models import Organisation
from outreach.regions.models import Centre
from outreach.scope import CENTRE_ROLES, Role

accounts = CommandGroup("accounts", help="계정 만들기와 API 토큰 / accounts and API tokens")


@accounts.command()
@click.argument("email")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="역할")
@click.option("--centre", "centre_code", metavar="CODE", help="소속 센터 코드 (센터 역할에 필수)")
@click.option("--partner", "organisation_id", metavar="ID", type=int, help="협력기관 번호 (협력기관 역할에 필수)")
@click.option("--name", default="", help="이름 (없으면 이메일 앞부분)")
def create(email: str, role: str, centre_code: str | None, organisation_id: int | None, name: str) -> None:
    """Make an account and print the one-time link for setting its password."""
    _check_options(Role(role), centre_code, organisation_id)
    now = current_app.extensions["outreach"].clock.now()
    try:
        with unit_of_work(db.session) as session:
            user = service.create_user(
                session, email=_address(email), name=name or email.partition("@")[0], role=Role(role), now=now,
                centre=_centre(centre_code), organisation=_organisation(organisation_id),
            )
            record_change(session, SERVICE, "user_account", user.id, "create", {"role": (None, role)}, now=now)
            with current_app.test_request_context():
                link = letters.password_link(user)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(link)


@accounts.command()
@click.argument("email")
@click.option("--name", default="명령줄에서 발급", help="토큰 이름")
def token(email: str, name: str) -> None:
    """Print a new API token of an account. It is shown this once."""
    now = current_app.extensions["outreach"].clock.now()
    with unit_of_work(db.session) as session:
        user: User | None = service.find_by_email(session, email)
        if user is None or not user.active:
            raise click.ClickException(f"{email}: 사용 중인 계정이 없습니다.")
        value = service.issue_token(session, user, name=name, now=now)
    click.echo(value)


def _check_options(role: Role, centre_code: str | None, organisation_id: int | None) -> None:
    """A role and its belonging must fit; otherwise the arguments are wrong (exit status 2)."""
    if (role in CENTRE_ROLES) != (centre_code is not None):
        raise click.UsageError("--centre: 센터 관리자·홍보담당·플래너에만, 그리고 반드시 적습니다.")
    if (role is Role.PARTNER) != (organisation_id is not None):
        raise click.UsageError("--partner: 협력기관 계정에만, 그리고 반드시 적습니다.")


def _address(email: str) -> str:
    try:
        return service.account_address(email)
    except DomainError as error:
        raise click.BadParameter(error.message, param_hint="EMAIL") from error


def _centre(code: str | None) -> Centre | None:
    return _row(Centre, Centre.code == code, f"{code}: 그런 센터가 없습니다.", "--centre") if code else None


def _organisation(number: int | None) -> Organisation | None:
    if number is None:
        return None
    return _row(Organisation, Organisation.id == number, f"{number}: 그런 협력기관이 없습니다.", "--partner")


def _row(model: Any, condition: Any, missing: str, option: str) -> Any:
    row = db.session.scalar(sa.select(model).where(condition))
    if row is None:
        raise click.BadParameter(missing, param_hint=option)
    return row
