"""What the areas of the API share: the blueprint class, how requests are read, paging, saving, the document.

A view is a function: ``@blp.route``, ``@access.allow``, for a writing one ``@saves`` or ``@saves_once``, then
``@blp.arguments`` and ``@blp.response``. It calls the same services as the pages and does not commit.
"""

from __future__ import annotations

import functools
import http
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Flask, Response, current_app, jsonify, request
from flask_babel import gettext as _
from flask_smorest import Api, Blueprint
from flask_smorest.utils import prepare_response
from webargs.core import is_json
from webargs.flaskparser import FlaskParser, abort

from outreach.db import db, reading
from outreach.errors import Invalid
from outreach.web import access, fields, idempotency
from outreach.web.fields import Schema, Shown
from outreach.web.protection import csrf, limiter

PREFIX = "/api/v1"
MAX_LIMIT = 200
MAX_BODY_BYTES = 2 * 1024 * 1024
RATE = "1200 per minute"

PROBLEMS = {
    400: "The body is not JSON.",
    401: "No token, or one that is unknown, expired or revoked.",
    403: "The role of the account does not allow the act.",
    404: "No such thing, or not within the account's centre or organisation (the two are not told apart).",
    409: "The present state does not allow the act, or someone saved in between (`version` says the present one).",
    413: "The body is larger than 2 MB.",
    415: "The body is not `application/json`.",
    422: "A value is wrong; `errors` names each field.",
    429: "Too many requests; `Retry-After` says when to go on.",
    503: "The database or mail server does not answer; nothing was saved.",
}

IF_MATCH = {
    "in": "header", "name": "If-Match", "schema": {"type": "string"},
    "description": "The version the edit was begun on, as given in ETag; `version` serves as well.",
}
IDEMPOTENCY_KEY = {
    "in": "header", "name": idempotency.HEADER, "schema": {"type": "string", "maxLength": 200},
    "description": "A text of your own. The same key with the same body is done once: for 24 hours it gets the first "
                   "answer again, marked `Idempotent-Replayed: true`.",
}

INTRODUCTION = """The campaign manager as a program sees it: the same services, rules and limits as its pages.

* A bearer token stands for an account and sees what its owner sees.
* Times are ISO 8601 with a zone; days are Korean calendar days.
* Lists are read by cursor: pass `next_cursor` as `cursor` until it is null.
* An edit names the `version` it was begun on, in the body or as `If-Match`.
* Errors are problem details (RFC 9457).
"""


class FieldProblem(Shown):
    field = ma.fields.String(metadata={"description": "the field, with dots into objects and lists"})
    detail = ma.fields.String()


class Problem(Shown):
    """RFC 9457."""

    type = ma.fields.String()
    title = ma.fields.String()
    status = ma.fields.Integer()
    detail = ma.fields.String()
    errors = ma.fields.List(ma.fields.Nested(FieldProblem), metadata={"description": "which fields are wrong"})
    version = ma.fields.Integer(metadata={"description": "with 409: the present version of what was to be edited"})


class ProblemApi(Api):
    """flask-smorest without its own error answers, which it would give to pages, too: all errors go
    through outreach.web.errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        for status, description in PROBLEMS.items():
            response = {"description": description, "schema": Problem}
            prepare_response(response, self.spec, "application/problem+json")
            self.spec.components.response(http.HTTPStatus(status).name, response, lazy=True)


# -- reading requests ------------------------------------------------------------------------------------


class Reader(FlaskParser):
    """Reads arguments strictly: JSON only, unknown query arguments refused (a misspelt filter must not widen a
    list), and no text that a database can't hold."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": ma.RAISE}

    def load_json(self, req: Any, schema: ma.Schema) -> Any:
        body = req.get_data(cache=True)
        if len(body) > MAX_BODY_BYTES:
            abort(413)
        if (body or req.form or req.files) and not is_json(req.mimetype):
            abort(415)
        try:
            found = super().load_json(req, schema)
        except RecursionError:
            abort(400, messages={"json": {"body": [_("너무 깊이 겹친 JSON입니다.")]}})
        _refuse_unwritable(found, "json")
        return {} if found is ma.missing else found

    def load_querystring(self, req: Any, schema: ma.Schema) -> Any:
        _refuse_unwritable(req.args.to_dict(flat=False), "query")
        return super().load_querystring(req, schema)


def _refuse_unwritable(value: Any, place: str) -> None:
    """NUL and lone surrogates are characters to JSON, but no database stores them."""
    for path, text in _texts(value, ""):
        if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
            abort(422, messages={place: {path.strip(".") or "body": [_("저장할 수 없는 문자가 있습니다.")]}})


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield path, name
            yield from _texts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{place}")


_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')


def expected_version(values: dict[str, Any]) -> int:
    """The version an edit was begun on, taken out of ``values`` or else from If-Match. Raises Invalid."""
    version = values.pop("version", None)
    if version is None:
        match = _VERSION.fullmatch(request.headers.get("If-Match", ""))
        version = int(match[1]) if match else None
    if version is None:
        text = "고치려는 것의 version을 본문이나 If-Match 헤더로 보내 주세요."
        raise Invalid(text, fields={"version": "빠져 있습니다."})
    return version


