"""The run's letters as a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from campaigns.post.models import PostItem
from campaigns.post.rules import ITEM_LABELS, REASON_LABELS, prefix, shown_code

HEADERS = (
    _l("번호"), _l("묶음"), _l("우편번호"), _l("받는 곳"), _l("담당자"), _l("주소"), _l("코드"), _l("상태"),
    _l("반송 사유"),
)


def rows(items: Sequence[PostItem]) -> Iterator[list[Any]]:
    """One row a letter, in the order of the post, with its bundle (the postcode's first three digits)."""
    for item in items:
        yield [
            item.position, prefix(item.postcode), item.postcode, item.name, item.person, item.address,
            shown_code(item.code), gettext(ITEM_LABELS[item.state]),
            gettext(REASON_LABELS[item.returned_reason]) if item.returned_reason else None,
        ]
