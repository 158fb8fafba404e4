"""What colleagues say about a document: written, read and settled by whoever may read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.documents.models import Document, DocumentComment
from cases.documents.service import kind_of
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Invalid, NotFound

MAX_LENGTH = 1000


def of_document(session: Session, document: Document) -> Sequence[DocumentComment]:
    """The unsettled first, in the order written."""
    query = sa.select(DocumentComment).where(DocumentComment.document_id == document.id)
    return list(session.scalars(query.order_by(DocumentComment.settled_at.is_not(None), DocumentComment.id)))


def open_count(session: Session, document: Document) -> int:
    """How many are not settled."""
    return session.scalar(sa.select(sa.func.count()).where(
        DocumentComment.document_id == document.id, DocumentComment.settled_at.is_(None)
    )) or 0


def add(
    session: Session, actor: Actor, document: Document, text: str, *, slot: str = "", now: datetime
) -> DocumentComment:
    """Say something about the document, or about one of its slots. Raises Invalid."""
    text = text.strip()
    if not text or len(text) > MAX_LENGTH:
        raise Invalid("의견을 1,000자까지 적어 주세요.", fields={"text": "1,000자까지 적어 주세요."})
    if slot and slot not in kind_of(document).slot_names:
        raise Invalid("원고에 없는 칸입니다.", fields={"slot": "목록에서 골라 주세요."})
    comment = DocumentComment(
        document_id=document.id, slot=slot, text=text, written_at=now, written_by=actor.user_id
    )
    session.add(comment)
    session.flush()
    audit.record_change(session, actor, "document", document.id, "comment", {"comment": (None, text[:120])}, now=now)
    return comment


def settle(session: Session, actor: Actor, document: Document, comment_id: int, *, now: datetime) -> DocumentComment:
    """It was dealt with; saying so twice changes nothing. Raises NotFound."""
    comment = session.get(DocumentComment, comment_id)
    if comment is None or comment.document_id != document.id:
        raise NotFound("그런 의견이 없습니다.")
    if comment.settled_at is None:
        comment.settled_at, comment.settled_by = now, actor.user_id
        audit.record_change(
            session, actor, "document", document.id, "settle", {"comment": (comment.text[:120], None)}, now=now
        )
    session.flush()
    return comment
