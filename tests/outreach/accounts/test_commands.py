"""Commands: accounts create, accounts token. Exit status 0, 1 refused, 2 bad arguments."""

import pytest
import sqlalchemy as sa

from outreach.accounts import service
from outreach.accounts.models import User
from outreach.scope import Role
from tests.people import make_centre, make_organisation, make_user


@pytest.fixture
def run(app, session):
    def invoke(*args):
        session.commit()
        return app.test_cli_runner().invoke(args=["accounts", *args])

    return invoke


def test_create_prints_a_working_link(run, session, client):
    result = run("create", "First@Admin.Example", "--role", "administrator")
    assert result.exit_code == 0
    link = result.output.strip()
    assert link.startswith("http://localhost/reset/")
    assert client.get(link.removeprefix("http://localhost")).status_code == 200
    user = session.scalar(sa.select(User))
    assert user.email == "first@admin.example" and user.name == "First" and user.role is Role.ADMINISTRATOR


def test_create_for_a_centre_and_a_partner(run, session):
    make_centre("suwon")
    number = str(make_organisation().id)
    assert run("create", "a@b.example", "--role", "planner", "--centre", "suwon", "--name", "이플래너").exit_code == 0
    assert run("create", "c@d.example", "--role", "partner", "--partner", number).exit_code == 0
    assert session.scalar(sa.select(User.name).where(User.email == "a@b.example")) == "이플래너"


@pytest.mark.parametrize(
    "args",
    [("a@b.example",), ("a@b.example", "--role", "king"), ("no-address", "--role", "auditor"),
     ("a@b.example", "--role", "planner"), ("a@b.example", "--role", "auditor", "--centre", "suwon"),
     ("a@b.example", "--role", "partner"), ("a@b.example", "--role", "partner", "--partner", "x")],
)
def test_bad_arguments_exit_with_2(run, session, args):
    assert run("create", *args).exit_code == 2
    assert session.scalar(sa.select(User)) is None


@pytest.mark.parametrize(
    "args", [("--role", "planner", "--centre", "nowhere"), ("--role", "partner", "--partner", "9999")]
)
def test_what_does_not_exist_is_a_bad_argument(run, session, args):
    result = run("create", "a@b.example", *args)
    assert result.exit_code == 2 and session.scalar(sa.select(User)) is None


def test_an_account_is_made_once(run):
    assert run("create", "a@b.example", "--role", "auditor").exit_code == 0
    result = run("create", "A@B.example", "--role", "auditor")
    assert result.exit_code == 1 and "이미 있습니다" in result.output


def test_token_prints_a_token(run, session, now):
    user = make_user(Role.HEADQUARTERS, email="hq@labor.example")
    result = run("token", "HQ@labor.example")
    assert result.exit_code == 0
    assert service.user_of_token(session, result.output.strip(), now=now) == user


def test_token_of_nobody_exits_with_1(run):
    assert run("token", "who@labor.example").exit_code == 1
    assert run("token").exit_code == 2
