"""Which partners may download a material: by hand, or because of a campaign they take part in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from cases.materials.models import Material, MaterialGrant
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Conflict, NotFound
from outreach.organisations import service as organisations
from outreach.organisations.models import Organisation
from outreach.scope import Scope


def of_material(session: Session, material: Material) -> list[MaterialGrant]:
    """Who may download it, by name."""
    query = sa.select(MaterialGrant).join(MaterialGrant.organisation).where(MaterialGrant.material_id == material.id)
    return list(session.scalars(query.options(joinedload(MaterialGrant.organisation)).order_by(Organisation.name)))


def grantable(session: Session, scope: Scope, material: Material) -> list[Organisation]:
    """Partners that could be given it by hand."""
    given = sa.select(MaterialGrant.organisation_id).where(
        MaterialGrant.material_id == material.id, MaterialGrant.direct
    )
    query = organisations.organisations_query(scope).where(Organisation.id.not_in(given))
    return list(session.scalars(query).unique())


def grant(
    session: Session, scope: Scope, actor: Actor, material: Material, organisation_id: int, *, now: datetime
) -> None:
    """Give the material to a partner by hand. Raises NotFound for a partner out of reach."""
    organisation = organisations.get(session, scope, organisation_id)
    row = _grant_row(session, material.id, organisation.id) or _new_grant(
        session, actor, material.id, organisation.id, now
    )
    row.direct = True
    change = {"partner": (None, organisation.name)}
    audit.record_change(session, actor, "material", material.id, "grant", change, now=now)
    session.flush()


def revoke(session: Session, actor: Actor, material: Material, organisation_id: int, *, now: datetime) -> None:
    """Take back what was given by hand; what follows from a campaign stays. Raises NotFound, Conflict."""
    row = _grant_row(session, material.id, organisation_id)
    if row is None:
        raise NotFound("이 기관에는 주지 않은 홍보물입니다.")
    if not row.direct:
        raise Conflict("캠페인을 통해 준 홍보물입니다. 캠페인의 자료나 협력기관에서 빼 주세요.")
    name, row.direct = row.organisation.name, False
    if not row.followed:
        session.delete(row)
    audit.record_change(session, actor, "material", material.id, "revoke", {"partner": (name, None)}, now=now)
    session.flush()


def hand_on(session: Session, actor: Actor, material: Material, instead: Material, *, now: datetime) -> None:
    """Give ``instead`` to every partner that has ``material``."""
    have = {row.organisation_id for row in of_material(session, instead)}
    for row in of_material(session, material):
        if row.organisation_id not in have:
            _new_grant(session, actor, instead.id, row.organisation_id, now).direct = True
    session.flush()


def follow(
    session: Session, actor: Actor, organisation_id: int, material_ids: Collection[int], *, now: datetime
) -> None:
    """Let a partner's grants that follow from campaigns be exactly ``material_ids``; those by hand stay."""
    rows = {
        row.material_id: row
        for row in session.scalars(sa.select(MaterialGrant).where(MaterialGrant.organisation_id == organisation_id))
    }
    for material_id in set(material_ids) - {key for key, row in rows.items() if row.followed}:
        row = rows.get(material_id) or _new_grant(session, actor, material_id, organisation_id, now)
        row.followed = True
    for material_id, row in rows.items():
        if row.followed and material_id not in material_ids:
            row.followed = False
            if not row.direct:
                session.delete(row)
    session.flush()


def _grant_row(session: Session, material_id: int, organisation_id: int) -> MaterialGrant | None:
    return session.scalar(sa.select(MaterialGrant).filter_by(material_id=material_id, organisation_id=organisation_id))


def _new_grant(
    session: Session, actor: Actor, material_id: int, organisation_id: int, now: datetime
) -> MaterialGrant:
    row = MaterialGrant(
        material_id=material_id, organisation_id=organisation_id, granted_at=now, granted_by=actor.user_id
    )
    session.add(row)
    return row
