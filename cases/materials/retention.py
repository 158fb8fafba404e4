"""Who receives printed copies is known for as long as they are on their way, and a year for questions after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from cases.materials.order_models import PrintDelivery, PrintOrder
from outreach.feature import RecordClass

#: What the order form promises.
KEEP = timedelta(days=365)


def due(before: datetime) -> sa.Select[tuple[int]]:
    """Orders closed before ``before`` that still name a person."""
    received = sa.exists().where(PrintDelivery.order_id == PrintOrder.id, PrintDelivery.received_by != "")
    named = (PrintOrder.recipient != "") | (PrintOrder.phone != "") | received
    return sa.select(PrintOrder.id).where(PrintOrder.closed_at < before, named)


def erase(_app: Flask, session: Session, ids: Sequence[int]) -> None:
    """Names and telephones; places, numbers and days stay in the ledger."""
    session.execute(sa.update(PrintOrder).where(PrintOrder.id.in_(ids)).values(recipient="", phone=""))
    session.execute(sa.update(PrintDelivery).where(PrintDelivery.order_id.in_(ids)).values(received_by=""))


RECIPIENTS = RecordClass(
    "materials.recipients", _l("인쇄물을 받을 사람"), KEEP,
    _l("인쇄물을 보내고, 배부 뒤의 문의와 회수에 씁니다."), _l("배부를 마치거나 신청이 끝난 날"),
    _l("받을 사람과 받은 사람의 이름, 전화번호. 놓은 곳과 부수, 날짜는 배부대장에 남습니다."), due, erase,
)
