"""Companies, their workplaces and contact persons, kept by hand.

Every edit names the ``version`` of the row its person saw (StaleEdit if someone saved in between), leaves a
change record on the company, and marks each changed field with its instant: an import does not overwrite it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from outreach.audit.service import Actor, apply_changes, record_change
from outreach.clock import kst_today
from outreach.companies import entry, merge, places, search
from outreach.companies.models import Company, Contact, Workplace
from outreach.db import check_version
from outreach.errors import Conflict, Forbidden, Invalid
from outreach.scope import EDITOR_ROLES, LEAD_ROLES, Scope
from outreach.wording import Text

Values = Mapping[str, Any]

#: Who may change companies and workplaces, and who keeps contact persons, consents and opt-outs.
EDIT_ROLES = EDITOR_ROLES
CONTACT_ROLES = LEAD_ROLES

#: Columns derived from others; they are neither shown in a history nor edits of their own.
_DERIVED = frozenset({"name_key", "address_key", "phone_key", "ksic_version", "province_id"})


# -- companies -------------------------------------------------------------------------------------------


def create(
    session: Session, scope: Scope, actor: Actor, company: Values, workplace: Values, *, now: datetime,
    district_id: int | None = None, complex_id: int | None = None,
) -> Company:
    """A new company with its head workplace; the district and centre follow from the address unless
    ``district_id`` is given. Raises Invalid, Forbidden, and Conflict if it is there already by the rule of
    identity. Companies of the same name are suggested for a merge."""
    _may(scope, EDIT_ROLES)
    facts, place = entry.company(company), entry.workplace(workplace)
    if "name" not in facts:
        text = "기업명을 적어 주세요."
        raise Invalid(text, fields={"name": text})
    _refuse_same(session, facts, place)
    row = Company(**facts, edited=_edited({}, facts, now), created_at=now, updated_at=now)
    session.add(row)
    _new_workplace(session, scope, row, place, district_id, complex_id, now)
    record_change(session, actor, "company", row.id, "create", {"name": (None, row.name)}, now=now)
    _suggest_namesakes(session, row, now)
    return row


def edit_company(
    session: Session, scope: Scope, actor: Actor, company_id: int, given: Values, *, version: int | None, now: datetime
) -> Company:
    """Change the fields given. Industry and head count are carried to workplaces that had the same."""
    _may(scope, EDIT_ROLES)
    row = search.get(session, scope, company_id)
    check_version(row, version)
    columns = entry.company(given)
    _refuse_taken_number(session, columns.get("business_number"), row.id)
    before = {"section": row.section, "ksic": row.ksic, "headcount": row.headcount}
    changed = _apply(row, columns, now)
    _carry_down(row, before, now)
    _note(session, actor, row.id, "edit", changed, now)
    return row


def _carry_down(company: Company, before: Values, now: datetime) -> None:
    """A workplace that repeated its company's industry or size keeps doing so, unless edited itself."""
    for place in company.workplaces:
        follows = {"section": place.section in ("", before["section"]), "ksic": place.ksic in ("", before["ksic"])}
        follows["headcount"] = len(company.workplaces) == 1 and place.headcount in (None, before["headcount"])
        values = {
            field: getattr(company, field) for field, same in follows.items() if same and field not in place.edited
        }
        if apply_changes(place, values):
            place.updated_at = now


def _refuse_same(session: Session, facts: Values, place: Values) -> None:
    """Raise Conflict if the rule of identity knows the company already (companies.identity.IDENTITY_RULE)."""
    number = facts.get("business_number")
    _refuse_taken_number(session, number, None)
    same = sa.or_(
        sa.and_(Workplace.phone_key != "", Workplace.phone_key == place.get("phone_key", "")),
        sa.and_(Workplace.address_key != "", Workplace.address_key == place.get("address_key", "")),
    )
    query = sa.select(Company).join(Company.workplaces).where(Company.name_key == facts["name_key"], same)
    if number:
        query = query.where(Company.business_number.is_(None))
    known = session.scalar(query.limit(1))
    if known is not None:
        raise _already(known, "name")


