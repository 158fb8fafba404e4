"""What protects every page alike: CSRF tokens, security headers, cookies, caches, redirects."""

from __future__ import annotations

import re

import pytest
from flask_security.utils import hash_password

from outreach.scope import Role
from tests.conftest import make_app
from tests.outreach.web.test_routes_guarded import example
from tests.people import make_user, sign_in

PASSWORD = "맑은가을-하늘7"

#: Forms without a CSRF token, with the reason.
UNBOUND = {
    "consents": "the signed link of a notice is the capability; no session is involved",
    "gallery": "leads to the public form of a case; the page is the same for all and bears no session",
    "letters": "the signed link on a letter is the capability; no session is involved",
    "public": "the signed link is the capability; no session is involved, and mail programs post without one",
}


@pytest.fixture
def strict(app):
    """With CSRF checks, which the other tests go without."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


def test_every_form_needs_its_token(strict, client):
    """Whoever is signed in: the token is asked for before anything else."""
    people = [sign_in(strict.test_client(), make_user(role)) for role in (Role.HEADQUARTERS, Role.PARTNER)]
    rules = [rule for rule in strict.url_map.iter_rules() if "POST" in rule.methods]
    forged = [
        rule for rule in rules if not rule.rule.startswith("/api/") and rule.endpoint.partition(".")[0] not in UNBOUND
    ]
    assert len(forged) > 90
    for rule in forged:
        for visitor in (client, *people):
            for form in ({}, {"csrf_token": "x"}):
                response = visitor.post(example(rule.rule), data=form)
                assert response.status_code == 400, f"{rule} ({rule.endpoint})"


def test_the_token_of_another_session_does_not_serve(strict, client):
    sign_in(client, make_user(Role.PLANNER))
    other = sign_in(strict.test_client(), make_user(Role.PLANNER))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', other.get("/me/").text)[1]
    assert client.post("/me/tokens", data={"name": "시험", "csrf_token": token}).status_code == 400
    assert other.post("/me/tokens", data={"name": "시험", "csrf_token": token}).status_code == 200


def test_signing_in_leaves_nothing_of_the_session_before_it(strict, client):
    """A cookie planted in a browser beforehand (session fixation) is worth nothing afterwards."""
    person = make_user(Role.PLANNER, email="plan@outreach.example", password_hash=hash_password(PASSWORD))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)[1]
    with client.session_transaction() as session:
        planted = dict(session)
    cookie = client.get_cookie("session").value
    client.post("/login", data={"email": person.email, "password": PASSWORD, "csrf_token": token})
    with client.session_transaction() as session:
        assert session["_user_id"] == person.fs_uniquifier and session.get("csrf_token") != planted["csrf_token"]
    assert client.post("/me/tokens", data={"name": "시험", "csrf_token": token}).status_code == 400
    client.set_cookie("session", cookie)
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize("path", ["/login", "/", "/me/", "/nothing", "/api/v1/companies", "/api/v1/openapi.json",
                                  "/static/css/site.css", "/u/x", "/r/x", "/health"])
def test_every_answer_has_the_security_headers(client, path):
    for visitor in (client, sign_in(client, make_user(Role.PLANNER))):
        headers = visitor.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'self'" in policy and "object-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["Referrer-Policy"] == "same-origin"


def test_what_a_person_sees_stays_in_no_cache(client):
    sign_in(client, make_user(Role.PROMOTION))
    for path in ("/", "/companies/", "/leads/export.xlsx", "/api/v1/contacts"):
        response = client.get(path)
        assert response.status_code == 200 and response.headers["Cache-Control"] == "no-store", path
    sign_in(client, make_user(Role.PROMOTION))
    assert client.get("/change").headers["Cache-Control"] == "no-store"


def test_the_sign_in_pages_cache_rule_is_well_formed(client):
    assert set(client.get("/login").headers["Cache-Control"].split(", ")) == {"private", "no-store"}


def test_behind_tls_cookies_are_secure_and_browsers_stay_with_https(database_url, tmp_path, client):
    app = make_app(database_url, tmp_path, base_url="https://outreach.example.go.kr")
    response = app.test_client().get("/login", base_url="https://outreach.example.go.kr")
    cookie = response.headers["Set-Cookie"]
    assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "max-age=" in response.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "\\\\evil.example",
               "javascript:alert(1)", "/\n/evil.example", "http:evil.example", " //evil.example"],
)
def test_choosing_a_language_never_leads_off_the_site(client, target):
    assert client.get("/language/en", query_string={"next": target}).location == "/"
