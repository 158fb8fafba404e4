"""The history of a record as people read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.audit import service as audit
from outreach.audit.service import SERVICE, Actor
from outreach.db import db
from outreach.oversight import history
from outreach.scope import Role
from tests.people import NOW, make_centre, make_user


def test_people_are_named_as_long_as_there_is_an_account(session):
    person = make_user(Role.PROMOTION)
    actors = (Actor(person.id, person.email), Actor(10**6, "gone@moel.example"), SERVICE)
    for minutes, actor in enumerate(actors):
        audit.record_change(session, actor, "case", 1, "edit", {}, now=NOW - timedelta(minutes=minutes))
    session.flush()
    rows = audit.history(session, "case", 1)
    names = history.people(rows)
    assert [names[row.id] for row in rows] == [person.name, "gone@moel.example", "자동"]


@pytest.mark.parametrize(("field", "value", "said"), [
    ("due_on", "2026-11-27", "2026. 11. 27.(금)"), ("centre_id", 10**6, "1000000"),
    ("title", "2026-11-27호", "2026-11-27호"), ("note", None, "–"), ("headcount", 30, "30"),
])
def test_days_are_written_as_everywhere(app, field, value, said):
    with app.test_request_context():
        assert history.shown(field, value) == said


def test_rows_are_called_by_their_names(app, session):
    centre, owner = make_centre(), make_user(Role.PROMOTION)
    db.session.flush()
    with app.test_request_context():
        assert history.shown("centre_id", centre.id) == centre.name_ko
        assert history.shown("owner_id", owner.id) == owner.name
