"""Whatever shows a person writes down who looked: every page and API call, as every role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from outreach.audit.models import AccessKind, AccessRecord
from outreach.scope import Role
from tests.people import make_user
from tests.reach.test_strangers import Visitor, path, roles_of, shows
from tests.reach.world import World

WHOLE = (Role.HEADQUARTERS, Role.ADMINISTRATOR, Role.AUDITOR)


@pytest.fixture
def own(own) -> World:
    own.people |= {role: make_user(role) for role in WHOLE}
    return own


def open_to(app: Flask, role: Role, method: str) -> Iterator[Rule]:
    """The guarded routes that ``role`` may call."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        guarded = hasattr(getattr(view, "view_class", view), "access_roles")
        if guarded and method in rule.methods and role in roles_of(app, rule.endpoint):
            yield rule


def addresses(app: Flask, role: Role, world: World, method: str) -> Iterator[tuple[Rule, str]]:
    """Each of these routes with a row of the world, and once more as it is only at times."""
    at_times = {
        "companies.download": "?reason=점검", "suppressions.download": "?reason=점검", "responses.show": "?q=정밀",
        "responses.companies": "?q=정밀", "responses.new": "?q=정밀", "cases.companies": "?q=정밀",
        "leads.index": "?state=", "responses.index": "?state=",
        "mailings.show_mail": f"?recipient={world.ids['contact_id']}",
    }
    for rule in open_to(app, role, method):
        address = path(rule, world)
        yield rule, address
        if rule.endpoint in at_times:
            yield rule, address + at_times[rule.endpoint]
        if "mailing_id" in rule.arguments and rule.endpoint.startswith("deliveries."):
            yield rule, path(rule, world, mailing_id=world.ids["review"])


def records(session) -> list[AccessRecord]:
    return session.scalars(sa.select(AccessRecord).order_by(AccessRecord.id)).all()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("role", list(Role))
def test_nothing_shows_a_person_without_a_record(app, client, session, own, role, method):
    """By POST with an empty form: most come back with their page and a refusal."""
    visitor, shown, unrecorded = Visitor(client, own.people[role]), set(), []
    for rule, address in addresses(app, role, own, method):
        before = len(records(session))
        response = visitor.ask(rule, method, address)
        assert response.status_code < 500, address
        if shows(response, own):
            shown.add(rule.endpoint)
            if len(records(session)) == before:
                unrecorded.append(f"{method} {address} ({rule.endpoint})")
    assert unrecorded == []
    assert len(shown) >= {Role.PARTNER: 1, Role.ADMINISTRATOR: 5}.get(role, 20) or method == "POST"


def test_a_record_says_who_when_from_where_whose_and_what(client, session, own, now):
    officer = own.people[Role.PROMOTION]
    Visitor(client, officer).ask_for("/leads/export.xlsx")
    [record] = records(session)
    assert (record.user_id, record.user_email, record.at) == (officer.id, officer.email, now)
    assert record.address == "127.0.0.1" and record.centre_id == own.centre.id
    assert (record.kind, record.subject, record.subject_ids) == (AccessKind.EXPORT, "lead", [own.ids["lead_id"]])


def test_a_form_that_is_refused_still_showed_the_person(client, session, own):
    response = Visitor(client, own.people[Role.PLANNER]).ask_for(f"/leads/{own.ids['lead_id']}/log", "POST")
    assert response.status_code == 422 and shows(response, own)
    assert [(record.kind, record.subject_ids) for record in records(session)] == [
        (AccessKind.VIEW, [own.ids["lead_id"]])
    ]
