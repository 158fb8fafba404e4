"""Recipients and domains of a mailing as rows of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.delivery.results import DomainResult
from campaigns.delivery.rules import SKIP_LABELS, STATE_LABELS
from outreach.audit.service import MAX_IDS
from outreach.errors import Invalid
from outreach.wording import Text

MAX_ROWS = 50_000

HEADERS = (
    _l("기업명"), _l("받는 주소"), _l("상태"), _l("제외 사유"), _l("시도 횟수"), _l("처리 일시"), _l("다음 시도"),
    _l("응답 코드"), _l("상세 코드"), _l("서버의 답"),
)


DOMAIN_HEADERS = (
    _l("도메인"), _l("받는 사람"), _l("접수"), _l("재시도 대기"), _l("거부"), _l("확인 필요"), _l("제외"), _l("대기"),
    _l("주된 까닭"), _l("그 까닭의 건수"),
)


def rows(
    session: Session, query: sa.Select[tuple[Delivery, str | None]], *, limit: int | None = None
) -> Iterator[tuple[int, list[Any]]]:
    """Contact id and cells of each recipient of ``query``, some hundred at a time. Raises Invalid for more than
    ``limit``."""
    bounded = query if limit is None else query.limit(limit + 1)
    for number, found in enumerate(session.execute(bounded.execution_options(yield_per=500)), start=1):
        if limit is not None and number > limit:
            raise Invalid(Text(
                "엑셀로는 한 번에 %(limit)s명까지 받을 수 있습니다. 상태로 나누어 받거나 CSV로 받아 주세요.",
                limit=f"{limit:,}",
            ))
        yield found[0].contact_id, recipient_row(found[0], found[1])
        session.expunge(found[0])  # a list of any length takes the same memory


def recipient_row(delivery: Delivery, company: str | None) -> list[Any]:
    """A recipient's cells, as HEADERS name them."""
    reason = _(SKIP_LABELS[delivery.skip_reason]) if delivery.skip_reason else None
    return [
        company or delivery.values.get("회사명"), delivery.address, _(STATE_LABELS[delivery.state]), reason,
        delivery.attempts, delivery.done_at, delivery.next_try_at, delivery.reply_code, delivery.reply_status,
        delivery.reply_text,
    ]


def people(session: Session, query: sa.Select[tuple[Delivery, str | None]]) -> tuple[list[int], int]:
    """The first contacts of ``query``, as many as a record of access names, and how many there are in all."""
    ids = query.with_only_columns(Delivery.contact_id)
    number = session.scalar(sa.select(sa.func.count()).select_from(ids.order_by(None).subquery())) or 0
    return list(session.scalars(ids.limit(MAX_IDS))), number


def domain_row(row: DomainResult) -> list[Any]:
    """A domain's cells, as DOMAIN_HEADERS name them."""
    states = ("accepted", "deferred", "refused", "in_doubt", "skipped")
    return [row.domain, row.total, *(row.count(state) for state in states), row.pending, row.reason,
            row.reason_count or None]
