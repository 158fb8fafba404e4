"""Errors are pages for people and problem documents (RFC 9457) for programs."""

import pytest

from outreach.scope import Role
from outreach.web.errors import _flat
from tests.people import make_user, sign_in


def test_a_missing_page_says_so_in_korean(client):
    response = client.get("/no-such-page")
    assert response.status_code == 404 and "찾을 수 없습니다" in response.text
    assert response.content_type.startswith("text/html")


def test_a_missing_api_path_is_a_problem_document(client):
    response = client.get("/api/v1/no-such-thing")
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == 404 and response.json["type"] == "about:blank"


def test_the_wrong_method_names_the_right_one(client):
    sign_in(client, make_user(Role.ADMINISTRATOR))
    response = client.get("/accounts/1/active")
    assert response.status_code == 405 and "POST" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("messages", "fields"),
    [
        ({"query": {"limit": ["Not a number."]}}, {"limit": "Not a number."}),
        ({"json": {"contact": {"email": ["a", "b"]}}}, {"contact.email": "a b"}),
        ({"json": {"items": {0: {"name": ["missing"]}}}}, {"items.0.name": "missing"}),
        ({}, {}),
    ],
)
def test_argument_errors_are_named_by_field(messages, fields):
    assert dict(_flat(messages)) == fields


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/api", 404, "주소를 확인"), ("GET", "/api/", 404, "주소를 확인"),
        ("GET", "/api/v2/x", 404, "주소를 확인"),
        ("GET", "/api/v1/companies/", 404, "주소를 확인"), ("PUT", "/api/v1/companies", 405, "Allow"),
        ("POST", "/api/v1/openapi.json", 405, "Allow"), ("GET", "/api/v1/companies", 401, "토큰"),
    ],
)
def test_every_error_below_the_api_speaks_to_a_program(client, method, path, status, says):
    response = client.open(path, method=method)
    assert response.status_code == status and response.content_type == "application/problem+json"
    assert says in response.text, "Korean is written as such, not as \\u…"
    assert {"type", "title", "status", "detail"} <= set(response.json) and "화면" not in response.json["detail"]
