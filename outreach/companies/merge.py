"""Two companies that are one. A person decides; the one kept takes over everything the other had.

Where both have a value, the later hand edit stands, then any hand edit, then the value of the company kept; the
value given up stays in the change record. What higher features keep about the other (leads, deliveries,
responses) they carry over themselves (outreach.feature.CompanyMerge).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from outreach.audit.service import Actor, record_change
from outreach.companies import search
from outreach.companies.models import Company, Consent, Contact, MergeSuggestion, Workplace
from outreach.errors import Conflict, Forbidden, NotFound
from outreach.feature import CompanyMerge
from outreach.scope import EDITOR_ROLES, Scope

CarryOver = Callable[[Session, CompanyMerge], None]

COMPANY_FIELDS = (
    "name", "business_number", "corporate_number", "representative", "ksic", "industry", "headcount", "homepage", "memo"
)
WORKPLACE_FIELDS = (
    "workplace_number", "name", "address", "postcode", "phone", "district_id", "complex_id", "ksic", "headcount"
)
CONTACT_FIELDS = ("name", "title", "email", "phone")
#: Columns that go along with a field.
_TOGETHER = {
    "name": ("name_key",), "ksic": ("section", "ksic_version"), "address": ("address_key",), "phone": ("phone_key",),
    "email": ("address_key",), "district_id": ("province_id", "centre_id"),
}


# -- suggestions ------------------------------------------------------------------------------------------


def suggest(session: Session, company_id: int, other_id: int, reason: str, now: datetime) -> bool:
    """Offer two companies to a person as one. Returns False if the pair was offered before, decided or not."""
    first, second = sorted((company_id, other_id))
    row = MergeSuggestion(company_id=first, other_id=second, reason=reason[:200], created_at=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def suggestions(scope: Scope) -> sa.Select:
    """Rows of (suggestion, company, other) that wait for a decision and lie within ``scope``, newest first."""
    first, second = aliased(Company), aliased(Company)
    query = (
        sa.select(MergeSuggestion, first, second)
        .join(first, first.id == MergeSuggestion.company_id).join(second, second.id == MergeSuggestion.other_id)
        .where(MergeSuggestion.decided_at.is_(None)).order_by(MergeSuggestion.id.desc())
    )
    for condition in search.reach(scope):
        for company in (first, second):
            query = query.where(sa.exists().where(Workplace.company_id == company.id, condition))
    return query


def waiting(session: Session, scope: Scope) -> int:
    """How many suggestions wait."""
    query = suggestions(scope).order_by(None).with_only_columns(MergeSuggestion.id, maintain_column_froms=True)
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def pair(session: Session, scope: Scope, suggestion_id: int) -> sa.Row[tuple[MergeSuggestion, Company, Company]]:
    """One waiting suggestion. Raises NotFound."""
    row = session.execute(suggestions(scope).where(MergeSuggestion.id == suggestion_id)).one_or_none()
    if row is None:
        raise NotFound("이미 처리했거나 없는 후보입니다.")
    return row


def dismiss(session: Session, scope: Scope, actor: Actor, suggestion_id: int, *, now: datetime) -> None:
    """They are two; the pair is not offered again. Raises NotFound, Forbidden."""
    _may(scope)
    row, company, other = pair(session, scope, suggestion_id)
    row.decided_at, row.decided_by, row.merged = now, actor.user_id, False
    record_change(session, actor, "company", company.id, "merge_dismiss", {"company": (None, other.name)}, now=now)
    session.flush()


# -- merging ----------------------------------------------------------------------------------------------


@dataclass
class _Plan:
    """Which rows fold into which, and the values given up on the way."""

    workplaces: dict[int, int] = field(default_factory=dict)
    contacts: dict[int, int] = field(default_factory=dict)
    given_up: dict[str, tuple[Any, Any]] = field(default_factory=dict)


def merge(
    session: Session, scope: Scope, actor: Actor, kept_id: int, gone_id: int, *, carry_over: Iterable[CarryOver],
    now: datetime,
) -> Company:
    """Make ``gone_id`` part of ``kept_id`` and return the latter. Places with the same number, address or
    phone and people with the same address become one; all others move. Raises Conflict for companies with
    different business numbers, NotFound outside ``scope``, Forbidden."""
    _may(scope)
    kept, gone = search.get(session, scope, kept_id), search.get(session, scope, gone_id)
    _refuse_different(kept, gone)
    names = kept.name, gone.name
    plan = _Plan()
    _free_number(session, gone)
    with session.no_autoflush:
        _fill(kept, gone, COMPANY_FIELDS, plan, now)
        _fold_places(kept, gone, plan, now)
    session.flush()
    _move(session, kept, gone, plan)
    record_change(
        session, actor, "company", kept.id, "merge", {"company": (names[1], names[0]), **plan.given_up}, now=now
    )
    done = CompanyMerge(gone.id, kept.id, plan.workplaces, plan.contacts, now)
    try:
        for carry in carry_over:
            carry(session, done)
        _delete(session, done)
    except IntegrityError as error:
        raise Conflict("이 기업에 딸린 기록을 옮길 수 없어 합치지 않았습니다. 본부에 문의해 주세요.") from error
    session.expire_all()
    return session.get_one(Company, kept_id)


def _may(scope: Scope) -> None:
    if scope.role not in EDITOR_ROLES:
        raise Forbidden("기업을 합치는 일은 본부, 센터 관리자, 홍보담당이 합니다.")


def _refuse_different(kept: Company, gone: Company) -> None:
    if kept.id == gone.id:
        raise Conflict("서로 다른 두 기업을 골라 주세요.")
    if kept.business_number and gone.business_number and kept.business_number != gone.business_number:
        raise Conflict("사업자등록번호가 서로 다른 기업은 합칠 수 없습니다.")


def _free_number(session: Session, gone: Company) -> None:
    """Business numbers are unique: let go of it in the database before the other takes it. ``gone`` itself
    still tells it."""
    free = sa.update(Company).where(Company.id == gone.id).values(business_number=None)
    session.execute(free.execution_options(synchronize_session=False))


def _fill(kept: Any, gone: Any, fields: Iterable[str], plan: _Plan, now: datetime) -> None:
    edited = dict(kept.edited)
    for name in fields:
        mine, other = getattr(kept, name), getattr(gone, name)
        if other in (None, "") or mine == other:
            continue
        takes = mine in (None, "") or gone.edited.get(name, "") > kept.edited.get(name, "")
        if mine not in (None, ""):
            plan.given_up[f"{kept.__tablename__}.{name}"] = (mine, other) if takes else (other, mine)
        if takes:
            for column in (name, *_TOGETHER.get(name, ())):
                if hasattr(kept, column):
                    setattr(kept, column, getattr(gone, column))
            if name in gone.edited:
                edited[name] = gone.edited[name]
    kept.edited, kept.updated_at = edited, now


def _fold_places(kept: Company, gone: Company, plan: _Plan, now: datetime) -> None:
    for place in gone.workplaces:
        twin = next((own for own in kept.workplaces if _same_place(own, place)), None)
        if twin is None or twin.id in plan.workplaces.values():
            continue
        plan.workplaces[place.id] = twin.id
        _fill(twin, place, WORKPLACE_FIELDS, plan, now)
        for person in place.contacts:
            same = next((own for own in twin.contacts if _same_person(own, person)), None)
            if same is not None and same.id not in plan.contacts.values():
                plan.contacts[person.id] = same.id
                _fill(same, person, CONTACT_FIELDS, plan, now)


def _same_place(one: Workplace, other: Workplace) -> bool:
    if one.workplace_number and other.workplace_number:
        return one.workplace_number == other.workplace_number
    if one.address_key and other.address_key:
        return one.address_key == other.address_key
    return bool(one.phone_key) and one.phone_key == other.phone_key


def _same_person(one: Contact, other: Contact) -> bool:
    if one.address_key or other.address_key:
        return one.address_key == other.address_key
    return (one.name, one.phone) == (other.name, other.phone)


def _move(session: Session, kept: Company, gone: Company, plan: _Plan) -> None:
    """Hang what was not folded onto its new owner. A standing consent that its person has already is
    recorded and left behind."""
    for contact_id, twin_id in plan.contacts.items():
        _move_consents(session, contact_id, twin_id, plan)
    for place_id, twin_id in plan.workplaces.items():
        rest = sa.update(Contact).where(Contact.workplace_id == place_id, Contact.id.not_in(list(plan.contacts)))
        session.execute(rest.values(workplace_id=twin_id, version=Contact.version + 1))
    places = sa.update(Workplace).where(Workplace.company_id == gone.id, Workplace.id.not_in(list(plan.workplaces)))
    session.execute(places.values(company_id=kept.id, is_head=False, version=Workplace.version + 1))
    _repoint_suggestions(session, kept.id, gone.id)


def _move_consents(session: Session, contact_id: int, twin_id: int, plan: _Plan) -> None:
    standing = set(session.scalars(sa.select(Consent.purpose).filter_by(contact_id=twin_id, withdrawn_at=None)))
    for consent in session.scalars(sa.select(Consent).filter_by(contact_id=contact_id)):
        if consent.withdrawn_at is None and consent.purpose in standing:
            plan.given_up[f"consent.{consent.purpose.value}"] = (f"{consent.given_at:%Y-%m-%d} {consent.how}", None)
        else:
            session.execute(sa.update(Consent).where(Consent.id == consent.id).values(contact_id=twin_id))


def _repoint_suggestions(session: Session, kept_id: int, gone_id: int) -> None:
    mine = sa.or_(MergeSuggestion.company_id == gone_id, MergeSuggestion.other_id == gone_id)
    for row in session.scalars(sa.select(MergeSuggestion).where(mine, MergeSuggestion.decided_at.is_(None))).all():
        third = row.other_id if row.company_id == gone_id else row.company_id
        if third != kept_id:
            suggest(session, kept_id, third, row.reason, row.created_at)


def _delete(session: Session, done: CompanyMerge) -> None:
    session.flush()
    for model, ids in ((Contact, done.contacts), (Workplace, done.workplaces), (Company, (done.gone_id,))):
        session.execute(sa.delete(model).where(model.id.in_(list(ids))).execution_options(synchronize_session=False))


def with_places(session: Session, company_id: int) -> Company:
    """A company with what the comparison shows."""
    places = sa.orm.selectinload(Company.workplaces)
    load = [places.selectinload(Workplace.contacts), places.joinedload(Workplace.district),
            places.joinedload(Workplace.centre)]
    return session.scalars(sa.select(Company).where(Company.id == company_id).options(*load)).unique().one()
