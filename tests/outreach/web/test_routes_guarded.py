"""Every route is guarded, public with a reason, or a listed view of a library; and the guard works."""

from __future__ import annotations

import re

import pytest
from flask import Blueprint, Flask

from outreach.app import build_app
from outreach.feature import Feature
from outreach.scope import Role
from outreach.web import access
from tests.conftest import settings_for
from tests.people import make_user, sign_in
from wsgi import FEATURES

SAFE = {"GET", "HEAD", "OPTIONS"}


def is_library_view(app: Flask, endpoint: str) -> bool:
    listed = app.extensions["outreach"].library_views | access.LIBRARY_VIEWS
    return endpoint in listed or endpoint.endswith(".static")


def marks(app: Flask, endpoint: str) -> tuple[object, object]:
    view = app.view_functions[endpoint]
    marked = getattr(view, "view_class", view)
    return getattr(marked, "access_roles", None), getattr(marked, "access_public", None)


def test_every_route_says_who_may_call_it(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    unguarded = {name for name in endpoints if not is_library_view(app, name) and not any(marks(app, name))}
    assert unguarded == set()


def test_no_route_is_both_guarded_and_public(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert [name for name in endpoints if all(marks(app, name))] == []


def test_every_listed_library_view_exists_and_has_a_reason(app):
    listed = app.extensions["outreach"].library_views
    assert set(listed) <= set(app.view_functions)
    assert all(len(reason) > 10 for reason in listed.values())


def example(rule: str) -> str:
    """A path that fits a rule: 1 for every argument, the first choice where there are choices."""
    rule = re.sub(r"<any\(([^,)]+)[^>]*>", lambda match: match[1].strip("'\" "), rule)
    return re.sub(r"<[^>]+>", "1", rule)


def test_anonymous_reaches_no_guarded_page(app, client):
    """Each guarded page, asked for with made-up arguments, answers with the way to the sign-in page."""
    for rule in app.url_map.iter_rules():
        roles, _ = marks(app, rule.endpoint)
        if is_library_view(app, rule.endpoint) or roles is None:
            continue
        path = example(rule.rule)
        method = "GET" if "GET" in rule.methods else sorted(rule.methods - SAFE)[0]
        response = client.open(path, method=method)
        if path.startswith("/api/"):
            assert response.status_code == 401, rule
        else:
            assert response.status_code == 302 and "/login" in response.location, rule


@pytest.fixture
def odd_app(tmp_path, migrated_sqlite):
    """The application with a view that nobody decorated."""
    blueprint = Blueprint("odd", __name__)
    blueprint.get("/odd")(lambda: "secret")
    features = [*FEATURES, Feature("odd", (blueprint,))]
    app = build_app(settings_for(f"sqlite:///{migrated_sqlite}", tmp_path), features)
    with app.app_context():
        yield app


def test_an_undecorated_view_is_refused(odd_app):
    response = odd_app.test_client().get("/odd")
    assert response.status_code == 403 and "secret" not in response.text


def test_the_path_asked_for_is_kept_over_the_sign_in(client):
    assert client.get("/me/?x=1").location.endswith("/login?next=/me/?x%3D1")
    assert client.get("/").location.endswith("/login")


def test_the_right_role_is_needed(client, app):
    sign_in(client, make_user(Role.PLANNER))
    assert client.get("/accounts/").status_code == 403
    assert "권한이 없습니다" in client.get("/accounts/").text
