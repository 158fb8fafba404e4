"""Fields of API schemas: each says what it is, in words the document shows, and refuses nonsense in words a
person reads. Nothing is silently corrected."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from outreach.clock import as_utc
from outreach.web.numbers import MAX_ID

_REQUIRED = {"required": _l("빠져 있습니다."), "null": _l("비워 둘 수 없습니다.")}
_NOT_TEXT = _l("글자로 보내 주세요.")
_NOT_WHOLE = _l("정수로 보내 주세요.")
_WHOLE = {"invalid": _NOT_WHOLE, "too_large": _NOT_WHOLE}
_NOT_DAY = _l("2026-11-23처럼 보내 주세요.")
_NOT_MOMENT = _l("2026-11-23T09:00:00+09:00처럼 시간대를 붙여 보내 주세요.")
_NOT_LIST = _l("목록으로 보내 주세요.")
_NOT_FLAG = _l("true나 false로 보내 주세요.")


class Schema(ma.Schema):
    """Refuses fields it does not know, so that a misspelt one is never passed over."""

    error_messages = {"unknown": _l("없는 항목입니다."), "type": _l("JSON 객체를 보내 주세요.")}


class Shown(ma.Schema):
    """What is answered. Later versions may show more, so readers must pass over what they don't know."""

    class Meta:
        unknown = ma.EXCLUDE


def _options(says: str, messages: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    metadata = {"description": says} | options.pop("metadata", {})
    return {"metadata": metadata, "error_messages": _REQUIRED | messages} | options


def text(limit: int, says: str, **options: Any) -> ma.fields.String:
    """Text of at most ``limit`` characters."""
    rule = ma.validate.Length(max=limit, error=_l("%(limit)s자까지 적을 수 있습니다.", limit=limit))
    messages = {"invalid": _NOT_TEXT, "invalid_utf8": _NOT_TEXT}
    return ma.fields.String(validate=rule, **_options(says, messages, options))


def whole(low: int, high: int, says: str, *, strict: bool = True, **options: Any) -> ma.fields.Integer:
    """A whole number from ``low`` to ``high``, both included. Not ``strict``: digits will do, as in a query."""
    error = _l("%(low)s 이상 %(high)s 이하여야 합니다.", low=low, high=high)
    rule = ma.validate.Range(low, high, error=error)
    return ma.fields.Integer(strict=strict, validate=rule, **_options(says, _WHOLE, options))


def row_id(says: str, **options: Any) -> ma.fields.Integer:
    """The id of something."""
    return whole(1, MAX_ID, says, **options)


def flag(says: str, **options: Any) -> ma.fields.Boolean:
    return ma.fields.Boolean(**_options(says, {"invalid": _NOT_FLAG}, options))


def day(says: str, **options: Any) -> ma.fields.Date:
    """A Korean calendar day, ISO 8601."""
    messages = {"invalid": _NOT_DAY, "format": _NOT_DAY}
    return ma.fields.Date(**_options(says, messages, options))


class Moment(ma.fields.AwareDateTime):
    """An instant, given in any zone, taken as UTC. Its year is kept where every zone can hold it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, *args, **kwargs)
        if not 1900 <= found.year <= 9000:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return as_utc(found)


def moment(says: str, **options: Any) -> Moment:
    """An instant with its zone, ISO 8601 (RFC 3339)."""
    messages = {"invalid": _NOT_MOMENT, "format": _NOT_MOMENT, "invalid_awareness": _NOT_MOMENT}
    return Moment(format="iso", **_options(says, messages, options))


def word(kind: type[enum.Enum], says: str, *, among: Iterable[enum.Enum] | None = None, **options: Any) -> Any:
    """One of the words of an enum, or of ``among`` only."""
    allowed = list(kind if among is None else among)
    names = ", ".join(str(member.value) for member in allowed)
    error = _l("%(words)s 가운데 하나여야 합니다.", words=names)
    rule = ma.validate.OneOf(allowed, error=error)
    return ma.fields.Enum(kind, by_value=True, validate=rule, **_options(says, {"unknown": error}, options))


def choice(words: Iterable[str], says: str, **options: Any) -> ma.fields.String:
    """One of ``words``."""
    error = _l("%(words)s 가운데 하나여야 합니다.", words=", ".join(words))
    rule = ma.validate.OneOf(list(words), error=error)
    return ma.fields.String(validate=rule, **_options(says, {"invalid": _NOT_TEXT}, options))


def listed(item: Any, limit: int, says: str, **options: Any) -> ma.fields.List:
    """At most ``limit`` of ``item``."""
    rule = ma.validate.Length(max=limit, error=_l("%(limit)s개까지 보낼 수 있습니다.", limit=limit))
    return ma.fields.List(item, validate=rule, **_options(says, {"invalid": _NOT_LIST}, options))


def part(schema: type[ma.Schema], says: str, **options: Any) -> ma.fields.Nested:
    """An object within the object."""
    return ma.fields.Nested(schema, **_options(says, {"type": _l("JSON 객체를 보내 주세요.")}, options))
