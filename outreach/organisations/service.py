"""Partner organisations: who sees and edits which, agreements, contact persons, logos.

Headquarters sees and edits all. Centre staff see the partners of their centre and those of headquarters,
and edit their own centre's. A partner sees itself alone and keeps its contact persons and logo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.db import check_version
from outreach.errors import Forbidden, Invalid, NotFound
from outreach.organisations.models import Organisation, OrganisationContact, OrganisationKind
from outreach.organisations.rules import ENDS_SOON, AgreementState
from outreach.pdf.colours import is_hex
from outreach.pdf.pictures import SafePicture
from outreach.regions.models import Centre, Region
from outreach.scope import EDITOR_ROLES, Role, Scope
from outreach.uploads import service as uploads
from outreach.wording import Text


@dataclass(frozen=True, slots=True)
class Details:
    """What the form of a partner holds. ``centre_id`` None: headquarters looks after it."""

    kind: OrganisationKind
    name: str
    name_en: str
    centre_id: int | None
    phone: str
    homepage: str
    mou_from: date | None
    mou_to: date | None
    mou_note: str
    region_ids: Sequence[int]


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that ``scope`` may see an organisation."""
    if scope.is_partner:
        return Organisation.id == scope.organisation_id
    if scope.sees_all_centres:
        return sa.true()
    return sa.or_(Organisation.centre_id == scope.centre_id, Organisation.centre_id.is_(None))


def organisations_query(
    scope: Scope, *, text: str = "", kind: OrganisationKind | None = None, centre_id: int | None = None,
    province_id: int | None = None, agreement: AgreementState | None = None, today: date | None = None,
    active: bool | None = True,
) -> sa.Select:
    """The partners ``scope`` sees, by name. ``agreement`` needs ``today``; a province matches its
    districts, too."""
    query = (
        sa.select(Organisation)
        .options(joinedload(Organisation.centre), selectinload(Organisation.regions).joinedload(Region.parent))
        .where(visible(scope)).order_by(Organisation.name, Organisation.id)
    )
    if active is not None:
        query = query.where(Organisation.active == active)
    if text:
        person = Organisation.contacts.any(OrganisationContact.name.icontains(text, autoescape=True))
        query = query.where(sa.or_(Organisation.name.icontains(text, autoescape=True), person))
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    if centre_id is not None:
        query = query.where(Organisation.centre_id == centre_id)
    if province_id is not None:
        query = query.where(Organisation.regions.any(sa.or_(Region.id == province_id, Region.parent_id == province_id)))
    if agreement is not None and today is not None:
        query = query.where(_agreement(agreement, today))
    return query


def _agreement(state: AgreementState, today: date) -> sa.ColumnElement[bool]:
    """rules.agreement_state as a condition."""
    first, last = Organisation.mou_from, Organisation.mou_to
    none = sa.and_(first.is_(None), last.is_(None))
    ended = sa.func.coalesce(last < today, sa.false())
    coming = sa.func.coalesce(first > today, sa.false())
    soon = sa.func.coalesce(last <= today + ENDS_SOON, sa.false())
    conditions = {
        AgreementState.NONE: none,
        AgreementState.ENDED: ended,
        AgreementState.COMING: sa.and_(~ended, coming),
        AgreementState.ENDING: sa.and_(~ended, ~coming, soon),
        AgreementState.RUNNING: sa.and_(~none, ~ended, ~coming, ~soon),
    }
    return conditions[state]


def get(session: Session, scope: Scope, organisation_id: int) -> Organisation:
    """A partner ``scope`` sees. Raises NotFound."""
    query = sa.select(Organisation).where(Organisation.id == organisation_id, visible(scope))
    organisation = session.scalar(query.options(joinedload(Organisation.centre), joinedload(Organisation.logo)))
    if organisation is None:
        raise NotFound("협력기관을 찾을 수 없습니다.")
    return organisation


def may_edit(scope: Scope, organisation: Organisation) -> bool:
    """Whether ``scope`` may change the partner's details and agreement."""
    if scope.role not in EDITOR_ROLES | {Role.ADMINISTRATOR}:
        return False
    return scope.sees_all_centres or organisation.centre_id == scope.centre_id


def may_keep(scope: Scope, organisation: Organisation) -> bool:
    """Whether ``scope`` may change contact persons and logo: editors, and the partner itself."""
    return may_edit(scope, organisation) or (scope.is_partner and scope.organisation_id == organisation.id)


def _check(allowed: bool) -> None:
    if not allowed:
        raise Forbidden("이 협력기관의 정보를 고칠 권한이 없습니다. 담당 센터에 요청해 주세요.")


def create(session: Session, scope: Scope, actor: Actor, details: Details, *, now: datetime) -> Organisation:
    """A new partner; centre staff make it their centre's. Raises Forbidden, Invalid."""
    _check(scope.role in EDITOR_ROLES | {Role.ADMINISTRATOR})
    values = _values(session, scope, details, None)
    organisation = Organisation(
        **values, regions=_regions(session, details.region_ids), active=True, fictional=False, created_at=now,
        updated_at=now,
    )
    session.add(organisation)
    session.flush()
    audit.record_change(
        session, actor, "organisation", organisation.id, "create", {"name": (None, organisation.name)}, now=now
    )
    return organisation


