"""How long it stays known who saw and who changed what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from outreach.audit.models import AccessRecord, ChangeRecord
from outreach.feature import RecordClass

#: At least two years where 50,000 people or more are on record (개인정보의 안전성 확보조치 기준 §8); the third is
#: for the audit of a year that has ended.
KEEP = timedelta(days=3 * 365)


def _due(model: Any) -> Callable[[datetime], sa.Select[tuple[int]]]:
    return lambda before: sa.select(model.id).where(model.at < before)


def _delete(model: Any) -> Callable[[Flask, Session, Sequence[int]], Any]:
    return lambda _app, session, ids: session.execute(sa.delete(model).where(model.id.in_(ids)))


ACCESSES = RecordClass(
    "audit.accesses", _l("개인정보 접속기록"), KEEP,
    _l("누가 누구의 정보를 보았는지 두 해 이상 남겨 두고 점검해야 합니다."),
    _l("접속한 날"), _l("기록 전체"), _due(AccessRecord), _delete(AccessRecord),
)
CHANGES = RecordClass(
    "audit.changes", _l("고친 기록"), KEEP,
    _l("누가 무엇을 고쳤는지 접속기록과 함께 점검합니다."),
    _l("고친 날"), _l("기록 전체"), _due(ChangeRecord), _delete(ChangeRecord),
)
