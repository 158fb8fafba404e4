"""Every route with a row's id, asked by those it does not belong to: another centre's people and another
partner's. They get "not found" (or "not your role"), nothing of the row, and nothing changes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from outreach.accounts import service as accounts
from outreach.accounts.models import User
from outreach.db import db
from outreach.scope import CENTRE_ROLES, Role
from tests.people import NOW, sign_in
from tests.reach.world import World, everything

#: Areas whose ids belong to nobody in particular, with the reason.
COMMON = {
    "programmes": "the catalogue is the same for all; only headquarters and administrators edit it",
    "regions": "centres and their districts are kept by headquarters and administrators, who see all centres",
}
#: Parts of an address that count within a row and are no row of their own.
WITHIN = {"number", "page"}

#: What the API wants to hear before it looks a row up; nothing in it depends on the row.
BODIES: dict[str, dict[str, Any]] = {
    "Contacts.edit_contact": {"name": "남의 담당자", "version": 1},
    "Suppressions.lift_suppression": {"reason": "다시 받겠다고 함"},
    "Leads.plan_lead": {"next_action": "전화", "next_due": "2026-12-01", "version": 1},
    "Leads.log_activity": {"kind": "call", "note": "통화", "version": 1},
    "Leads.move_lead": {"state": "contacted", "version": 1},
    "Campaigns.edit_campaign": {"name": "남의 캠페인", "version": 1},
    "Campaigns.move_campaign": {"state": "finished", "version": 1},
    "Audiences.create_audience": {"name": "모두"},
    "Audiences.edit_audience": {"name": "모두 2", "version": 1},
    "Mailings.edit_mailing": {"title": "남의 메일", "version": 1},
    "Sending.approve_mailing": {"content_hash": "0" * 64},
    "Sending.schedule_mailing": {"at": "2026-11-24T12:00:00+09:00"},
    "Sending.pause_mailing": {"reason": "점검"},
    "Materials.create_share": {"label": "남의 자료", "ends_on": "2026-12-01"},
}
#: The same for the one page that a script moves cards on.
FORMS = {"leads.board_move": {"state": "contacted", "version": "1"}}


def ids_of(rule: Rule) -> list[str]:
    return [name for name, kind in rule._converters.items() if isinstance(kind, IntegerConverter)]


def belonging(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route with a row's id and each method it answers; reading first, what takes something away last."""
    taking = ("remove", "delete", "revoke", "cancel", "dismiss", "withdraw", "set_active")
    rules = [rule for rule in app.url_map.iter_rules() if ids_of(rule) and rule.endpoint.split(".")[0] not in COMMON]
    asked = [(rule, method) for rule in rules for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return iter(sorted(asked, key=lambda ask: (ask[1] != "GET", ask[0].endpoint.endswith(taking), "remove" in
                                               ask[0].endpoint)))


def roles_of(app: Flask, endpoint: str) -> frozenset[Role]:
    view = app.view_functions[endpoint]
    return getattr(view, "view_class", view).access_roles


def choice(rule: Rule, name: str) -> str:
    """The first of the words that an argument may be; where it may be any, one all the same."""
    converter = rule._converters[name]
    return converter.regex.removeprefix("(?:").partition("|")[0] if hasattr(converter, "items") else "advertising"


def path(rule: Rule, world: World, **others: int) -> str:
    """The address of ``world``'s row."""
    values = {
        name: others.get(name) or world.argument(rule.endpoint, name) if name in ids_of(rule) else choice(rule, name)
        for name in rule.arguments
    }
    assert all(values.values()), f"the world has no row for {rule}: {values}"
    return rule.build(values)[1]


class Visitor:
    """A person with a browser and a token."""

    def __init__(self, client: FlaskClient, person: User):
        self.client, self.person = client, person
        self.token = accounts.issue_token(db.session, person, name="시험", now=NOW)

    def ask_for(self, address: str, method: str = "GET") -> Any:
        """A page, by browser."""
        return sign_in(self.client, self.person).open(address, method=method)

    def ask(self, rule: Rule, method: str, address: str) -> Any:
        if not address.startswith("/api/"):
            form = FORMS.get(rule.endpoint) if method == "POST" else None
            return sign_in(self.client, self.person).open(address, method=method, data=form)
        self.client.delete_cookie("session")
        query = {"version": 1} if method == "DELETE" else None
        body = {"json": BODIES.get(rule.endpoint, {})} if method in {"POST", "PATCH"} else {}
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(address, method=method, headers=headers, query_string=query, **body)


def shows(response: Any, world: World) -> bool:
    """Whether an answer, a workbook among them, speaks of a person of ``world``."""
    parts = [response.data]
    if response.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(response.data)) as workbook:
            parts = [workbook.read(name) for name in workbook.namelist()]
    return any(word.encode() in part for word in world.persons for part in parts)


def test_each_row_is_reached_by_someone_of_its_own(app, client, own):
    """The strangers' test asks for rows that are really there."""
    visitors = {role: Visitor(client, person) for role, person in own.people.items()}
    unreached = []
    for rule, method in belonging(app):
        allowed = [visitors[role] for role in visitors if role in roles_of(app, rule.endpoint)]
        answers = {visitor.ask(rule, method, path(rule, own)).status_code for visitor in allowed}
        if not answers - {401, 403, 404}:
            unreached.append(f"{method} {rule} ({rule.endpoint}): {answers}")
    assert unreached == [], "\n".join(unreached)


@pytest.mark.parametrize("role", [*sorted(CENTRE_ROLES), Role.PARTNER])
def test_a_stranger_neither_sees_nor_changes(app, client, own, other, role):
    """``role`` of the other centre or partner, on every row of ``own``."""
    stranger, before, wrong = Visitor(client, other.people[role]), everything(), []
    asked = list(belonging(app))
    for rule, method in asked:
        address = path(rule, own)
        wanted = 404 if role in roles_of(app, rule.endpoint) else 403
        response = stranger.ask(rule, method, address)
        if response.status_code != wanted or shows(response, own):
            wrong.append(f"{method} {rule} ({rule.endpoint}) answered {response.status_code} instead of {wanted}")
        after = everything()
        wrong += [f"{method} {rule} ({rule.endpoint}) changed {name}" for name in after if after[name] != before[name]]
        before = after
    assert len(asked) > 140
    assert wrong == []


@pytest.mark.parametrize("role", [*sorted(CENTRE_ROLES), Role.PARTNER])
def test_a_stranger_does_not_get_in_by_a_row_of_their_own(app, client, own, other, role):
    """Two ids in an address: the first is the stranger's, the second is not."""
    stranger, before, wrong = Visitor(client, other.people[role]), everything(), []
    for rule, method in belonging(app):
        outer, *inner = [name for name in ids_of(rule) if name not in WITHIN]
        if not inner or role not in roles_of(app, rule.endpoint):
            continue
        address = path(rule, own, **{outer: other.argument(rule.endpoint, outer)})
        response = stranger.ask(rule, method, address)
        after = everything()
        if response.status_code != 404 or shows(response, own) or after != before:
            changed = [name for name in after if after[name] != before[name]]
            wrong.append(f"{method} {rule} ({rule.endpoint}) answered {response.status_code}, changed {changed}")
        before = after
    assert wrong == []
