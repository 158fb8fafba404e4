"""Rules of accounts: who may administer whom, when an account locks, what a password must be."""

from __future__ import annotations

import enum
from datetime import timedelta

from outreach.scope import Role
from outreach.wording import Text

#: After so many wrong passwords in a row an account is closed for LOCK_FOR (한국인터넷진흥원
#: 「패스워드 선택 및 이용 안내서」: limit the number of attempts).
MAX_FAILED_LOGINS = 10
LOCK_FOR = timedelta(minutes=15)

#: How long a link for setting a password stays good.
PASSWORD_LINK_LIFE = timedelta(days=1)
PASSWORD_MIN_CHARS = 10
_MIN_DIFFERENT_CHARS = 5
_MIN_NAME_CHARS = 4

#: A token's last use is written down at most this often.
TOKEN_USE_INTERVAL = timedelta(minutes=1)

class AccountState(str, enum.Enum):
    """How an account stands: invited ones have not set a password yet."""

    ACTIVE = "active"
    INVITED = "invited"
    LOCKED = "locked"
    CLOSED = "closed"


STATE_LABELS = {
    AccountState.ACTIVE: "사용 중",
    AccountState.INVITED: "비밀번호 미설정",
    AccountState.LOCKED: "잠시 잠김",
    AccountState.CLOSED: "사용 중지",
}

#: The accounts of the demo, one a role: demo_email(role) with this password. They are made only by the
#: demo command and shown on the sign-in page only where OUTREACH_DEMO is set.
DEMO_PASSWORD = "donghaeng-demo"  # noqa: S105


def demo_email(role: Role) -> str:
    """`centre-manager@demo.example`."""
    return f"{role.value.replace('_', '-')}@demo.example"


def managed_roles(role: Role) -> frozenset[Role]:
    """The roles whose accounts a person of ``role`` may make, change and close: administrators all of
    them, centre managers the staff and partners of their own centre."""
    if role is Role.ADMINISTRATOR:
        return frozenset(Role)
    if role is Role.CENTRE_MANAGER:
        return frozenset({Role.PROMOTION, Role.PLANNER, Role.PARTNER})
    return frozenset()


def password_problem(password: str, email: str) -> str | None:
    """Why ``password`` is too easy to guess for the account ``email``, beyond its length; None if fine."""
    local = email.partition("@")[0].lower()
    if len(local) >= _MIN_NAME_CHARS and local in password.lower():
        return Text("이메일 주소가 들어간 비밀번호는 쓸 수 없습니다.")
    if len(set(password)) < _MIN_DIFFERENT_CHARS:
        return Text("같은 글자를 되풀이한 비밀번호는 쓸 수 없습니다.")
    if password.isdigit():
        return Text("숫자만으로 된 비밀번호는 쓸 수 없습니다. 글자나 기호를 섞어 주세요.")
    return None
