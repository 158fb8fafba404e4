"""Accounts: making people, one-time password links, API tokens, who may be assigned."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from outreach.accounts.models import ApiToken, User
from outreach.accounts.rules import LOCK_FOR, MAX_FAILED_LOGINS, TOKEN_USE_INTERVAL, demo_email
from outreach.errors import Conflict, Invalid, NotFound
from outreach.organisations.models import Organisation
from outreach.regions.models import Centre
from outreach.scope import CENTRE_ROLES, Role, Scope
from outreach.wording import Text

TOKEN_PREFIX = "dho_"  # noqa: S105 (tells scanners of leaked secrets whose it is)
TOKEN_LIFE = timedelta(days=365)


def create_user(
    session: Session, *, email: str, name: str, role: Role, now: datetime, centre: Centre | None = None,
    organisation: Organisation | None = None, title: str = "", phone: str = "", password_hash: str | None = None,
) -> User:
    """A new account, without a password unless its hash is given. Raises Invalid, Conflict."""
    email = account_address(email)
    check_belonging(role, centre, organisation)
    if session.scalar(sa.select(User.id).where(User.email == email)):
        raise Conflict(Text("%(email)s 계정이 이미 있습니다.", email=email))
    user = User(
        email=email, name=name, role=role, centre_id=centre.id if centre else None,
        organisation_id=organisation.id if organisation else None, title=title, phone=phone, password=password_hash,
        active=True, fs_uniquifier=uuid.uuid4().hex, created_at=now, updated_at=now, login_count=0, failed_logins=0,
    )
    session.add(user)
    session.flush()
    return user


def check_belonging(role: Role, centre: Centre | None, organisation: Organisation | None) -> None:
    """Refuse a belonging that does not fit the role. Raises Invalid."""
    if (role in CENTRE_ROLES) != (centre is not None):
        text = "센터 관리자·홍보담당·플래너는 소속 센터가 있어야 하고, 다른 역할은 없어야 합니다."
        raise Invalid(text, fields={"centre": text})
    if (role is Role.PARTNER) != (organisation is not None):
        text = "협력기관 계정은 협력기관이 있어야 하고, 다른 역할은 없어야 합니다."
        raise Invalid(text, fields={"organisation": text})


def account_address(email: str) -> str:
    """``email`` as accounts keep it: trimmed, in lower case. Raises Invalid if it is no address."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise Invalid("이메일 주소의 형식이 맞지 않습니다.", fields={"email": "형식 오류"}) from error


def find_by_email(session: Session, email: str) -> User | None:
    """The account that signs in with ``email``, in whatever case it was typed."""
    return session.scalar(sa.select(User).where(User.email == email.strip().lower()))


def demo_accounts(session: Session) -> list[User]:
    """The demo's accounts, in the order of the roles."""
    places = {demo_email(role): place for place, role in enumerate(Role)}
    users = session.scalars(sa.select(User).where(User.email.in_(list(places)), User.active))
    return sorted(users, key=lambda user: places[user.email])


def issue_token(session: Session, user: User, *, name: str, now: datetime) -> str:
    """A new bearer token of ``user``, returned once; only its hash is kept."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(user_id=user.id, name=name, sha256=_hash(token), created_at=now, expires_at=now + TOKEN_LIFE))
    session.flush()
    return token


def find_token(session: Session, token: str, *, now: datetime) -> ApiToken | None:
    """The row of a bearer token that is good at ``now`` and whose account is active, or None."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    row = session.scalar(sa.select(ApiToken).where(ApiToken.sha256 == _hash(token)))
    if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now) or not row.user.active:
        return None
    return row


def user_of_token(session: Session, token: str, *, now: datetime) -> User | None:
    """The active account a bearer token stands for, or None."""
    row = find_token(session, token, now=now)
    return row.user if row else None


def note_token_use(session: Session, token_id: int, *, now: datetime) -> None:
    """Write down that a token was used, at most once in TOKEN_USE_INTERVAL."""
    stale = sa.or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - TOKEN_USE_INTERVAL)
    session.execute(sa.update(ApiToken).where(ApiToken.id == token_id, stale).values(last_used_at=now))


def tokens_of(session: Session, user_id: int) -> list[ApiToken]:
    """A person's tokens that were not revoked, newest first."""
    query = sa.select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return list(session.scalars(query.order_by(ApiToken.id.desc())))


def revoke_token(session: Session, user_id: int, token_id: int, *, now: datetime) -> ApiToken:
    """Make a person's own token useless from ``now``. Raises NotFound for anyone else's."""
    row = session.scalar(sa.select(ApiToken).filter_by(id=token_id, user_id=user_id, revoked_at=None))
    if row is None:
        raise NotFound("이미 폐기했거나 없는 토큰입니다.")
    row.revoked_at = now
    session.flush()
    return row


def is_locked(user: User, *, now: datetime) -> bool:
    """Whether too many wrong passwords keep the account closed at ``now``."""
    return user.locked_until is not None and user.locked_until > now


def note_failed_login(session: Session, user: User, *, now: datetime) -> bool:
    """Count a wrong password; True if it was the one that closes the account for LOCK_FOR."""
    session.refresh(user, with_for_update=True)
    if user.locked_until and user.locked_until <= now:
        user.failed_logins, user.locked_until = 0, None
    user.failed_logins += 1
    closes = user.failed_logins >= MAX_FAILED_LOGINS
    if closes:
        user.failed_logins, user.locked_until = 0, now + LOCK_FOR
    session.flush()
    return closes


def note_login(session: Session, user: User) -> None:
    """Forget wrong passwords after a right one."""
    user.failed_logins, user.locked_until = 0, None
    session.flush()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def names(session: Session, user_ids: Iterable[int | None]) -> dict[int | None, str]:
    """The names of people by id; those whose account is gone are left out."""
    known = {user_id for user_id in user_ids if user_id is not None}
    return {row.id: row.name for row in session.execute(sa.select(User.id, User.name).where(User.id.in_(known)))}


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
