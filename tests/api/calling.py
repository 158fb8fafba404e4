"""A program that calls the API with someone's bearer token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask.testing import FlaskClient

from outreach.accounts import service as accounts
from outreach.accounts.models import User
from outreach.db import db
from tests.people import NOW

PREFIX = "/api/v1"


class Program:
    """Sends what a call needs and gives the response back; nothing is asserted here."""

    def __init__(self, client: FlaskClient, token: str | None):
        self.client, self.token = client, token

    def call(self, method: str, path: str, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.client.open(PREFIX + path, method=method, headers=headers, **options)

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, json={} if body is None else body, headers=headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, json=body, headers=headers)

    def delete(self, path: str, **query: Any) -> Any:
        return self.call("DELETE", path, query_string=query)

    def walk(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        while True:
            page = self.get(path, **query).json
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]


def program_of(client: FlaskClient, user: User | None) -> Program:
    """A program with a token of ``user``, or without any."""
    token = accounts.issue_token(db.session, user, name="시험", now=NOW) if user else None
    return Program(client, token)


def wrong_fields(response: Any) -> set[str]:
    """Which fields a refusal names."""
    return {error["field"] for error in response.json.get("errors", [])}
