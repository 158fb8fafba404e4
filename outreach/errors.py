"""What a service may raise. Messages are for the person at the screen: what is wrong and what to do.

Edges turn these into a flash message, an error page or an RFC 9457 problem document; nothing else
needs to know HTTP. ``status`` is the HTTP status that fits the meaning.
"""

from __future__ import annotations

from collections.abc import Mapping

from outreach.wording import Text


class DomainError(Exception):
    """Base of all errors a person can act upon."""

    status = 400
    title = "요청을 처리할 수 없습니다"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None):
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        return self.message


class Invalid(DomainError):
    """The values given are wrong; ``fields`` names each with its reason."""

    status = 422
    title = "입력값을 확인해 주세요"


class NotFound(DomainError):
    """No such thing, or not within the caller's belonging (the two are not told apart)."""

    status = 404
    title = "찾을 수 없습니다"


class Forbidden(DomainError):
    """The caller's role does not allow the act."""

    status = 403
    title = "권한이 없습니다"


class Conflict(DomainError):
    """The thing's present state does not allow the act (e.g. a move its state table lacks)."""

    status = 409
    title = "지금 상태에서는 할 수 없습니다"


class StaleEdit(Conflict):
    """Someone else saved in between; the caller's version is old. ``current``: the version now, if known."""

    title = "다른 사람이 먼저 수정했습니다"

    def __init__(self, current: int | None = None) -> None:
        self.current = current
        super().__init__(Text("그 사이 다른 사람이 내용을 저장했습니다. 최신 내용을 확인한 뒤 다시 저장해 주세요."))


class Unavailable(DomainError):
    """Something outside (mail server, disk, renderer) is not there now; trying later may work."""

    status = 503
    title = "잠시 이용할 수 없습니다"
