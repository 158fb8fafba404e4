"""The programme catalogue in the database: loading what is shipped, reading it, keeping it by hand.

A programme's rules are dated versions that never overlap. What a version says is only as sure as its last
check: whoever changes the substance of a checked version takes the check away with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from outreach.audit.models import ChangeRecord
from outreach.audit.service import Actor, apply_changes, record_change
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.programmes import reference, rules
from outreach.programmes.models import Payee, Programme, ProgrammeKind, ProgrammeVersion
from outreach.regions.models import Certainty
from outreach.scope import Role, Scope

Values = Mapping[str, Any]

#: Who keeps the catalogue.
KEEPERS = frozenset({Role.HEADQUARTERS, Role.ADMINISTRATOR})

_SHIPPED = (
    "valid_to", "certainty_note", "source", "source_url", "checked_on", "summary_ko", "summary_en", "audience",
    "period", "apply_at", "legal_basis", "combination",
)
#: Fields that a check vouches for; translations and links are not among them.
_SUBSTANCE = frozenset({
    "summary_ko", "audience", "conditions", "amounts", "period", "legal_basis", "combination", "valid_from", "valid_to",
})


# -- what is shipped ----------------------------------------------------------------------------------------


def load_reference(
    session: Session, now: datetime, shipped: Sequence[reference.Programme] | None = None
) -> Counter[str]:
    """Bring the catalogue up to the ``shipped`` one. What a person edited stays, and a shipped version that
    would overlap a person's is left out; loading twice changes nothing. Returns how many rows were added."""
    added: Counter[str] = Counter()
    kept = {kind: _edited_by_people(session, kind) for kind in ("programme", "programme_version")}
    known = {row.code: row for row in session.scalars(sa.select(Programme).options(selectinload(Programme.versions)))}
    for item in reference.load_programmes() if shipped is None else shipped:
        values = {
            "kind": ProgrammeKind(item.kind), "payee": Payee(item.payee), "name_ko": item.name_ko,
            "name_en": item.name_en, "agency": item.agency,
        }
        row = known.get(item.code)
        if row is None:
            row = Programme(code=item.code, **values, created_at=now, updated_at=now)
            session.add(row)
            added["programmes"] += 1
        elif row.id not in kept["programme"]:
            _update(row, values, now)
        _load_versions(row, item, kept["programme_version"], added, now)
    session.flush()
    return added


def _load_versions(
    row: Programme, item: reference.Programme, kept: set[int], added: Counter[str], now: datetime
) -> None:
    known = {version.valid_from: version for version in row.versions}
    fresh = []
    for version in item.versions:
        values = _shipped_values(version)
        present = known.get(version.valid_from)
        if present is None:
            fresh.append((version, values))
        elif present.id not in kept:
            _update(present, values, now)
    for version, values in fresh:
        if not any(rules.overlap(present, version.valid_from, version.valid_to) for present in row.versions):
            row.versions.append(
                ProgrammeVersion(valid_from=version.valid_from, **values, created_at=now, updated_at=now)
            )
            added["versions"] += 1


def _shipped_values(version: reference.ProgrammeVersion) -> dict[str, Any]:
    amounts = [
        {"label": a.label, "amount_won": a.amount_won, "unit": a.unit, "note": a.note} for a in version.amounts
    ]
    return {name: getattr(version, name) for name in _SHIPPED} | {
        "amounts": amounts, "conditions": version.conditions_text, "certainty": Certainty(version.certainty),
    }


def _update(row: Any, values: Values, now: datetime) -> None:
    if apply_changes(row, values):
        row.updated_at = now


def _edited_by_people(session: Session, subject: str) -> set[int]:
    return set(session.scalars(sa.select(ChangeRecord.subject_id).where(ChangeRecord.subject == subject)))


# -- reading ----------------------------------------------------------------------------------------------------


def catalogue(session: Session, *, inactive: bool = False) -> list[Programme]:
    """All programmes with their versions, by kind in the catalogue's order, then as they were entered."""
    query = sa.select(Programme).options(selectinload(Programme.versions)).order_by(Programme.id)
    if not inactive:
        query = query.where(Programme.active)
    order = list(ProgrammeKind)
    return sorted(session.scalars(query), key=lambda row: order.index(row.kind))


def get(session: Session, programme_id: int) -> Programme:
    """Raises NotFound."""
    query = sa.select(Programme).where(Programme.id == programme_id).options(selectinload(Programme.versions))
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("등록된 제도가 아닙니다.")
    return row


def get_version(session: Session, version_id: int) -> ProgrammeVersion:
    """Raises NotFound."""
    row = session.get(ProgrammeVersion, version_id, populate_existing=True)
    if row is None:
        raise NotFound("등록된 제도 내용이 아닙니다.")
    return row


def history(session: Session, programme: Programme) -> list[ChangeRecord]:
    """Edits of the programme and all its versions, newest first."""
    versions = [version.id for version in programme.versions]
    mine = sa.or_(
        sa.and_(ChangeRecord.subject == "programme", ChangeRecord.subject_id == programme.id),
        sa.and_(ChangeRecord.subject == "programme_version", ChangeRecord.subject_id.in_(versions)),
    )
    query = sa.select(ChangeRecord).where(mine).order_by(ChangeRecord.at.desc(), ChangeRecord.id.desc())
    return list(session.scalars(query))


# -- keeping ----------------------------------------------------------------------------------------------------


