"""What the watch sees between the claim and the socket."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.delivery.watch import Watch
from outreach.companies.consent import suppress
from outreach.companies.models import Suppression, SuppressionReason
from outreach.db import db, unit_of_work

KEYS = {1: "a@x.example", 2: "b@x.example", 3: "c@x.example"}


@pytest.fixture
def watch(app):
    watch = Watch(db.engine)
    yield watch
    watch.close()


def opt_out(address: str, now) -> None:
    with unit_of_work(db.session) as session:
        suppress(session, address, SuppressionReason.UNSUBSCRIBED, "test", now)


def test_nothing_new_withdraws_nobody(watch):
    watch.follow(1, KEYS)
    assert set(watch.withdrawn([1, 2, 3])) == set()


def test_an_opt_out_before_the_batch_was_looked_through(watch, now):
    opt_out("b@x.example", now)
    watch.follow(1, KEYS)
    assert set(watch.withdrawn([1, 2])) == {2}
    assert set(watch.withdrawn([1, 3])) == set()


def test_an_opt_out_while_the_batch_is_in_the_socket(watch, now):
    watch.follow(1, KEYS)
    assert set(watch.withdrawn([1, 2])) == set()
    opt_out("b@x.example", now)
    opt_out("other@x.example", now)
    assert set(watch.withdrawn([1, 2])) == {2}
    assert set(watch.withdrawn([2])) == {2}
    opt_out("c@x.example", now)
    assert set(watch.withdrawn([3])) == {3}


def test_an_opt_out_in_the_row_of_one_just_lifted(watch, now):
    """SQLite gives the id of the last row away again once it is deleted."""
    opt_out("other@x.example", now)
    watch.follow(1, KEYS)
    assert set(watch.withdrawn([1])) == set()
    with unit_of_work(db.session) as session:
        session.execute(sa.delete(Suppression))
    opt_out("a@x.example", now)
    assert set(watch.withdrawn([1, 2])) == {1}
