"""What the API's areas share: the blueprint class, bearer tokens, paging arguments."""

from __future__ import annotations

import marshmallow as ma
from flask import Flask
from flask_smorest import Api, Blueprint

PREFIX = "/api/v1"
MAX_LIMIT = 200

class ProblemApi(Api):
    """flask-smorest without its own error answers, which it would give to pages, too: all errors go
    through outreach.web.errors."""

    def _register_error_handlers(self) -> None:
        pass


api = ProblemApi()


class CursorArgs(ma.Schema):
    """Query arguments of every list: where to go on, and how many."""

    cursor = ma.fields.String(metadata={"description": "next_cursor of the page before"})
    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, MAX_LIMIT))


def area(name: str, description: str) -> Blueprint:
    """A blueprint below /api/v1/<name>."""
    return Blueprint(f"api_{name}", __name__, url_prefix=f"{PREFIX}/{name}", description=description)


def page_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of a cursor page of ``item``."""
    return ma.Schema.from_dict(
        {"items": ma.fields.List(ma.fields.Nested(item)), "next_cursor": ma.fields.String(allow_none=True)},
        name=f"{item.__name__.removesuffix('Schema')}Page",
    )


def init_app(app: Flask) -> None:
    app.config.update(
        API_TITLE="Donghaeng Outreach API", API_VERSION="1", OPENAPI_VERSION="3.1.0", OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    api.init_app(app)
    app.extensions["outreach"].library_views["api-docs.openapi_json"] = "describes the API and holds no data"
