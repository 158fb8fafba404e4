"""Accounts: making people, one-time password links, API tokens, who may be assigned."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.accounts.models import ApiToken, User
from outreach.errors import Conflict, Invalid
from outreach.organisations.models import Organisation
from outreach.regions.models import Centre
from outreach.scope import CENTRE_ROLES, Role, Scope

TOKEN_PREFIX = "dho_"
TOKEN_LIFE = timedelta(days=365)


def create_user(
    session: Session, *, email: str, name: str, role: Role, now: datetime, centre: Centre | None = None,
    organisation: Organisation | None = None, title: str = "", phone: str = "", password_hash: str | None = None,
) -> User:
    """A new account, without a password unless its hash is given. Raises Invalid, Conflict."""
    email = email.strip().lower()
    if (role in CENTRE_ROLES) != (centre is not None):
        raise Invalid("센터 관리자·홍보담당·플래너는 소속 센터가 있어야 하고, 다른 역할은 없어야 합니다.", fields={"centre": "역할과 맞지 않음"})
    if (role is Role.PARTNER) != (organisation is not None):
        raise Invalid("협력기관 계정만 협력기관에 속합니다.", fields={"partner": "역할과 맞지 않음"})
    if session.scalar(sa.select(User.id).where(User.email == email)):
        raise Conflict(f"{email} 계정이 이미 있습니다.")
    user = User(
        email=email, name=name, role=role, centre_id=centre.id if centre else None,
        organisation_id=organisation.id if organisation else None, title=title, phone=phone, password=password_hash,
        active=True, fs_uniquifier=uuid.uuid4().hex, created_at=now, updated_at=now, login_count=0, failed_logins=0,
    )
    session.add(user)
    session.flush()
    return user


def issue_token(session: Session, user: User, *, name: str, now: datetime) -> str:
    """A new bearer token of ``user``, returned once; only its hash is kept."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(user_id=user.id, name=name, sha256=_hash(token), created_at=now, expires_at=now + TOKEN_LIFE))
    session.flush()
    return token


def user_of_token(session: Session, token: str, *, now: datetime) -> User | None:
    """The active account a bearer token stands for, or None."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    row = session.scalar(sa.select(ApiToken).where(ApiToken.sha256 == _hash(token)))
    if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now) or not row.user.active:
        return None
    return row.user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def planners(session: Session, centre_id: int | None) -> list[User]:
    """Active planners of a centre (all centres if None), by name."""
    query = sa.select(User).where(User.role == Role.PLANNER, User.active).order_by(User.name)
    if centre_id is not None:
        query = query.where(User.centre_id == centre_id)
    return list(session.scalars(query))


def colleagues(session: Session, scope: Scope) -> list[User]:
    """Active staff the person may name as owner of something: their centre's, or everyone's."""
    query = sa.select(User).where(User.active, User.role != Role.PARTNER).order_by(User.name)
    if scope.centre_id is not None:
        query = query.where(sa.or_(User.centre_id == scope.centre_id, User.centre_id.is_(None)))
    return list(session.scalars(query))
