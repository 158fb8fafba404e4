"""Responses as rows of a workbook."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from campaigns.responses.models import Response
from campaigns.responses.rules import CHANNEL_LABELS, STATE_LABELS
from outreach.leads.rules import WANT_LABELS, Want
from outreach.web.filters import business_number

MAX_ROWS = 50_000

HEADERS = (
    _l("접수 일시"), _l("기업명"), _l("사업자등록번호"), _l("접수 경로"), _l("캠페인"), _l("상태"), _l("희망 사항"),
    _l("이름"), _l("전화"), _l("전자우편"), _l("통화하기 좋은 때"), _l("전하실 말씀"), _l("처리 일시"),
)


def row(response: Response) -> list[Any]:
    number = response.business_number
    return [
        response.at, response.company_name, business_number(number) if number else None,
        _(CHANNEL_LABELS[response.channel]), response.campaign.name if response.campaign else None,
        _(STATE_LABELS[response.state]), ", ".join(_(WANT_LABELS[Want(want)]) for want in response.wants),
        response.person, response.phone, response.email, response.preferred_time, response.message,
        response.decided_at,
    ]
