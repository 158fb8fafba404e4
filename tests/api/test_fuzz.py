"""Anything may be sent to any operation of the document: the answer is never a fault of the program, and every
refusal is a problem document of its own status."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.scope import Role
from tests.api.calling import PREFIX, Program
from tests.people import make_user
from tests.reach.test_strangers import BODIES
from tests.reach.world import make_world

_odd = st.sampled_from([
    "", " ", "²", "-1", "0", "1e9", "9" * 30, "\x00", "가나다", "' OR 1=1 --", "2026-02-30",
    "9999-12-31T23:59:59-12:00", "true", "null", "../..", "%", "\u202e", "x" * 6000,
    0, -1, 2**63, 10**40, 1.5, True, None, [], {}, [[]], {"a": 1},
    ["x"], [None], [{}], [{"kind": "text"}],
])
_values = st.one_of(_odd, st.text(max_size=20), st.integers(), st.floats(allow_nan=True), st.booleans())
_written = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation) for path, item in document["paths"].items()
        for method, operation in item.items() if method in {"get", "post", "patch", "delete"}
    ]


def fields_of(document: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    """The names that a body of ``operation`` knows."""
    if "requestBody" not in operation:
        return []
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return list(document["components"]["schemas"][name]["properties"])


@pytest.mark.parametrize("role", [Role.HEADQUARTERS, Role.PARTNER])
def test_nothing_that_is_sent_breaks_an_operation(app, client, program, role):
    """Rows that exist are asked for, so that the odd values get as far as they can."""
    world = make_world(app, "41")
    caller: Program = program(make_user(role, organisation=world.organisation if role is Role.PARTNER else None))
    document = client.get(f"{PREFIX}/openapi.json").json

    @settings(max_examples=8, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def send(path: str, method: str, operation: dict[str, Any], data: st.DataObject) -> None:
        for name in [part.strip("{}") for part in path.split("/") if part.startswith("{")]:
            path = path.replace(f"{{{name}}}", str(world.argument(operation["operationId"], name)))
        queried = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        known = fields_of(document, operation)
        query = data.draw(st.dictionaries(st.sampled_from(queried), _written, max_size=3)) if queried else {}
        body = dict(BODIES.get(operation["operationId"], {}))
        if known:
            body |= data.draw(st.dictionaries(st.sampled_from(known), _values, max_size=4))
        options = {"json": body} if method in {"post", "patch"} else {}
        response = caller.call(method.upper(), path.removeprefix(PREFIX), query_string=query, **options)
        assert response.status_code < 500, (method, path, query, body, response.text)
        if response.status_code >= 400:
            assert response.content_type == "application/problem+json", (method, path)
            assert response.json["status"] == response.status_code and response.json["detail"]

    for path, method, operation in operations(document):
        send(path, method, operation)
