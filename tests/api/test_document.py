"""The OpenAPI document: valid, public, complete."""

from __future__ import annotations

import pytest
from openapi_spec_validator import validate

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(client):
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    return response.json


def operations(document):
    return [
        (path, method, operation)
        for path, item in document["paths"].items() for method, operation in item.items() if method in METHODS
    ]


def test_it_is_a_valid_openapi_document(document):
    validate(document)
    assert document["openapi"].startswith("3.")


def test_every_route_of_the_api_is_in_it(app, document):
    rules = {
        (rule.rule.replace("<int:", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/") and "openapi" not in rule.rule
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert rules == {(path, method) for path, method, _ in operations(document)}
    assert len(rules) > 50


def test_every_operation_says_what_it_does_and_where_it_belongs(document):
    tags = {tag["name"] for tag in document["tags"] if len(tag["description"]) > 10}
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(document):
        assert operation["summary"] and not operation["summary"].endswith("."), (path, method)
        assert set(operation["tags"]) <= tags, (path, method)


def test_every_operation_names_its_problems(document):
    for path, method, operation in operations(document):
        wanted = {"401", "403", "404", "422", "429"} | ({"409", "415"} if method != "get" else set())
        assert wanted <= set(operation["responses"]), (path, method)
    problem = document["components"]["responses"]["CONFLICT"]["content"]
    assert list(problem) == ["application/problem+json"]


def test_what_is_sent_is_described(document):
    schemas = document["components"]["schemas"]
    bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for _, _, operation in operations(document) if "requestBody" in operation
    }
    undescribed = [
        f"{name}.{field}" for name in bodies for field, schema in schemas[name]["properties"].items()
        if not schema.get("description")
    ]
    assert undescribed == []
    unsaid = [
        f"{path} {parameter['name']}" for path, _, operation in operations(document)
        for parameter in operation.get("parameters", []) if not parameter.get("description")
    ]
    assert unsaid == []


def test_the_token_is_the_only_way_in(document):
    assert document["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