def _refuse_taken_number(session: Session, number: str | None, own_id: int | None) -> None:
    query = sa.select(Company).where(Company.business_number == number, Company.id != (own_id or 0))
    known = session.scalar(query) if number else None
    if known is not None:
        raise _already(known, "business_number")


def _already(known: Company, field: str) -> Conflict:
    text = Text("이미 등록된 기업입니다: %(name)s", name=known.name)
    return Conflict(text, fields={field: text})


def _suggest_namesakes(session: Session, row: Company, now: datetime) -> None:
    query = sa.select(Company.id).where(Company.name_key == row.name_key, Company.id != row.id).limit(5)
    for other_id in session.scalars(query):
        merge.suggest(session, row.id, other_id, Text("기업명이 같음"), now)


# -- workplaces ------------------------------------------------------------------------------------------


def add_workplace(
    session: Session, scope: Scope, actor: Actor, company_id: int, given: Values, *, now: datetime,
    district_id: int | None = None, complex_id: int | None = None,
) -> Workplace:
    """Another place of the company. Raises Invalid, Conflict, NotFound, Forbidden."""
    _may(scope, EDIT_ROLES)
    company = search.get(session, scope, company_id)
    place = entry.workplace(given)
    _refuse_taken_place(session, company.id, place.get("workplace_number"), None)
    row = _new_workplace(session, scope, company, place, district_id, complex_id, now)
    _note(session, actor, company.id, "workplace_add", {"workplace": (None, row.name or row.address)}, now)
    return row


def edit_workplace(
    session: Session, scope: Scope, actor: Actor, workplace_id: int, given: Values, *, version: int | None,
    now: datetime, district_id: int | None = None, complex_id: int | None = None,
) -> Workplace:
    """Change the fields given. With another address the district and centre follow, unless ``district_id``
    is given; where neither tells a district, the place stays in its centre."""
    _may(scope, EDIT_ROLES)
    row = search.get_workplace(session, scope, workplace_id)
    check_version(row, version)
    columns = entry.workplace(given)
    _refuse_taken_place(session, row.company_id, columns.get("workplace_number"), row.id)
    moved = columns.get("address", row.address) != row.address
    if moved or (district_id is not None and district_id != row.district_id):
        found = places.locate(session, columns.get("address", row.address), kst_today(now), district_id)
        columns |= places.columns(found, row.centre_id)
    columns["complex_id"] = places.known_complex(session, complex_id)
    names = {field: _place_name(row, field) for field in ("district", "centre", "complex")}
    changed = _apply(row, columns, now)
    session.flush()
    session.refresh(row, ["district", "centre", "complex"])
    for field, before in names.items():
        changed.pop(f"{field}_id", None)
        if (after := _place_name(row, field)) != before:
            changed[field] = (before, after)
    _note(session, actor, row.company_id, "workplace_edit", changed, now)
    return row


def _new_workplace(
    session: Session, scope: Scope, company: Company, place: Values, district_id: int | None, complex_id: int | None,
    now: datetime,
) -> Workplace:
    where = places.locate(session, place.get("address", ""), kst_today(now), district_id)
    places.refuse_elsewhere(session, scope, where)
    columns = dict(place) | places.columns(where, scope.centre_id)
    row = Workplace(
        **columns, complex_id=places.known_complex(session, complex_id), section=company.section or "",
        ksic=company.ksic or "", edited=_edited({}, columns, now), created_at=now, updated_at=now,
        is_head=not company.workplaces,
    )
    if row.is_head and row.headcount is None:
        row.headcount = company.headcount
    company.workplaces.append(row)
    session.flush()
    return row


def _place_name(row: Workplace, field: str) -> str | None:
    found = getattr(row, field)
    return None if found is None else getattr(found, "name_ko", None) or found.name


def _refuse_taken_place(session: Session, company_id: int, number: str | None, own_id: int | None) -> None:
    query = sa.select(Workplace.id).where(
        Workplace.company_id == company_id, Workplace.workplace_number == number, Workplace.id != (own_id or 0)
    )
    if number and session.scalar(query):
        text = "같은 사업장관리번호의 사업장이 이미 있습니다."
        raise Conflict(text, fields={"workplace_number": text})


