"""Administering accounts: who is listed, made, changed and closed by whom. Administrators reach everyone;
centre managers reach the promotion staff and planners of their centre and the people of the partners
their centre looks after (outreach.accounts.rules.managed_roles)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from outreach.accounts import service
from outreach.accounts.models import User
from outreach.accounts.rules import AccountState, managed_roles
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.organisations.models import Organisation
from outreach.regions.models import Centre
from outreach.scope import Role, Scope
from outreach.wording import Text


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person may choose for an account: roles, centres, partner organisations."""

    roles: frozenset[Role]
    centres: Sequence[Centre]
    organisations: Sequence[Organisation]


def reach(session: Session, scope: Scope) -> Reach:
    """The choices of ``scope``, by name."""
    centres = sa.select(Centre).order_by(Centre.id)
    organisations = sa.select(Organisation).where(Organisation.active).order_by(Organisation.name)
    if not scope.sees_all_centres:
        centres = centres.where(Centre.id == scope.centre_id)
        organisations = organisations.where(Organisation.centre_id == scope.centre_id)
    return Reach(managed_roles(scope.role), session.scalars(centres).all(), session.scalars(organisations).all())


def accounts_query(
    scope: Scope, *, now: datetime, text: str = "", role: Role | None = None, state: AccountState | None = None
) -> sa.Select:
    """The accounts ``scope`` administers, by name, filtered by a part of name or e-mail, role, state at ``now``."""
    query = _accounts(scope).order_by(User.name, User.id)
    if text:
        query = query.where(
            sa.or_(User.name.icontains(text, autoescape=True), User.email.icontains(text, autoescape=True),
                   Organisation.name.icontains(text, autoescape=True))
        )
    if role is not None:
        query = query.where(User.role == role)
    return query if state is None else query.where(account_state(now) == state.value)


def account_state(now: datetime) -> sa.Case[str]:
    """The AccountState of an account at ``now``, as a value in SQL."""
    return sa.case(
        (sa.not_(User.active), AccountState.CLOSED.value),
        (sa.func.coalesce(User.locked_until > now, sa.false()), AccountState.LOCKED.value),
        (User.password.is_(None), AccountState.INVITED.value),
        else_=AccountState.ACTIVE.value,
    )


def count_by_state(session: Session, scope: Scope, *, now: datetime) -> dict[AccountState, int]:
    """How many of the accounts ``scope`` administers are in which state."""
    state = account_state(now)
    query = sa.select(state, sa.func.count()).outerjoin(User.organisation).where(_managed_by(scope)).group_by(state)
    return {AccountState(value): count for value, count in session.execute(query)}


def _accounts(scope: Scope) -> sa.Select:
    return (
        sa.select(User).outerjoin(User.centre).outerjoin(User.organisation)
        .options(contains_eager(User.centre), contains_eager(User.organisation)).where(_managed_by(scope))
    )


def _managed_by(scope: Scope) -> sa.ColumnElement[bool]:
    within = User.role.in_(list(managed_roles(scope.role)))
    if scope.sees_all_centres:
        return within
    mine = sa.or_(User.centre_id == scope.centre_id, Organisation.centre_id == scope.centre_id)
    return sa.and_(within, mine)


def get_account(session: Session, scope: Scope, user_id: int) -> User:
    """An account ``scope`` administers. Raises NotFound."""
    user = session.scalar(_accounts(scope).where(User.id == user_id))
    if user is None:
        raise NotFound("관리할 수 있는 계정이 아닙니다.")
    return user


def create_account(
    session: Session, scope: Scope, actor: Actor, *, email: str, name: str, role: Role, centre_id: int | None,
    organisation_id: int | None, title: str, phone: str, now: datetime,
) -> User:
    """A new account within the reach of ``scope``, without a password. Raises Forbidden, Invalid, Conflict."""
    centre, organisation = _belonging(session, scope, role, centre_id, organisation_id)
    user = service.create_user(
        session, email=email, name=name, role=role, now=now, centre=centre, organisation=organisation, title=title,
        phone=phone,
    )
    values = {"email": (None, user.email), "role": (None, role.value)}
    audit.record_change(session, actor, "user_account", user.id, "create", values, now=now)
    return user


def edit_account(session: Session, actor: Actor, user: User, values: Mapping[str, Any], *, now: datetime) -> None:
    """Correct name, title, phone."""
    changes = audit.apply_changes(user, values)
    _record(session, actor, user, "update", changes, now)


def change_role(
    session: Session, scope: Scope, actor: Actor, user: User, *, role: Role, centre_id: int | None,
    organisation_id: int | None, now: datetime,
) -> None:
    """Give another role and belonging. The person is signed out everywhere, so that no page of the old
    role stays open. Raises Forbidden, Invalid, Conflict."""
    _not_oneself(scope, user)
    centre, organisation = _belonging(session, scope, role, centre_id, organisation_id)
    before = user.belonging
    changes = audit.apply_changes(
        user, {"role": role, "centre_id": centre.id if centre else None,
               "organisation_id": organisation.id if organisation else None},
    )
    if not changes:
        return
    user.fs_uniquifier = uuid.uuid4().hex
    session.flush()
    session.expire(user, ["centre", "organisation"])
    shown = {"role": (changes["role"][0].value, role.value)} if "role" in changes else {}
    if before != user.belonging:
        shown["belonging"] = (before, user.belonging)
    _record(session, actor, user, "change_role", shown, now)


def set_active(session: Session, scope: Scope, actor: Actor, user: User, *, active: bool, now: datetime) -> None:
    """Close an account, or open it again. A closed one neither signs in nor uses its tokens; what it
    did stays on record. Raises Conflict."""
    _not_oneself(scope, user)
    changes = audit.apply_changes(user, {"active": active})
    if changes and active:
        user.failed_logins, user.locked_until = 0, None
    _record(session, actor, user, "reactivate" if active else "deactivate", changes, now)


def _not_oneself(scope: Scope, user: User) -> None:
    if user.id == scope.user_id:
        raise Conflict("자기 계정의 역할을 바꾸거나 사용을 중지할 수 없습니다. 다른 관리자에게 요청해 주세요.")


def _belonging(
    session: Session, scope: Scope, role: Role, centre_id: int | None, organisation_id: int | None
) -> tuple[Centre | None, Organisation | None]:
    """The rows a role belongs to, checked against the reach of ``scope``; what does not fit the role is
    refused rather than dropped."""
    if role not in managed_roles(scope.role):
        raise Forbidden("이 역할의 계정은 시스템 관리자만 만들거나 바꿀 수 있습니다.")
    choices = reach(session, scope)
    centre = _chosen(choices.centres, centre_id, "centre", Text("고를 수 있는 센터가 아닙니다."))
    organisation = _chosen(
        choices.organisations, organisation_id, "organisation", Text("고를 수 있는 협력기관이 아닙니다."),
    )
    service.check_belonging(role, centre, organisation)
    return centre, organisation


def _chosen(rows: Sequence[Any], row_id: int | None, field: str, complaint: str) -> Any:
    if row_id is None:
        return None
    row = next((row for row in rows if row.id == row_id), None)
    if row is None:
        raise Invalid(complaint, fields={field: complaint})
    return row


def _record(
    session: Session, actor: Actor, user: User, action: str, changes: Mapping[str, tuple[Any, Any]], now: datetime
) -> None:
    if changes:
        user.updated_at = now
        audit.record_change(session, actor, "user_account", user.id, action, changes, now=now)
    session.flush()
