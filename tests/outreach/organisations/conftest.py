"""A centre with its partner, and a browser for each kind of person."""

from __future__ import annotations

import pytest

from outreach.scope import Role
from tests.people import make_centre, make_organisation, make_user, sign_in


@pytest.fixture
def centre(session):
    return make_centre("suwon", "수원고용센터")


@pytest.fixture
def partner(centre):
    return make_organisation(centre, "시험산업단지관리공단")


@pytest.fixture
def officer(client, centre, partner):
    """Promotion staff of the partner's centre."""
    return sign_in(client, make_user(Role.PROMOTION, centre=centre))


@pytest.fixture
def colleague(client, partner):
    """Promotion staff of another centre."""
    return sign_in(client, make_user(Role.PROMOTION))


@pytest.fixture
def insider(client, partner):
    """A person of the partner itself."""
    return sign_in(client, make_user(Role.PARTNER, organisation=partner))


@pytest.fixture
def stranger(client, partner):
    """A person of another partner."""
    return sign_in(client, make_user(Role.PARTNER))