# -- contact persons ---------------------------------------------------------------------------------------


def add_contact(
    session: Session, scope: Scope, actor: Actor, workplace_id: int, given: Values, *, now: datetime
) -> Contact:
    """A contact person of the workplace. Raises Invalid if neither name, e-mail nor phone is given, Conflict if
    the workplace has the address already."""
    _may(scope, CONTACT_ROLES)
    place = search.get_workplace(session, scope, workplace_id)
    columns = entry.contact(given)
    _refuse_empty(columns)
    _refuse_same_address(place, columns.get("address_key"), None)
    row = Contact(**columns, edited=_edited({}, columns, now), created_at=now, updated_at=now)
    place.contacts.append(row)
    session.flush()
    _note(session, actor, place.company_id, "contact_add", {"name": (None, row.name or row.email)}, now)
    return row


def edit_contact(
    session: Session, scope: Scope, actor: Actor, contact_id: int, given: Values, *, version: int | None, now: datetime
) -> Contact:
    """Change the fields given. Consents stay with the person; whether mail may be sent is judged by the new
    address (companies.consent)."""
    _may(scope, CONTACT_ROLES)
    row = search.get_contact(session, scope, contact_id)
    check_version(row, version)
    columns = entry.contact(given)
    _refuse_empty({field: getattr(row, field) for field in ("name", "email", "phone")} | columns)
    _refuse_same_address(row.workplace, columns.get("address_key"), row.id)
    changed = _apply(row, columns, now)
    _note(session, actor, row.workplace.company_id, "contact_edit", changed, now)
    return row


def remove_contact(
    session: Session, scope: Scope, actor: Actor, contact_id: int, *, version: int | None, now: datetime
) -> Company:
    """Delete a person's data (개인정보 보호법 제21조); a suppression of the address stays. Of the person only
    the id remains in the record. Returns the company."""
    _may(scope, CONTACT_ROLES)
    row = search.get_contact(session, scope, contact_id)
    check_version(row, version)
    company = row.workplace.company
    record_change(session, actor, "company", company.id, "contact_remove", {"contact": (row.id, None)}, now=now)
    row.workplace.contacts.remove(row)
    session.flush()
    return company


def _refuse_empty(columns: Values) -> None:
    if not any(columns.get(field) for field in ("name", "email", "phone")):
        text = "이름, 이메일, 전화번호 가운데 하나는 적어 주세요."
        raise Invalid(text, fields={"name": text})


def _refuse_same_address(place: Workplace, address_key: str | None, own_id: int | None) -> None:
    if address_key and any(one.address_key == address_key and one.id != own_id for one in place.contacts):
        text = "이 사업장에 같은 이메일의 담당자가 이미 있습니다."
        raise Conflict(text, fields={"email": text})


# -- shared -------------------------------------------------------------------------------------------------


def _may(scope: Scope, roles: frozenset) -> None:
    if scope.role not in roles:
        raise Forbidden("기업 정보는 본부, 센터 관리자, 홍보담당이 고칠 수 있습니다.")


def _apply(row: Any, columns: Values, now: datetime) -> dict[str, tuple[Any, Any]]:
    """Set columns, mark the changed ones as edited by hand, and count the edit even if nothing changed, so
    that the next person on an old page is told."""
    changed = apply_changes(row, columns)
    row.edited = _edited(row.edited, changed, now)
    row.updated_at = now
    flag_modified(row, "updated_at")
    return {field: values for field, values in changed.items() if field not in _DERIVED}


def _edited(known: Mapping[str, str], columns: Values, now: datetime) -> dict[str, str]:
    blank = (None, "")
    fresh = {name: now.isoformat() for name, value in columns.items() if name not in _DERIVED and value not in blank}
    return dict(known) | fresh


def _note(
    session: Session, actor: Actor, company_id: int, action: str, changed: Mapping[str, tuple[Any, Any]], now: datetime
) -> None:
    session.flush()
    if changed:
        record_change(session, actor, "company", company_id, action, changed, now=now)