def create(
    session: Session, scope: Scope, actor: Actor, programme: Values, version: Values, *, now: datetime
) -> Programme:
    """A new programme with its first version, unchecked. Raises Invalid, Conflict, Forbidden."""
    _may(scope)
    if session.scalar(sa.select(Programme.id).where(Programme.code == programme["code"])):
        text = "이미 쓰는 코드입니다."
        raise Conflict(text, fields={"code": text})
    row = Programme(**programme, created_at=now, updated_at=now)
    row.versions.append(_new_version(version, now))
    session.add(row)
    session.flush()
    record_change(session, actor, "programme", row.id, "create", {"name_ko": (None, row.name_ko)}, now=now)
    return row


def edit_programme(
    session: Session, scope: Scope, actor: Actor, programme_id: int, values: Values, *, version: int | None,
    now: datetime,
) -> Programme:
    """Change name, agency and the like, or take it out of the catalogue (``active``)."""
    _may(scope)
    row = get(session, programme_id)
    check_version(row, version)
    _apply(session, actor, "programme", row, values, "edit", now)
    return row


def add_version(
    session: Session, scope: Scope, actor: Actor, programme_id: int, values: Values, *, now: datetime
) -> ProgrammeVersion:
    """The rules from ``values['valid_from']`` on, unchecked; the version in force until then ends the day
    before. Raises Invalid without a first day, Conflict if a later version is there already."""
    _may(scope)
    programme = get(session, programme_id)
    first: date | None = values.get("valid_from")
    if first is None:
        text = "시행일을 적어 주세요."
        raise Invalid(text, fields={"valid_from": text})
    row = _new_version(values, now)
    for older in programme.versions:
        if (older.valid_from or date.min) >= first:
            text = "그날이나 그 뒤에 시작하는 내용이 이미 있습니다. 있는 내용을 고쳐 주세요."
            raise Conflict(text, fields={"valid_from": text})
        if older.valid_to is None or older.valid_to >= first:
            ends = {"valid_to": first - timedelta(days=1)}
            _record(session, actor, "programme_version", older, "end", apply_changes(older, ends), now)
    programme.versions.append(row)
    session.flush()
    record_change(session, actor, "programme_version", row.id, "create", {"valid_from": (None, first)}, now=now)
    return row


def edit_version(
    session: Session, scope: Scope, actor: Actor, version_id: int, values: Values, *, version: int | None,
    now: datetime,
) -> ProgrammeVersion:
    """Correct a version. If its substance changes, it must be checked again. Raises Invalid, StaleEdit, and
    Conflict if its days would overlap another's."""
    _may(scope)
    row = get_version(session, version_id)
    check_version(row, version)
    first, last = values.get("valid_from", row.valid_from), values.get("valid_to", row.valid_to)
    _judge_days(first, last)
    others = [other for other in row.programme.versions if other.id != row.id]
    if any(rules.overlap(other, first, last) for other in others):
        text = "같은 기간에 다른 내용이 있습니다. 시행 기간을 확인해 주세요."
        raise Conflict(text, fields={"valid_from": text})
    values = dict(values)
    if any(field in _SUBSTANCE and getattr(row, field) != value for field, value in values.items()):
        values |= {"certainty": Certainty.RECALLED, "checked_on": None, "checked_by": "", "certainty_note": ""}
    _apply(session, actor, "programme_version", row, values, "edit", now)
    return row


def mark_checked(
    session: Session, scope: Scope, actor: Actor, version_id: int, values: Values, *, name: str,
    version: int | None, now: datetime, today: date,
) -> ProgrammeVersion:
    """Vouch for a version: ``values`` hold certainty (V or S), source, source_url, certainty_note and the day
    ``checked_on``; ``name`` is who checked. Raises Invalid, StaleEdit."""
    _may(scope)
    row = get_version(session, version_id)
    check_version(row, version)
    if values["certainty"] is Certainty.RECALLED or not values["source"]:
        text = "무엇과 대조했는지 출처를 적어 주세요."
        raise Invalid(text, fields={"source": text})
    if values["checked_on"] > today:
        text = "확인한 날은 오늘이나 그 전이어야 합니다."
        raise Invalid(text, fields={"checked_on": text})
    _apply(session, actor, "programme_version", row, {**values, "checked_by": name}, "check", now)
    return row


def _new_version(values: Values, now: datetime) -> ProgrammeVersion:
    _judge_days(values.get("valid_from"), values.get("valid_to"))
    return ProgrammeVersion(**values, certainty=Certainty.RECALLED, created_at=now, updated_at=now)


def _judge_days(first: date | None, last: date | None) -> None:
    if first and last and last < first:
        text = "끝나는 날은 시행일 뒤여야 합니다."
        raise Invalid(text, fields={"valid_to": text})


def _may(scope: Scope) -> None:
    if scope.role not in KEEPERS:
        raise Forbidden("제도 자료는 본부와 시스템 관리자가 고칩니다.")


def _apply(
    session: Session, actor: Actor, subject: str, row: Any, values: Values, action: str, now: datetime
) -> None:
    """Every save counts as an edit, so that the next person on an old page is told of it."""
    changed = apply_changes(row, values)
    sa.orm.attributes.flag_modified(row, "updated_at")
    _record(session, actor, subject, row, action, changed, now)


def _record(
    session: Session, actor: Actor, subject: str, row: Any, action: str, changed: Mapping[str, tuple[Any, Any]],
    now: datetime,
) -> None:
    row.updated_at = now
    session.flush()
    if changed:
        shown = {field: (_shown(old), _shown(new)) for field, (old, new) in changed.items()}
        record_change(session, actor, subject, row.id, action, shown, now=now)


def _shown(value: Any) -> Any:
    """Enumerations by their value, amounts as written on pages."""
    if isinstance(value, list):
        return ", ".join(f"{item['label']} {rules.amount_text(item)}" for item in value)
    return getattr(value, "value", value)
