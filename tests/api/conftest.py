"""Two centres, a partner, and a program for each role."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.accounts.models import User
from outreach.scope import Role
from tests.api.calling import Program, program_of
from tests.people import make_centre, make_organisation, make_user


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def other_centre(app):
    return make_centre()


@pytest.fixture
def organisation(centre):
    return make_organisation(centre)


@pytest.fixture
def program(client) -> Callable[[User | None], Program]:
    return lambda user: program_of(client, user)


@pytest.fixture
def officer(program, centre) -> Program:
    return program(make_user(Role.PROMOTION, centre=centre, email="officer@outreach.example"))


@pytest.fixture
def manager(program, centre) -> Program:
    return program(make_user(Role.CENTRE_MANAGER, centre=centre))


@pytest.fixture
def planner(program, centre) -> Program:
    return program(make_user(Role.PLANNER, centre=centre))


@pytest.fixture
def stranger(program, other_centre) -> Program:
    """The same work as the officer's, at another centre."""
    return program(make_user(Role.PROMOTION, centre=other_centre))


@pytest.fixture
def headquarters(program) -> Program:
    return program(make_user(Role.HEADQUARTERS))


@pytest.fixture
def auditor(program) -> Program:
    return program(make_user(Role.AUDITOR))


@pytest.fixture
def partner(program, organisation) -> Program:
    return program(make_user(Role.PARTNER, organisation=organisation))


@pytest.fixture
def anonymous(program) -> Program:
    return program(None)
