"""Uploaded lists are a means: once taken over and put right they only repeat people's data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session, joinedload

from outreach.companies.imports.service import BUSY
from outreach.companies.models import Import, ImportReject, ImportState
from outreach.feature import RecordClass
from outreach.uploads import service as uploads
from outreach.uploads.models import Upload

KEEP = timedelta(days=90)


def due(before: datetime) -> sa.Select[tuple[int]]:
    """Imports that ended, or were left lying, before ``before`` and whose file is still here."""
    touched = sa.func.coalesce(Import.finished_at, Import.created_at)
    return (
        sa.select(Import.id).join(Import.upload)
        .where(Import.state.not_in(BUSY), touched < before, Upload.kind != uploads.ERASED)
    )


def erase(app: Flask, session: Session, ids: Sequence[int]) -> None:
    """The file, the rejected rows and the warnings that quote the list; the counts stay. What was never
    finished can't be any more."""
    folder = app.extensions["outreach"].settings.folder("uploads")
    session.execute(sa.delete(ImportReject).where(ImportReject.import_id.in_(ids)))
    for row in session.scalars(sa.select(Import).options(joinedload(Import.upload)).where(Import.id.in_(ids))):
        uploads.erase(session, folder, row.upload)
        row.warnings = []
        if row.state is not ImportState.DONE:
            row.state = ImportState.CANCELLED
    session.flush()


LISTS = RecordClass(
    "company.imports", _l("올린 기업 명단 파일"), KEEP,
    _l("가져온 결과를 확인하고 반려된 행을 고치는 데에만 씁니다."),
    _l("가져오기를 마친 날"), _l("파일, 반려된 행, 행을 인용한 알림. 건수는 남습니다."), due, erase,
)
