"""Signing in and out: e-mail and password, lock, limits, CSRF, the demo's one-click accounts."""

import re
from dataclasses import replace
from datetime import UTC
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask_security.utils import hash_password

from outreach.accounts.rules import DEMO_PASSWORD, LOCK_FOR, MAX_FAILED_LOGINS, demo_email
from outreach.audit.models import AccessKind, AccessRecord
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from outreach.web.protection import limiter
from tests.people import make_centre, make_user, sign_in

PASSWORD = "맑은가을-하늘7"
WRONG = "이메일 또는 비밀번호가 맞지 않습니다"


@pytest.fixture
def person(app):
    return make_user(
        Role.PROMOTION, centre=make_centre("suwon", "수원고용센터"), email="kim@suwon.example",
        password_hash=hash_password(PASSWORD),
    )


def log_in(client, email="kim@suwon.example", password=PASSWORD, **kwargs):
    return client.post("/login", data={"email": email, "password": password}, **kwargs)


def test_the_page_asks_in_korean_and_offers_no_registration(client):
    page = client.get("/login").text
    assert "비밀번호를 잊으셨나요?" in page and "데모" not in page
    assert client.get("/register").status_code == 404


def test_sign_in_leads_to_the_first_page_and_is_recorded(client, person, session, clock):
    response = log_in(client)
    assert response.status_code == 302 and response.location == "/"
    assert "수원고용센터 홍보담당" in client.get("/").text
    assert person.login_count == 1 and person.current_login_at == clock.now().astimezone(UTC)
    record = session.scalar(sa.select(AccessRecord).where(AccessRecord.kind == AccessKind.SIGN_IN))
    assert record.user_email == "kim@suwon.example" and record.centre_id == person.centre_id


def test_the_address_may_be_typed_in_any_case(client, person):
    assert log_in(client, " Kim@Suwon.Example ").status_code == 302


def test_sign_in_goes_on_to_the_page_asked_for(client, person):
    response = client.post("/login?next=/me/", data={"email": person.email, "password": PASSWORD})
    assert response.location.endswith("/me/")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_sign_in_never_leads_off_the_site(client, person, target):
    response = client.post("/login", query_string={"next": target}, data={"email": person.email, "password": PASSWORD})
    assert urlsplit(response.location or "/").netloc == "" and not (response.location or "/").startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("email", "password"),
    [("kim@suwon.example", "틀린비밀번호"), ("nobody@suwon.example", PASSWORD), ("", ""), ("no address", "x")],
)
def test_all_failures_read_the_same(client, person, email, password):
    response = log_in(client, email, password)
    assert response.status_code == 200 and response.text.count(WRONG) == 1
    assert "등록되지 않은" not in response.text


def test_an_account_without_a_password_cannot_sign_in(client, app):
    make_user(Role.AUDITOR, email="new@audit.example")
    assert WRONG in log_in(client, "new@audit.example", "아무비밀번호나").text


def test_a_closed_account_cannot_sign_in(client, person):
    person.active = False
    assert log_in(client).status_code == 200
    assert "/login" in client.get("/").location


def test_ten_failures_lock_the_account_for_a_while(client, person, session, clock):
    for _ in range(MAX_FAILED_LOGINS):
        log_in(client, password="틀린비밀번호")
    assert person.locked_until == clock.now() + LOCK_FOR
    locked = log_in(client)
    assert locked.status_code == 200 and WRONG in locked.text
    assert "로그인이 잠시 제한" in session.scalar(sa.select(OutboxMessage.subject))
    clock.advance(seconds=LOCK_FOR.total_seconds() + 1)
    assert log_in(client).status_code == 302
    assert person.failed_logins == 0 and person.locked_until is None


def test_a_success_forgets_earlier_failures(client, person):
    for _ in range(MAX_FAILED_LOGINS - 1):
        log_in(client, password="틀린비밀번호")
    assert person.failed_logins == MAX_FAILED_LOGINS - 1
    log_in(client)
    assert person.failed_logins == 0


def test_sign_in_is_limited_by_address(client, person, app):
    limiter.enabled = True
    try:
        answers = [log_in(client, "a@b.example", "x").status_code for _ in range(21)]
    finally:
        limiter.enabled = False
        limiter.reset()
    assert answers[-1] == 429 and 429 not in answers[:-1]


def test_sign_out_is_a_post_and_ends_the_session(client, person):
    log_in(client)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 302
    assert "/login" in client.get("/").location


def test_a_session_ends_two_hours_after_the_last_request(client, person):
    log_in(client)
    cookie = client.get_cookie("session")
    assert 7190 <= (cookie.expires - cookie.expires.now(UTC)).total_seconds() <= 7200
    assert cookie.http_only and cookie.same_site == "Lax"


@pytest.fixture
def strict(app):
    """With CSRF checks, which the other tests go without."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


def test_forms_need_their_token(client, strict, person):
    assert log_in(client).status_code == 400
    sign_in(client, person)
    assert client.post("/me/tokens", data={"name": "x"}).status_code == 400


def test_sign_in_with_its_token(client, strict, person):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)[1]
    response = client.post("/login", data={"email": person.email, "password": PASSWORD, "csrf_token": token})
    assert response.status_code == 302


def test_sign_out_without_a_token_asks_first(client, strict, person):
    sign_in(client, person)
    response = client.post("/logout")
    assert response.status_code in (200, 400)
    assert client.get("/").status_code == 200


def test_only_the_demo_signs_in_by_a_click(client, app):
    make_user(Role.PLANNER, email=demo_email(Role.PLANNER))
    assert client.post("/demo/sign-in", data={"role": "planner"}).status_code == 404


def test_the_demo_shows_one_account_a_role(app, client):
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, demo=True)
    make_user(Role.PLANNER, email=demo_email(Role.PLANNER), name="박플래너", password_hash=hash_password(DEMO_PASSWORD))
    page = client.get("/login").text
    assert "데모 계정으로 둘러보기" in page and "박플래너" in page
    assert client.get("/demo/sign-in").status_code == 405
    assert client.post("/demo/sign-in", data={"role": "nonsense"}).status_code == 404
    assert client.post("/demo/sign-in", data={"role": "auditor"}).status_code == 404
    assert client.post("/demo/sign-in", data={"role": "planner"}).location == "/"
    assert "박플래너" in client.get("/").text
