"""How long the proofs of a company's consent are kept: as long as its case is shown, and three years after it was
withdrawn, in case someone asks whether it was shown rightly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session, selectinload

from cases.library.models import Case, CasePhoto
from cases.library.rules import CaseState
from outreach.feature import RecordClass
from outreach.uploads import service as uploads

KEEP = timedelta(days=3 * 365)


def due(before: datetime) -> sa.Select[tuple[int]]:
    """Cases withdrawn before ``before`` that still tell who consented, or hold a pictured proof."""
    proven = sa.exists().where(CasePhoto.case_id == Case.id, CasePhoto.evidence_id.is_not(None))
    tells = sa.or_(Case.consented_by != "", Case.consent_form_id.is_not(None), proven)
    return sa.select(Case.id).where(Case.state == CaseState.WITHDRAWN, Case.withdrawn_at < before, tells)


def erase(app: Flask, session: Session, ids: Sequence[int]) -> None:
    """The name and the papers. The case itself, withdrawn, stays as the centre's record."""
    folder = app.extensions["outreach"].settings.folder("uploads")
    query = sa.select(Case).where(Case.id.in_(ids)).options(selectinload(Case.photos))
    for case in session.scalars(query):
        papers = [case.consent_form, *(photo.evidence for photo in case.photos)]
        case.consented_by, case.consent_form = "", None
        for photo in case.photos:
            photo.evidence = None
        for paper in filter(None, papers):
            uploads.erase(session, folder, paper)


CONSENTS = RecordClass(
    "case.consents", _l("우수사례에 동의한 사람의 이름과 서명한 동의서"), KEEP,
    _l("사례를 싣는 동안, 그리고 내린 뒤에도 동의를 받고 실었음을 증명하는 데 씁니다."),
    _l("사례를 내린 날"), _l("동의한 사람의 이름, 동의서와 초상 동의서 파일. 내린 사례의 글은 남습니다."), due, erase,
)
