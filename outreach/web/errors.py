"""Errors as pages for people and as RFC 9457 problem documents for the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from outreach.db import db
from outreach.errors import DomainError, StaleEdit
from outreach.web.language import translated

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, handle_domain_error)
    app.register_error_handler(StaleDataError, lambda error: handle_domain_error(StaleEdit()))
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(500, _unexpected)


def problem(
    status: int, title: str, detail: str, fields: dict[str, str] | None = None, **members: Any
) -> Response:
    """An RFC 9457 problem document; ``members`` are extension members (its section 3.2)."""
    g.pop("access_notes", None)  # the answer that would have shown people is not made
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    if fields:
        body["errors"] = [{"field": field, "detail": text} for field, text in fields.items()]
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def wants_problem() -> bool:
    return request.path.startswith("/api/")


def handle_domain_error(error: DomainError) -> Any:
    db.session.rollback()
    if wants_problem():
        fields = {field: translated(text) for field, text in error.fields.items()}
        return problem(error.status, _(error.title), translated(error.message), fields, **_members(error))
    return _page(error.status, _(error.title), translated(error.message))


def _members(error: DomainError) -> dict[str, Any]:
    """What a program needs to go on: the present version, where its own was old."""
    current = getattr(error, "current", None)
    return {} if current is None else {"version": current}


def _database_error(error: OperationalError) -> Any:
    log.error("database", error=str(error.orig))
    db.session.rollback()
    return _answer(503, _("데이터베이스가 응답하지 않습니다"), _("저장되지 않았습니다. 잠시 뒤 다시 시도해 주세요."))


def _unstorable(error: DataError) -> Any:
    """PostgreSQL refuses what its types can't hold, as the zero character, which SQLite takes."""
    log.error("database", error=str(error.orig))
    db.session.rollback()
    return _answer(
        422, _("입력값을 확인해 주세요"), _("저장할 수 없는 글자가 들어 있거나 너무 깁니다. 고쳐서 다시 보내 주세요.")
    )


#: Where webargs looks for arguments; named first in its messages.
PLACES = frozenset({"json", "query", "form", "files", "headers", "path", "json_or_form"})

KEPT_HEADERS = frozenset({"Retry-After", "Allow", "WWW-Authenticate"})

TEXTS = {
    400: (
        "요청을 이해할 수 없습니다",
        "주소나 입력 내용을 확인해 주세요. 화면을 오래 열어 두었다면 새로 고친 뒤 다시 보내 주세요.",
    ),
    401: ("로그인이 필요합니다", "로그인하거나 올바른 토큰을 보내 주세요."),
    403: ("권한이 없습니다", "이 화면은 다른 역할의 업무입니다. 필요한 권한은 센터 관리자에게 요청해 주세요."),
    404: ("찾을 수 없습니다", "주소가 바뀌었거나 삭제되었거나, 다른 센터의 자료입니다."),
    405: ("허용되지 않는 방식입니다", "화면의 버튼을 이용해 주세요."),
    422: ("입력값을 확인해 주세요", "errors에 적힌 항목을 고쳐 다시 보내 주세요."),
    415: ("보내신 형식을 읽을 수 없습니다", "본문은 JSON으로, Content-Type은 application/json으로 보내 주세요."),
    413: ("파일이 너무 큽니다", "50MB 이하의 파일을 올려 주세요. 큰 명단은 나누어 올릴 수 있습니다."),
    429: ("요청이 너무 잦습니다", "1분쯤 뒤 다시 시도해 주세요."),
    500: (
        "오류가 발생했습니다",
        "저장되지 않은 내용이 있을 수 있습니다. 같은 일이 반복되면 시스템 관리자에게 시각과 함께 알려 주세요.",
    ),
    503: ("잠시 이용할 수 없습니다", "잠시 뒤 다시 시도해 주세요."),
}


def http_error(error: HTTPException) -> Any:
    """An error of HTTP itself, as a page or a problem document."""
    db.session.rollback()
    if error.code is None or error.code < 400:
        return error
    title, text = TEXTS.get(error.code, TEXTS[400])
    response = _answer(error.code, _(title), _(text), _argument_errors(error))
    response.headers.extend([item for item in error.get_headers() if item[0] in KEPT_HEADERS])
    return response


def _unexpected(error: Exception) -> Any:
    log.exception("unexpected", error=str(error))
    db.session.rollback()
    title, text = TEXTS[500]
    return _answer(500, _(title), _(text))


def _argument_errors(error: HTTPException) -> dict[str, str]:
    """What webargs found wrong in the arguments of an API call: `limit` or `contact.email` to its reason."""
    messages = (getattr(error, "data", None) or {}).get("messages") or {}
    return dict(_flat(messages)) if isinstance(messages, dict) else {}


def _flat(messages: dict[Any, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, reasons in messages.items():
        name = "body" if name == "_schema" else name  # marshmallow's word for the thing as a whole
        path = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(reasons, dict):  # first by place in the request (json, query), then by field
            yield from _flat(reasons, "" if not prefix and name in PLACES else path)
        else:
            yield path, " ".join(map(str, reasons)) if isinstance(reasons, list) else str(reasons)


def _answer(status: int, title: str, text: str, fields: dict[str, str] | None = None) -> Response:
    return problem(status, title, text, fields) if wants_problem() else _page(status, title, text)


def _page(status: int, title: str, text: str) -> Response:
    g.pop("access_notes", None)  # the page that would have shown people is not made
    return Response(render_template("layout/error.html", status=status, title=title, text=text), status)
