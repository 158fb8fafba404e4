"""Leads as rows of a workbook."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from outreach.leads.models import Lead
from outreach.leads.rules import STATE_LABELS, WANT_LABELS, Want
from outreach.web.filters import business_number

MAX_ROWS = 50_000

HEADERS = (
    _l("기업명"), _l("사업자등록번호"), _l("사업장 주소"), _l("센터"), _l("상태"), _l("희망 사항"), _l("담당 플래너"),
    _l("담당자"), _l("전화"), _l("전자우편"), _l("응답일"), _l("첫 연락"), _l("다음 할 일"),
    _l("기한"), _l("종료일"), _l("결과"),
)


def row(lead: Lead) -> list[Any]:
    number = lead.company.business_number
    return [
        lead.company.name, business_number(number) if number else None, lead.workplace.address,
        lead.centre.name_ko if lead.centre else None, _(STATE_LABELS[lead.state]),
        ", ".join(_(WANT_LABELS[Want(want)]) for want in lead.wants), lead.planner.name if lead.planner else None,
        lead.contact_name, lead.contact_phone, lead.contact_email, lead.created_at, lead.first_contact_at,
        lead.next_action, lead.next_due, lead.closed_at, lead.outcome,
    ]
