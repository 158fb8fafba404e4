"""Pages of lists. Numbered pages for people (with a count), cursors for the API (without)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request, url_for
from sqlalchemy.orm import Session

from outreach.errors import Invalid

PAGE_SIZE = 50
MAX_PAGE = 2_000  # OFFSET grows linearly; beyond this a person filters instead


@dataclass
class Page:
    """One numbered page. ``total`` counts all rows of the query."""

    items: Sequence[Any]
    number: int
    size: int
    total: int
    args: dict[str, Any] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_prev(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages

    def url(self, number: int) -> str:
        """The present address with another page number, all filters kept."""
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        path = url_for(request.endpoint or "", **(request.view_args or {}))
        return f"{path}?{urlencode([*kept, ('page', number)])}"


def page_number() -> int:
    """The `page` argument; nonsense counts as 1."""
    text = request.args.get("page", "1")
    return min(max(int(text), 1), MAX_PAGE) if _is_number(text) and len(text) < 7 else 1


def _is_number(text: str) -> bool:
    """ASCII digits only: str.isdigit also takes '²', which int refuses."""
    return text.isascii() and text.isdigit()


def paginate(
    session: Session, query: sa.Select, *, number: int | None = None, size: int = PAGE_SIZE,
    total: int | None = None, scalars: bool = True,
) -> Page:
    """Run ``query`` for one page. The count drops ordering and loads no row; give ``total`` if it is
    already known."""
    number = number or page_number()
    if total is None:
        total = session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).options().subquery())) or 0
    number = min(number, max(1, -(-total // size)))
    window = query.limit(size).offset((number - 1) * size)
    items = session.scalars(window).unique().all() if scalars else session.execute(window).all()
    return Page(items, number, size, total)


@dataclass
class CursorPage:
    """Rows after a cursor, in order of id; ``next_cursor`` is None on the last page."""

    items: Sequence[Any]
    next_cursor: str | None


def after(session: Session, query: sa.Select, key: Any, *, cursor: str | None, limit: int) -> CursorPage:
    """Rows of ``query`` with ``key`` (a unique ascending column) greater than ``cursor``."""
    if cursor:
        if not _is_number(cursor) or len(cursor) > 18:
            text = "cursor 값이 올바르지 않습니다. 앞 응답의 next_cursor를 그대로 보내 주세요."
            raise Invalid(text, fields={"cursor": "형식 오류"})
        query = query.where(key > int(cursor))
    rows = session.scalars(query.order_by(None).order_by(key).limit(limit + 1)).unique().all()
    more = len(rows) > limit
    return CursorPage(rows[:limit], str(getattr(rows[limit - 1], key.key)) if more else None)