def version_field(*, strict: bool = True) -> ma.fields.Integer:
    says = "the version the edit was begun on; If-Match serves as well"
    return fields.whole(1, 2**53, says, strict=strict, load_default=None)


class CursorArgs(Schema):
    """Query arguments of every list: where to go on, and how many."""

    cursor = fields.text(40, "next_cursor of the page before", load_default=None)
    limit = fields.whole(1, MAX_LIMIT, "rows a page", strict=False, load_default=50)


class VersionArgs(Schema):
    """For edits without a body."""

    version = version_field(strict=False)


def page_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of a cursor page of ``item``."""
    cursor = ma.fields.String(allow_none=True, metadata={"description": "cursor of the next page; null on the last"})
    return Shown.from_dict(
        {"items": ma.fields.List(ma.fields.Nested(item)), "next_cursor": cursor}, name=f"{item.__name__}Page",
    )


# -- answering -------------------------------------------------------------------------------------------


def now() -> datetime:
    return current_app.extensions["outreach"].clock.now()


def versioned(row: Any, status: int = 200) -> tuple[Any, int, dict[str, str]]:
    """``row`` with its version as ETag."""
    return row, status, {"ETag": f'"{row.version}"'}


def only_reads(view: Callable[..., Response]) -> Callable[..., Response]:
    """For a POST that only looks, its question being too long for an address: it takes no write lock."""

    @functools.wraps(view)
    def looked(*args: Any, **kwargs: Any) -> Response:
        db.session.rollback()
        with reading():
            response = view(*args, **kwargs)
            db.session.rollback()
        return response

    return looked


def saves(view: Callable[..., Response]) -> Callable[..., Response]:
    """The view's work is committed once its answer is made."""

    @functools.wraps(view)
    def saved(*args: Any, **kwargs: Any) -> Response:
        response = view(*args, **kwargs)
        db.session.commit()
        return response

    return saved


def saves_once(view: Callable[..., Response]) -> Callable[..., Response]:
    """Like :func:`saves`; with an Idempotency-Key the same request within a day gets the first answer again."""

    @functools.wraps(view)
    def saved(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(idempotency.HEADER)
        if key is None:
            return saves(view)(*args, **kwargs)
        same = idempotency.fingerprint(request.method, request.path, request.get_data(cache=True))
        kept = idempotency.begin(db.session, access.scope().user_id or 0, key, same, now=now())
        if kept.status is not None:
            return _again(kept)
        response = view(*args, **kwargs)
        kept.status, kept.body = response.status_code, response.get_json()
        kept.headers = {name: response.headers[name] for name in ("ETag", "Location") if name in response.headers}
        db.session.commit()
        return response

    saved._apidoc = getattr(saved, "_apidoc", {}) | {"once": True}  # type: ignore[attr-defined]
    return saved


def _again(kept: idempotency.KeptAnswer) -> Response:
    response = jsonify(kept.body)
    response.status_code = kept.status or 200
    response.headers.update(kept.headers | {"Idempotent-Replayed": "true"})
    db.session.rollback()
    return response


# -- the areas -------------------------------------------------------------------------------------------


class Area(Blueprint):
    """A blueprint whose operations are named after their functions and document the problems they may answer."""

    ARGUMENTS_PARSER = Reader()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(self._prepare_problems)

    def _store_endpoint_docs(self, endpoint: str, *args: Any, **kwargs: Any) -> None:
        super()._store_endpoint_docs(endpoint, *args, **kwargs)
        for name, doc in self._docs[endpoint].items():
            if name != "parameters":
                doc.setdefault("manual_doc", {}).setdefault("operationId", endpoint)

    @staticmethod
    def _prepare_problems(doc: dict[str, Any], info: dict[str, Any], *, method: str, **_kwargs: Any) -> dict[str, Any]:
        writes = method in {"post", "put", "patch", "delete"}
        statuses = PROBLEMS if writes else PROBLEMS.keys() - {400, 409, 413, 415}
        responses = doc.setdefault("responses", {})
        for status in sorted(statuses):
            responses.setdefault(status, http.HTTPStatus(status).name)
        if method in {"patch", "delete"}:
            doc.setdefault("parameters", []).append(IF_MATCH)
        if info.get("once"):
            doc.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        return doc


def area(name: str, path: str, description: str) -> Area:
    """The area ``name`` of the API below /api/v1``path``; one area may be divided over several packages."""
    blueprint = Area(name, __name__, url_prefix=PREFIX + path, description=description)
    limiter.shared_limit(lambda: current_app.config["API_RATE"], scope="api")(blueprint)
    return blueprint


def register(app: Flask, blueprint: Area) -> None:
    """Add a blueprint to the API of ``app`` and its document."""
    csrf.exempt(blueprint)  # a token is no cookie: nobody else's page can send it
    app.extensions["flask-smorest"]["apis"][""]["ext_obj"].register_blueprint(blueprint)


def init_app(app: Flask) -> None:
    app.config.setdefault("API_RATE", RATE)
    app.config.update(
        API_TITLE="Donghaeng Outreach API", API_VERSION="1", OPENAPI_VERSION="3.0.3", OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": INTRODUCTION},
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    ProblemApi(app)
    app.extensions["outreach"].library_views["api-docs.openapi_json"] = "describes the API and holds no data"
