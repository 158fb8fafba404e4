"""Responses keep the person for the consultation and a year after it; clicks keep the device for a year, opens and
scans for ninety days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from campaigns.responses.models import ClickEvent, Response, WeakSignal
from outreach.clock import kst_today
from outreach.feature import RecordClass
from outreach.leads.models import Lead
from outreach.leads.retention import KEEP

KEEP_CLICKS = timedelta(days=365)
KEEP_SIGNALS = timedelta(days=90)

PERSONAL = ("person", "phone", "email", "preferred_time", "message")


def due(before: datetime) -> sa.Select[tuple[int]]:
    """Responses whose consultation ended before ``before``, or that came to none: set aside, or waiting in the
    tray since then."""
    ended = sa.case(
        (Response.lead_id.is_not(None), Lead.closed_at), else_=sa.func.coalesce(Response.decided_at, Response.at)
    )
    personal = sa.or_(Response.business_number.is_not(None), *(getattr(Response, name) != "" for name in PERSONAL))
    return sa.select(Response.id).outerjoin(Response.lead).where(ended < before, personal)


def erase(app: Flask, session: Session, ids: Sequence[int]) -> None:
    """Who answered and what they wrote. Which company asked for what, when and how stays: the figures of a
    campaign rest on it. (A typed business number may be that of a person, a sole proprietor.)"""
    day = kst_today(app.extensions["outreach"].clock.now()).isoformat()
    for row in session.scalars(sa.select(Response).where(Response.id.in_(ids))):
        for name in PERSONAL:
            setattr(row, name, "")
        row.business_number = None
        row.details = {**row.details, "erased_on": day}
    session.flush()


def due_clicks(before: datetime) -> sa.Select[tuple[int]]:
    told = (ClickEvent.network != "") | (ClickEvent.user_agent != "")
    return sa.select(ClickEvent.id).where(ClickEvent.at < before, told)


def erase_clicks(_app: Flask, session: Session, ids: Sequence[int]) -> None:
    session.execute(sa.update(ClickEvent).where(ClickEvent.id.in_(ids)).values(network="", user_agent=""))


def due_signals(before: datetime) -> sa.Select[tuple[int]]:
    told = (WeakSignal.network != "") | (WeakSignal.user_agent != "")
    return sa.select(WeakSignal.id).where(WeakSignal.at < before, told)


def erase_signals(_app: Flask, session: Session, ids: Sequence[int]) -> None:
    session.execute(sa.update(WeakSignal).where(WeakSignal.id.in_(ids)).values(network="", user_agent=""))


RESPONSES = RecordClass(
    "responses", _l("상담 신청과 응답"), KEEP,
    _l("상담이 끝난 뒤의 문의와 이의에 답하는 데 씁니다."),
    _l("상담이 끝난 날(상담으로 이어지지 않았으면 접수하거나 처리한 날)"),
    _l("이름, 전화번호, 전자우편, 통화하기 좋은 때, 전하신 말씀, 적어 주신 사업자등록번호. "
       "어느 기업이 무엇을 원했는지는 남습니다."),
    due, erase,
)
CLICKS = RecordClass(
    "responses.clicks", _l("메일 링크를 누른 기록"), KEEP_CLICKS,
    _l("사람이 눌렀는지 기계가 눌렀는지 가리는 데 씁니다."),
    _l("누른 날"), _l("접속한 통신망(주소의 앞부분)과 브라우저 정보. 눌렀다는 사실은 남습니다."),
    due_clicks, erase_clicks,
)
SIGNALS = RecordClass(
    "responses.signals", _l("메일을 연 기록과 QR 코드를 찍은 기록"), KEEP_SIGNALS,
    _l("안내가 얼마나 닿았는지 어림하는 데에만 씁니다."),
    _l("열거나 찍은 날"), _l("접속한 통신망(주소의 앞부분)과 브라우저 정보. 횟수는 남습니다."),
    due_signals, erase_signals,
)
