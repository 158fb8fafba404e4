"""Which cases, programmes and partners a document may show, and in which order it shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.documents.kinds.base import Chosen, Kind
from cases.documents.models import Document
from cases.library import service as library
from cases.library.models import Case
from outreach.errors import Invalid
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation
from outreach.programmes.models import ProgrammeVersion
from outreach.regions.models import valid_on
from outreach.scope import Scope
from outreach.wording import Text

_T = TypeVar("_T")


def ordered(rows: Iterable[_T], ids: Sequence[int]) -> list[_T]:
    """``rows`` in the order of ``ids``; those it does not name come last."""
    places = {row_id: at for at, row_id in enumerate(ids)}
    return sorted(rows, key=lambda row: (places.get(row.id, len(places)), row.id))  # type: ignore[attr-defined]


def choose(
    session: Session, scope: Scope, document: Document, kind: Kind, values: Mapping[str, Any], today: date
) -> dict[str, tuple[Any, Any]]:
    """Set what ``values`` choose (``case_ids``, ``programme_ids``, ``organisation_ids``) and return what changed.

    :raises Invalid: something may not be chosen, or it is more than the kind has room for.
    """
    changes: dict[str, tuple[Any, Any]] = {}
    order = dict(document.order)
    for records, allowed in _ALLOWED.items():
        key = f"{records.removesuffix('s')}_ids"
        if key not in values:
            continue
        ids = list(dict.fromkeys(values[key]))
        present = {row.id for row in getattr(document, records)}
        _check_room(kind, records, ids)
        rows = _all_found(session, allowed(scope, ids, present, today), ids, records)
        if ids != order.get(records, []) or {row.id for row in rows} != present:
            setattr(document, records, rows)
            order[records] = ids
            changes[records] = (None, [_name(row) for row in ordered(rows, ids)])
    document.order = order
    return changes


def usable(
    session: Session, scope: Scope, values: Mapping[str, Any], today: date, kept: Chosen = Chosen()
) -> dict[str, list[int]]:
    """Those of the records that ``values`` choose that may be chosen now, or are ``kept``, in their order."""
    found = {}
    for records, allowed in _ALLOWED.items():
        key = f"{records.removesuffix('s')}_ids"
        ids = list(values.get(key, []))
        present = {row.id for row in getattr(kept, records)}
        there = {row.id for row in session.scalars(allowed(scope, ids, present, today))}
        found[key] = [row_id for row_id in ids if row_id in there]
    return found


def _check_room(kind: Kind, records: str, ids: Sequence[int]) -> None:
    room = kind.room_for(records)
    if len(ids) > room:
        reason = Text(
            "%(kind)s에는 %(what)s을(를) %(room)s개까지 담을 수 있습니다.",
            kind=Text(kind.label), what=Text(_WORDS[records]), room=room,
        )
        raise Invalid(reason, fields={records: reason})


def _cases(scope: Scope, ids: Sequence[int], kept: set[int], today: date) -> sa.Select[Any]:
    allowed = sa.or_(Case.id.in_(kept), Case.id.in_(library.publishable(scope, today).with_only_columns(Case.id)))
    return sa.select(Case).where(Case.id.in_(ids), allowed.self_group())


def _programmes(scope: Scope, ids: Sequence[int], kept: set[int], today: date) -> sa.Select[Any]:
    """One that has ended can stay where it is cited but not be chosen anew."""
    holds = valid_on(ProgrammeVersion, today)
    return sa.select(ProgrammeVersion).where(
        ProgrammeVersion.id.in_(ids), sa.or_(ProgrammeVersion.id.in_(kept), holds)
    )


def _organisations(scope: Scope, ids: Sequence[int], kept: set[int], today: date) -> sa.Select[Any]:
    allowed = sa.or_(Organisation.id.in_(kept), sa.and_(organisations.visible(scope), Organisation.active))
    return sa.select(Organisation).where(Organisation.id.in_(ids), allowed)


_ALLOWED = {"cases": _cases, "programmes": _programmes, "organisations": _organisations}
_WORDS = {"cases": "사례", "programmes": "지원제도", "organisations": "협력기관"}


def _all_found(session: Session, query: sa.Select[Any], ids: Sequence[int], records: str) -> list[Any]:
    rows = list(session.scalars(query))
    if len(rows) != len(set(ids)):
        reason = Text("고를 수 없는 %(what)s이 있습니다. 목록에서 다시 골라 주세요.", what=Text(_WORDS[records]))
        raise Invalid(reason, fields={records: reason})
    return rows


def _name(row: Any) -> str:
    return row.programme.name_ko if isinstance(row, ProgrammeVersion) else getattr(row, "headline", None) or row.name
