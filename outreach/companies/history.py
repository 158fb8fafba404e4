"""A company's change records as its page tells them: words instead of column names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.audit.models import ChangeRecord
from outreach.companies.consent import PURPOSE_LABELS

#: How many of a company's changes its page shows.
SHOWN = 30

ACTIONS = {
    "create": _l("기업 등록"), "edit": _l("기업 정보 수정"), "import": _l("명단 가져오기"), "merge": _l("기업 합침"),
    "merge_dismiss": _l("합칠 후보에서 제외"), "workplace_add": _l("사업장 추가"), "workplace_edit": _l("사업장 수정"),
    "contact_add": _l("담당자 추가"), "contact_edit": _l("담당자 수정"), "contact_remove": _l("담당자 삭제"),
    "consent_give": _l("수신동의 기록"), "consent_withdraw": _l("수신동의 철회"),
    "post_returned": _l("편지가 되돌아옴"), "post_returned_undo": _l("편지 반송 입력을 되돌림"),
    "post_lift": _l("우편 수신거부 해제"),
}
FIELDS: dict[str, Any] = {
    "name": _l("이름"), "business_number": _l("사업자등록번호"), "corporate_number": _l("법인등록번호"),
    "representative": _l("대표자"), "ksic": _l("산업분류 코드"), "section": _l("산업 대분류"), "industry": _l("업종"),
    "headcount": _l("상시근로자"), "homepage": _l("홈페이지"), "memo": _l("메모"), "workplace": _l("사업장"),
    "workplace_number": _l("사업장관리번호"), "address": _l("주소"), "postcode": _l("우편번호"), "phone": _l("전화"),
    "district": _l("시·군·구"), "district_id": _l("시·군·구"), "centre": _l("관할 센터"), "complex": _l("산업단지"),
    "complex_id": _l("산업단지"), "title": _l("부서·직위"), "email": _l("이메일"), "contact": _l("담당자"),
    "post": _l("우편"), "reason": _l("까닭"),
    "company": _l("기업"), **{purpose.value: label for purpose, label in PURPOSE_LABELS.items()},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, as the timeline macro shows it."""

    title: str
    when: datetime
    by: str
    text: str
    tone: str = ""


def entries(session: Session, company_id: int) -> list[Entry]:
    """The latest changes of a company, its workplaces and people, newest first."""
    query = (
        sa.select(ChangeRecord, User.name).outerjoin(User, User.id == ChangeRecord.user_id)
        .where(ChangeRecord.subject == "company", ChangeRecord.subject_id == company_id)
        .order_by(ChangeRecord.at.desc(), ChangeRecord.id.desc()).limit(SHOWN)
    )
    return [_entry(record, name) for record, name in session.execute(query)]


def _entry(record: ChangeRecord, name: str | None) -> Entry:
    lines = [line for field, values in record.changes.items() if (line := _line(field, *values))]
    title = str(ACTIONS.get(record.action, record.action))
    return Entry(title, record.at, name or (record.user_email if record.user_id else _("자동")), "\n".join(lines))


def _line(field: str, before: Any, after: Any) -> str:
    """`주소: 이전 → 이후`; a field of a folded row names its table first."""
    label = _(str(FIELDS.get(field.rpartition(".")[2], field)))
    if field == "contact" and after is None:
        return ""
    if before in (None, ""):
        return f"{label}: {after}"
    return f"{label}: {before} → {after if after not in (None, '') else _('삭제')}"