def edit(
    session: Session, scope: Scope, actor: Actor, organisation: Organisation, details: Details, *,
    version: int | None, now: datetime,
) -> None:
    """Save the details. Raises Forbidden, StaleEdit, Invalid."""
    _check(may_edit(scope, organisation))
    check_version(organisation, version)
    before = organisation.centre.name_ko if organisation.centre else None
    changes = audit.apply_changes(organisation, _values(session, scope, details, organisation))
    regions = _regions(session, details.region_ids)
    if {row.id for row in regions} != {row.id for row in organisation.regions}:
        changes["regions"] = ([row.name_ko for row in organisation.regions], [row.name_ko for row in regions])
        organisation.regions = regions
    if "centre_id" in changes:
        _, centre_id = changes.pop("centre_id")
        centre = session.get(Centre, centre_id) if centre_id else None
        changes["centre"] = (before, centre.name_ko if centre else None)
    _record(session, actor, organisation, "update", changes, now)


def _values(
    session: Session, scope: Scope, details: Details, organisation: Organisation | None
) -> dict[str, Any]:
    """The columns of ``details``, checked."""
    if details.mou_from and details.mou_to and details.mou_to < details.mou_from:
        text = "협약 종료일은 시작일 뒤여야 합니다."
        raise Invalid(text, fields={"mou_to": text})
    centre_id = details.centre_id if scope.sees_all_centres else scope.centre_id
    if centre_id is not None and session.get(Centre, centre_id) is None:
        raise Invalid("등록된 센터가 아닙니다.", fields={"centre": "등록된 센터가 아닙니다."})
    same_centre = Organisation.centre_id.is_(None) if centre_id is None else Organisation.centre_id == centre_id
    twin = sa.select(Organisation.id).where(Organisation.name == details.name, same_centre)
    if session.scalar(twin.where(Organisation.id != (organisation.id if organisation else 0))):
        text = Text("같은 이름의 협력기관이 이미 있습니다: %(name)s", name=details.name)
        raise Invalid(text, fields={"name": text})
    columns = ("kind", "name", "name_en", "phone", "homepage", "mou_from", "mou_to", "mou_note")
    return {name: getattr(details, name) for name in columns} | {"centre_id": centre_id}


def _regions(session: Session, ids: Sequence[int]) -> list[Region]:
    return list(session.scalars(sa.select(Region).where(Region.id.in_(ids)).order_by(Region.code)))


def set_active(
    session: Session, scope: Scope, actor: Actor, organisation: Organisation, *, active: bool, now: datetime
) -> None:
    """Close a partner, or open it again; nothing is deleted. Raises Forbidden."""
    _check(may_edit(scope, organisation))
    changes = audit.apply_changes(organisation, {"active": active})
    _record(session, actor, organisation, "reactivate" if active else "deactivate", changes, now)


def add_contact(
    session: Session, scope: Scope, actor: Actor, organisation: Organisation, *, name: str, title: str, email: str,
    phone: str, now: datetime,
) -> OrganisationContact:
    """A contact person, who can be reached by e-mail or phone. Raises Forbidden, Invalid."""
    _check(may_keep(scope, organisation))
    if not email and not phone:
        text = "이메일이나 전화 가운데 하나는 있어야 합니다."
        raise Invalid(text, fields={"email": text})
    contact = OrganisationContact(name=name, title=title, email=email, phone=phone)
    organisation.contacts.append(contact)
    _record(session, actor, organisation, "update", {"contacts": (None, name)}, now)
    return contact


def remove_contact(
    session: Session, scope: Scope, actor: Actor, organisation: Organisation, contact_id: int, *, now: datetime
) -> None:
    """Raises Forbidden, NotFound."""
    _check(may_keep(scope, organisation))
    contact = next((row for row in organisation.contacts if row.id == contact_id), None)
    if contact is None:
        raise NotFound("이미 지운 담당자입니다.")
    organisation.contacts.remove(contact)
    _record(session, actor, organisation, "update", {"contacts": (contact.name, None)}, now)


def set_logo(
    session: Session, scope: Scope, actor: Actor, organisation: Organisation, folder: Path,
    picture: SafePicture | None, *, name: str, now: datetime,
) -> None:
    """Replace the logo by a picture that outreach.pdf.pictures made safe, or take it away. Materials that
    bear the old one keep it: files are stored by content. Raises Forbidden."""
    _check(may_keep(scope, organisation))
    before = organisation.logo.name if organisation.logo else None
    if picture is None:
        organisation.logo = None
    else:
        organisation.logo = uploads.store(
            session, folder, picture.data, kind="picture", name=name, media_type=picture.media_type, now=now,
            user_id=actor.user_id, width=picture.width, height=picture.height,
        )
    _record(session, actor, organisation, "logo", {"logo": (before, name if picture else None)}, now)


def set_accent(
    session: Session, scope: Scope, actor: Actor, organisation: Organisation, accent: str, *, now: datetime
) -> None:
    """The partner's own colour on its editions of materials, ``#rrggbb``; empty: the material's. Raises Forbidden,
    Invalid."""
    _check(may_keep(scope, organisation))
    accent = accent.strip().lower()
    if accent and not is_hex(accent):
        raise Invalid("색은 #1f4fb5처럼 여섯 자리로 적어 주세요.", fields={"accent": "여섯 자리로 적어 주세요."})
    before, organisation.accent = organisation.accent, accent
    _record(session, actor, organisation, "update", {"accent": (before, accent)}, now)


def ending_soon(session: Session, scope: Scope, *, today: date, limit: int) -> list[Organisation]:
    """Partners of ``scope`` whose agreement ends within rules.ENDS_SOON, the next one first."""
    query = organisations_query(scope, agreement=AgreementState.ENDING, today=today)
    return list(session.scalars(query.order_by(None).order_by(Organisation.mou_to, Organisation.id).limit(limit)))


def _record(
    session: Session, actor: Actor, organisation: Organisation, action: str,
    changes: Mapping[str, tuple[Any, Any]], now: datetime,
) -> None:
    if changes:
        organisation.updated_at = now
        audit.record_change(session, actor, "organisation", organisation.id, action, changes, now=now)
    session.flush()
