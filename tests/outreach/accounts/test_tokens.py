"""Bearer tokens: who is asking through the API, and one's own page of tokens."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Blueprint, jsonify
from flask_login import current_user

from outreach.accounts import service
from outreach.accounts.models import ApiToken
from outreach.app import build_app
from outreach.audit.models import AccessKind
from outreach.audit.service import Actor, record_access
from outreach.feature import Feature
from outreach.scope import Role
from outreach.web import access
from outreach.web.protection import csrf
from tests.conftest import settings_for
from tests.people import SiteClient, make_user, sign_in
from wsgi import FEATURES


@pytest.fixture
def app(tmp_path, migrated_sqlite, clock):
    """The application with a small API view that says who asks."""
    blueprint = Blueprint("whoami", __name__, url_prefix="/api/v1")

    @blueprint.route("/whoami", methods=["GET", "POST"])
    @access.allow()
    def whoami():
        return jsonify(email=current_user.email, role=access.scope().role.value)

    csrf.exempt(blueprint)
    path = tmp_path / "outreach.sqlite3"
    path.write_bytes(migrated_sqlite.read_bytes())
    app = build_app(
        settings_for(f"sqlite:///{path}", tmp_path), [*FEATURES, Feature("whoami", (blueprint,))], clock=clock
    )
    app.test_client_class = SiteClient
    app.config["WTF_CSRF_ENABLED"] = True
    with app.app_context():
        yield app


@pytest.fixture
def person(app):
    return make_user(Role.PLANNER, email="park@suwon.example")


@pytest.fixture
def token(session, person, now):
    return service.issue_token(session, person, name="시험", now=now)


def ask(client, token=None, method="GET", **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return client.open("/api/v1/whoami", method=method, headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_stands_for_its_account(client, token, method):
    assert ask(client, token, method).json == {"email": "park@suwon.example", "role": "planner"}


def test_no_token_is_a_problem_with_a_challenge(client):
    response = ask(client)
    assert response.status_code == 401 and response.content_type == "application/problem+json"
    assert response.headers["WWW-Authenticate"].lower().startswith("bearer")


@pytest.mark.parametrize("bad", ["nonsense", "dho_nonsense", "", "dho_" + "x" * 5000])
def test_a_bad_token_is_refused(client, person, bad):
    assert ask(client, **{"Authorization": f"Bearer {bad}"}).status_code == 401


def test_expired_revoked_and_closed(client, token, session, person, clock):
    row = session.scalar(sa.select(ApiToken))
    row.revoked_at = clock.now()
    assert ask(client, token).status_code == 401
    row.revoked_at = None
    person.active = False
    assert ask(client, token).status_code == 401
    person.active = True
    assert ask(client, token).status_code == 200
    clock.advance(days=366)
    assert ask(client, token).status_code == 401


def test_only_the_hash_is_kept(session, token):
    assert token not in str(session.execute(sa.text("SELECT * FROM api_token")).all())


def test_last_use_is_written_at_most_once_a_minute(client, token, session, clock):
    row = session.scalar(sa.select(ApiToken))
    first = clock.now()
    ask(client, token)
    assert row.last_used_at == first
    clock.advance(seconds=30)
    ask(client, token)
    assert row.last_used_at == first
    clock.advance(seconds=31)
    ask(client, token, "POST")
    assert row.last_used_at == clock.now() == first + timedelta(seconds=61)


def test_a_session_reads_but_never_writes_through_the_api(client, person):
    sign_in(client, person)
    assert ask(client).status_code == 200
    assert ask(client, method="POST").status_code == 401


def test_a_token_goes_before_a_session(client, person, token):
    sign_in(client, make_user(Role.AUDITOR))
    assert ask(client, token).json["email"] == "park@suwon.example"
    assert ask(client, "dho_wrong").status_code == 401


def test_a_token_opens_no_page(client, token):
    response = client.get("/me/", headers={"Authorization": f"Bearer {token}"})
    assert "/login" in response.location


# -- one's own page ------------------------------------------------------------------------------------


@pytest.fixture
def own(app, client, person):
    app.config["WTF_CSRF_ENABLED"] = False
    return sign_in(client, person)


def test_a_token_is_shown_once(own, session):
    response = own.post("/me/tokens", data={"name": "통계 프로그램"})
    assert response.headers["Cache-Control"] == "no-store"
    shown = response.text.split('class="code">')[1].split("<")[0]
    assert service.user_of_token(session, shown, now=session.scalar(sa.select(ApiToken.created_at)))
    again = own.get("/me/").text
    assert "통계 프로그램" in again and shown not in again


@pytest.mark.parametrize("name", ["", "  ", "가" * 61])
def test_a_token_needs_a_name(own, session, name):
    assert own.post("/me/tokens", data={"name": name}).status_code == 422
    assert session.scalar(sa.select(ApiToken)) is None


def test_a_token_is_revoked(own, session, token):
    row = session.scalar(sa.select(ApiToken))
    assert own.get(f"/me/tokens/{row.id}/revoke").status_code == 405
    assert own.post(f"/me/tokens/{row.id}/revoke").status_code == 302
    assert row.revoked_at is not None
    assert own.post(f"/me/tokens/{row.id}/revoke").status_code == 404


def test_another_persons_token_is_not_found(own, session, now):
    service.issue_token(session, make_user(Role.PLANNER), name="남의 것", now=now)
    row = session.scalar(sa.select(ApiToken))
    assert "남의 것" not in own.get("/me/").text
    assert own.post(f"/me/tokens/{row.id}/revoke").status_code == 404
    assert row.revoked_at is None


def test_own_accesses_are_shown_and_nobody_elses(own, session, person, now):
    record_access(session, Actor(person.id, person.email, "10.0.0.7"), AccessKind.EXPORT, "lead", [1, 2], now=now)
    record_access(session, Actor(0, "other@x.example", "10.0.0.8"), AccessKind.EXPORT, "lead", [3], now=now)
    page = own.get("/me/").text
    assert "10.0.0.7" in page and "10.0.0.8" not in page


def test_anonymous(client):
    assert "/login" in client.get("/me/").location
