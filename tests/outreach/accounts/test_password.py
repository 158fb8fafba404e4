"""Forgotten, reset and changed passwords, and their mails."""

import re

import pytest
import sqlalchemy as sa
from flask_security.utils import hash_password

from outreach.accounts import letters
from outreach.mail.models import OutboxMessage
from outreach.scope import Role
from tests.people import make_user, sign_in

OLD, NEW = "맑은가을-하늘7", "푸른바다-잔잔한파도9"


@pytest.fixture
def person(app):
    return make_user(Role.AUDITOR, email="lee@audit.example", password_hash=hash_password(OLD))


def mails(session):
    return session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)).all()


def reset_path(message):
    link = re.search(r"http://localhost(/reset/\S+)", message.text)[1]
    assert link in message.html
    return link


def log_in(client, password):
    return client.post("/login", data={"email": "lee@audit.example", "password": password})


def set_password(client, path, password=NEW, again=None):
    return client.post(path, data={"password": password, "password_confirm": again or password})


def test_a_forgotten_password_is_set_anew_by_mail(client, person, session):
    asked = client.post("/reset", data={"email": "lee@audit.example"})
    assert "링크를 보내 드립니다" in asked.text
    (message,) = mails(session)
    assert message.to_address == "lee@audit.example" and "비밀번호" in message.subject
    assert "이 링크는 1일 동안" in message.text and "이 링크는 1일 동안" in message.html
    path = reset_path(message)
    assert "새 비밀번호 정하기" in client.get(path).text
    assert set_password(client, path).location == "/login"
    assert log_in(client, OLD).status_code == 200
    assert log_in(client, NEW).status_code == 302
    assert "새로 정했습니다" in mails(session)[1].subject


def test_the_link_bears_the_sites_own_address(client, person, session):
    client.post("/reset", data={"email": "lee@audit.example"}, base_url="http://evil.example")
    assert "evil.example" not in mails(session)[0].text


def test_a_link_works_once(client, person, session):
    client.post("/reset", data={"email": "lee@audit.example"})
    path = reset_path(mails(session)[0])
    set_password(client, path)
    response = client.get(path, follow_redirects=True)
    assert "이미 사용했거나 올바르지 않은 링크" in response.text
    set_password(client, path, "다른비밀번호-12")
    assert log_in(client, NEW).status_code == 302


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(client, person, session):
    known = client.post("/reset", data={"email": "lee@audit.example"}).text
    unknown = client.post("/reset", data={"email": "who@audit.example"}).text
    assert known.replace("lee@", "who@").count("보내 드립니다") == unknown.count("보내 드립니다")
    assert len(mails(session)) == 1


@pytest.mark.parametrize(
    ("password", "reason"),
    [("짧은암호", "10자 이상"), ("1234567890", "숫자만으로"), ("audit-audit-lee@", None), ("가" * 10, "되풀이")],
)
def test_a_weak_password_is_refused_with_the_reason(client, person, session, password, reason):
    with client.application.test_request_context():
        path = letters.password_link(person).removeprefix("http://localhost")
    response = set_password(client, path, password)
    if reason:
        assert response.status_code == 200 and reason in response.text
        assert log_in(client, OLD).status_code == 302
    else:
        assert response.status_code == 302


def test_two_different_passwords_are_refused(client, person):
    with client.application.test_request_context():
        path = letters.password_link(person).removeprefix("http://localhost")
    assert "서로 다릅니다" in set_password(client, path, NEW, "푸른바다-잔잔한파도8").text


def test_a_damaged_link_leads_to_a_new_one(client):
    response = client.get("/reset/nonsense", follow_redirects=True)
    assert response.request.path == "/reset" and "올바르지 않은 링크" in response.text


def change(client, **values):
    data = {"password": OLD, "new_password": NEW, "new_password_confirm": NEW} | values
    return client.post("/change", data=data)


def test_changing_signs_out_other_devices(client, person, app, session):
    other = sign_in(app.test_client(), person)
    sign_in(client, person)
    assert "비밀번호 변경" in client.get("/change").text
    assert change(client).status_code == 302
    assert client.get("/me/").status_code == 200
    assert "/login" in other.get("/me/").location
    assert "바뀌었습니다" in mails(session)[0].subject


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"password": "틀린비밀번호"}, "맞지 않습니다"), ({"new_password_confirm": "x"}, "서로 다릅니다"),
     ({"new_password": OLD, "new_password_confirm": OLD}, "다른 비밀번호"), ({"password": ""}, "입력해 주세요")],
)
def test_changing_with_bad_input(client, person, values, reason):
    sign_in(client, person)
    response = change(client, **values)
    assert response.status_code == 200 and reason in response.text


def test_changing_needs_a_session(client):
    assert "/login" in client.get("/change").location
