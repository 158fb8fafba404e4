"""Which materials given out now tell of which programme, and taking them all back when it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cases.documents.models import document_programme
from cases.library.models import case_programme
from cases.materials import service, withdrawing
from cases.materials.models import Edition, Material
from cases.materials.rules import EditionState
from outreach.audit.service import Actor
from outreach.errors import NotFound
from outreach.programmes.models import ProgrammeVersion
from outreach.scope import Scope


@dataclass(frozen=True)
class Citation:
    """A material in distribution and what it tells of a programme. ``ended``: that no longer holds."""

    material: Material
    edition: Edition
    version: ProgrammeVersion
    ended: bool


def of_programme(session: Session, scope: Scope, programme_id: int, today: date) -> list[Citation]:
    """What ``scope`` sees of the materials that tell of a programme, those that are out of date first."""
    found = _citations(session, scope, ProgrammeVersion.programme_id == programme_id, today)
    return sorted(found, key=lambda row: (not row.ended, row.material.title))


def out_of_date(session: Session, scope: Scope, today: date) -> list[Citation]:
    """The materials in distribution that tell of something that has ended, by title."""
    ended = sa.and_(ProgrammeVersion.valid_to.is_not(None), ProgrammeVersion.valid_to < today)
    return sorted(_citations(session, scope, ended, today), key=lambda row: row.material.title)


def withdraw_outdated(
    session: Session, scope: Scope, actor: Actor, programme_id: int, today: date, *, now: datetime
) -> list[Material]:
    """Take every material out of distribution that tells of the programme as it no longer is, as far as the person may
    edit it. Their links answer with what replaces them from now on. Raises NotFound if there is none."""
    withdrawn: dict[int, Material] = {}
    for row in of_programme(session, scope, programme_id, today):
        if row.ended and row.material.id not in withdrawn and service.may_edit(scope, row.material):
            reason = f"{row.version.programme.name_ko}: 내용이 바뀌었거나 끝났습니다."
            withdrawing.withdraw(session, actor, row.edition, reason=reason, now=now)
            withdrawn[row.material.id] = row.material
    if not withdrawn:
        raise NotFound("배포를 중단할 홍보물이 없습니다. 이미 중단했거나 다른 센터의 홍보물입니다.")
    return list(withdrawn.values())


def _citations(session: Session, scope: Scope, condition: sa.ColumnElement[bool], today: date) -> Sequence[Citation]:
    """A document cites the version chosen; the sheet of a case was printed with the one in force on its day."""
    rows: list[Citation] = []
    for query in (_of_documents(), _of_cases()):
        query = query.where(
            condition, service.visible(scope), Edition.state == EditionState.PUBLISHED,
            Edition.material_id == Material.id,
        )
        for material, edition, version in session.execute(query):
            rows.append(Citation(material, edition, version, not version.holds_on(today)))
    return rows


def _of_documents() -> sa.Select[tuple[Material, Edition, ProgrammeVersion]]:
    cited = document_programme.c
    return sa.select(Material, Edition, ProgrammeVersion).where(
        Material.document_id == cited.document_id, cited.programme_version_id == ProgrammeVersion.id
    )


def _of_cases() -> sa.Select[tuple[Material, Edition, ProgrammeVersion]]:
    """The versions that were in force on the day of printing, of the programmes the case cites."""
    cited, then = case_programme.c, sa.orm.aliased(ProgrammeVersion)
    printed_on = sa.func.date(Edition.created_at)
    return sa.select(Material, Edition, ProgrammeVersion).where(
        Material.case_id == cited.case_id, cited.programme_version_id == then.id,
        ProgrammeVersion.programme_id == then.programme_id,
        sa.or_(ProgrammeVersion.valid_from.is_(None), sa.func.date(ProgrammeVersion.valid_from) <= printed_on),
        sa.or_(ProgrammeVersion.valid_to.is_(None), sa.func.date(ProgrammeVersion.valid_to) >= printed_on),
    )
