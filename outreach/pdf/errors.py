"""What can go wrong on the way to paper, in words for the person who wrote the text."""

from __future__ import annotations

from outreach.errors import DomainError
from outreach.wording import Text, with_particles


class RenderError(DomainError):
    """The document can't be printed as it stands, for ``reason``. ``place`` says where: a box, a page, a line."""

    status = 422
    title = "문서를 만들 수 없습니다"

    def __init__(self, message: str, *, place: str = ""):
        reason = message if isinstance(message, Text) else with_particles(message)
        super().__init__(Text("%(place)s: %(reason)s", place=place, reason=Text(reason)) if place else reason)
        self.reason = reason
        self.place = place


class RenderStopped(RenderError):
    """The renderer ran out of time or memory, or died. The same document may work later or when made smaller."""

    status = 503
    title = "문서 만들기가 중단되었습니다"
