"""The same request sent twice is done once: answers kept under the caller's Idempotency-Key.

After the IETF draft "The Idempotency-Key HTTP Header Field". The answer is kept in the transaction of the act
itself, so there is never one without the other; an act that failed keeps nothing and may be tried again.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.db import Identified, Json, UtcDateTime, db
from outreach.errors import Conflict, Invalid

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[!-~]{1,200}")


class KeptAnswer(Identified, db.Model):
    """What a request under ``key`` was answered. ``status`` is None only inside the first one's transaction."""

    __tablename__ = "api_answer"

    user_id: Mapped[int]
    key: Mapped[str] = mapped_column(sa.String(200))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int | None]
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    headers: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (sa.UniqueConstraint("user_id", "key"),)


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Tells one request from another under the same key."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()


def begin(session: Session, user_id: int, key: str, request_print: str, *, now: datetime) -> KeptAnswer:
    """The answer kept under ``key``, or a new row to keep one in (its status is None). Raises Invalid for a
    malformed key and for one that was used with another request, Conflict while the first is under way."""
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key는 공백 없는 ASCII 200자 안이어야 합니다.", fields={HEADER: "형식 오류"})
    forget(session, now=now)
    row = _find(session, user_id, key) or _claim(session, user_id, key, request_print, now)
    if row.fingerprint != request_print:
        text = "이 Idempotency-Key는 다른 요청에 이미 쓰였습니다. 새 키를 만들어 보내 주세요."
        raise Invalid(text, fields={HEADER: "다른 요청에 쓰임"})
    return row


def _find(session: Session, user_id: int, key: str) -> KeptAnswer | None:
    return session.scalar(sa.select(KeptAnswer).filter_by(user_id=user_id, key=key))


def _claim(session: Session, user_id: int, key: str, request_print: str, now: datetime) -> KeptAnswer:
    row = KeptAnswer(user_id=user_id, key=key, fingerprint=request_print, headers={}, created_at=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # the same request came twice at once, and the other one was first
        found = _find(session, user_id, key)
        if found is None:
            raise Conflict("같은 요청을 처리하고 있습니다. 잠시 뒤 다시 보내 주세요.") from None
        return found
    return row


def forget(session: Session, *, now: datetime) -> int:
    """Delete answers older than KEPT_FOR; how many."""
    old = sa.delete(KeptAnswer).where(KeptAnswer.created_at <= now - KEPT_FOR)
    return session.execute(old.execution_options(synchronize_session=False)).rowcount
