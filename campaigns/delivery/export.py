"""Recipients of a mailing as rows of a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import SKIP_LABELS, STATE_LABELS
from outreach.errors import Invalid
from outreach.wording import Text

MAX_ROWS = 50_000

HEADERS = (
    _l("기업명"), _l("받는 주소"), _l("상태"), _l("제외 사유"), _l("시도 횟수"), _l("처리 일시"), _l("다음 시도"),
    _l("응답 코드"), _l("상세 코드"), _l("서버의 답"),
)


def rows(session: Session, query: sa.Select[tuple[Delivery, str | None]]) -> Iterator[tuple[int, list[Any]]]:
    """Contact id and cells of each recipient of ``query``, some hundred at a time. Raises Invalid for more than
    a workbook should hold."""
    found = session.execute(query.limit(MAX_ROWS + 1).execution_options(yield_per=500))
    for number, (delivery, company) in enumerate(found, start=1):
        if number > MAX_ROWS:
            raise Invalid(Text(
                "한 번에 %(limit)s명까지 받을 수 있습니다. 상태로 나누어 받아 주세요.", limit=f"{MAX_ROWS:,}"
            ))
        reason = _(SKIP_LABELS[delivery.skip_reason]) if delivery.skip_reason else None
        yield delivery.contact_id, [
            company or delivery.values.get("회사명"), delivery.address, _(STATE_LABELS[delivery.state]), reason,
            delivery.attempts, delivery.done_at, delivery.next_try_at, delivery.reply_code, delivery.reply_status,
            delivery.reply_text,
        ]
