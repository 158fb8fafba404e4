"""The mails themselves are kept for a quarter, who wrote and what for a year; that something bounced stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from campaigns.inbound import store
from campaigns.inbound.models import InboundMessage
from outreach.feature import RecordClass
from outreach.leads.retention import KEEP

KEEP_ORIGINALS = timedelta(days=90)

#: What of a row tells of a person. The address itself stays where it is evidence of why no mail goes there.
PERSONAL = ("sender", "sender_name", "subject", "text", "diagnostic")


def due_originals(before: datetime) -> sa.Select[tuple[int]]:
    return sa.select(InboundMessage.id).where(InboundMessage.received_at < before, InboundMessage.sha256 != "")


def erase_originals(app: Flask, session: Session, ids: Sequence[int]) -> None:
    """The files, unless another row has the same mail. A file goes before the commit: should that fail, the next try
    finds a row without a file, never a file without a row."""
    folder = app.extensions["outreach"].settings.data_dir / store.FOLDER
    for row in session.scalars(sa.select(InboundMessage).where(InboundMessage.id.in_(ids))):
        sha256, row.sha256 = row.sha256, ""
        session.flush()
        if session.scalar(sa.select(InboundMessage.id).where(InboundMessage.sha256 == sha256).limit(1)) is None:
            store.erase(folder, sha256)


def due(before: datetime) -> sa.Select[tuple[int]]:
    """Rows that came in before ``before`` and still tell who wrote or what."""
    tells = sa.or_(*(getattr(InboundMessage, name) != "" for name in PERSONAL))
    return sa.select(InboundMessage.id).where(InboundMessage.received_at < before, tells)


def erase(_app: Flask, session: Session, ids: Sequence[int]) -> None:
    """Who wrote, and what. What kind of mail it was, of which mailing, and what followed stays."""
    session.execute(
        sa.update(InboundMessage).where(InboundMessage.id.in_(ids)).values(dict.fromkeys(PERSONAL, ""))
        .execution_options(synchronize_session="fetch")
    )


ORIGINALS = RecordClass(
    "inbound.originals", _l("되돌아온 메일과 회신의 원문"), KEEP_ORIGINALS,
    _l("자동으로 판단한 것이 맞는지 확인하는 데에만 씁니다."),
    _l("메일을 받은 날"), _l("메일 원문 파일. 회신의 내용은 상담 기록에 남습니다."), due_originals, erase_originals,
)
MESSAGES = RecordClass(
    "inbound.messages", _l("되돌아온 메일과 회신의 기록"), KEEP,
    _l("반송과 수신거부, 회신을 어떻게 처리했는지 확인하는 데 씁니다."),
    _l("메일을 받은 날"),
    _l("보낸 사람의 이름과 주소, 제목, 내용. 어느 메일이 반송되었는지는 남습니다."), due, erase,
)
