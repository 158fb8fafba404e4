"""The versions a document had: one with each saving, to compare and to go back to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.documents.models import Document, DocumentVersion
from outreach.errors import NotFound


def snapshot(document: Document) -> dict[str, Any]:
    """What the document says and shows, as the values with which it could be saved again."""
    def ids(records: str) -> list[int]:
        order = document.order.get(records, [])
        present = [row.id for row in getattr(document, records)]
        return [row_id for row_id in order if row_id in present] + sorted(set(present) - set(order))

    return {
        "title": document.title, "subtitle": document.subtitle, "style": document.style, "texts": dict(document.texts),
        "case_ids": ids("cases"), "programme_ids": ids("programmes"), "organisation_ids": ids("organisations"),
    }


def keep(session: Session, document: Document, user_id: int | None, *, now: datetime) -> DocumentVersion:
    """Keep the document as it is now as its next version."""
    newest = session.scalar(
        sa.select(sa.func.max(DocumentVersion.number)).where(DocumentVersion.document_id == document.id)
    )
    version = DocumentVersion(
        document_id=document.id, number=(newest or 0) + 1, content=snapshot(document), saved_at=now, saved_by=user_id
    )
    session.add(version)
    session.flush()
    return version


def keep_first(session: Session, document: Document) -> None:
    """Keep what stands before the first change of a document that is older than its versions."""
    if newest(session, document) is None:
        keep(session, document, document.author_id, now=document.updated_at)


def newest(session: Session, document: Document) -> DocumentVersion | None:
    """The version last saved; None if the document is older than versions and was not changed since."""
    return session.scalar(_of(document).limit(1))


def of_document(session: Session, document: Document, *, limit: int = 50) -> Sequence[DocumentVersion]:
    """The newest first."""
    return list(session.scalars(_of(document).limit(limit)))


def get(session: Session, document: Document, number: int) -> DocumentVersion:
    """Raises NotFound."""
    version = session.scalar(_of(document).where(DocumentVersion.number == number))
    if version is None:
        raise NotFound("그런 차례의 원고가 없습니다.")
    return version


def writers(session: Session, document: Document, since: int = 0) -> set[int]:
    """Who saved it, after version ``since``; the person who began it is always one of them."""
    query = sa.select(DocumentVersion.saved_by).where(
        DocumentVersion.document_id == document.id, DocumentVersion.number > since
    )
    return {user for user in (*session.scalars(query), document.author_id) if user is not None}


def _of(document: Document) -> sa.Select[tuple[DocumentVersion]]:
    query = sa.select(DocumentVersion).where(DocumentVersion.document_id == document.id)
    return query.order_by(DocumentVersion.number.desc())
