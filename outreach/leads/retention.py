"""Whom to call back is known only for as long as there is a consultation, and a year for questions after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from outreach.feature import RecordClass
from outreach.leads.models import Lead, LeadActivity
from outreach.leads.rules import ActivityKind

#: What the response form promises; the form shows this very number.
KEEP = timedelta(days=365)

#: What the respondent said, as the lead's history repeats it.
_QUOTED = (LeadActivity.kind == ActivityKind.RESPONSE) & (LeadActivity.note != "")


def due(before: datetime) -> sa.Select[tuple[int]]:
    """Leads closed before ``before`` that still name a person or quote one."""
    named = (Lead.contact_name != "") | (Lead.contact_phone != "") | (Lead.contact_email != "")
    quotes = sa.exists().where(LeadActivity.lead_id == Lead.id, _QUOTED)
    return sa.select(Lead.id).where(Lead.closed_at < before, named | quotes)


def erase(_app: Flask, session: Session, ids: Sequence[int]) -> None:
    """The respondent's name, contacts and words; the planner's record of the company stays."""
    session.execute(sa.update(Lead).where(Lead.id.in_(ids)).values(contact_name="", contact_phone="", contact_email=""))
    session.execute(sa.update(LeadActivity).where(LeadActivity.lead_id.in_(ids), _QUOTED).values(note=""))


RESPONDENTS = RecordClass(
    "leads.respondents", _l("상담 건에 적힌 응답자"), KEEP,
    _l("상담이 끝난 뒤의 문의와 이의에 답하는 데 씁니다."),
    _l("상담이 끝난 날"), _l("이름, 전화번호, 전자우편, 전하신 말씀. 기업의 상담 경과는 남습니다."), due, erase,
)
