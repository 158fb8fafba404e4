"""What of companies is kept without a term, and why."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.feature import RecordClass

CONTACTS = RecordClass(
    "company.contacts", _l("기업 담당자의 이름, 직위, 업무용 연락처"), None,
    _l("지원제도를 안내하는 동안 씁니다. 담당자가 바뀌었거나 삭제를 요청하시면 바로 지웁니다."),
)
SUPPRESSIONS = RecordClass(
    "company.suppressions", _l("수신거부한 전자우편 주소"), None,
    _l("명단에 다시 들어오더라도 메일을 보내지 않으려면 주소를 알고 있어야 합니다."),
)
