"""Two worlds of the same shape, each with its centre, partner and people."""

from __future__ import annotations

import pytest

from tests.reach.world import World, make_world


@pytest.fixture
def own(app) -> World:
    return make_world(app, "41")


@pytest.fixture
def other(app) -> World:
    return make_world(app, "42")
