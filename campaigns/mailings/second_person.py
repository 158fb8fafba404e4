"""Whoever writes what goes out does not approve it: the rule for mailings and for letters by post."""

from __future__ import annotations

from sqlalchemy.orm import Session

from outreach.audit import service as audit
from outreach.errors import Forbidden
from outreach.scope import Role, Scope

APPROVER_ROLES = frozenset({Role.HEADQUARTERS, Role.CENTRE_MANAGER, Role.PROMOTION})


def wrote_audience(session: Session, audience_id: int | None, user_id: int | None) -> bool:
    """Whether a person chose whom it goes to."""
    edits = audit.history(session, "audience", audience_id) if audience_id else []
    return any(record.user_id == user_id for record in edits)


def require_second_person(scope: Scope, *, wrote: bool) -> None:
    """Raises Forbidden to anyone who may not approve: by role, or for having written in it."""
    if scope.role not in APPROVER_ROLES:
        raise Forbidden("승인은 센터 관리자·본부·홍보담당만 할 수 있습니다.")
    if wrote:
        raise Forbidden(
            "내용이나 수신 대상을 작성하거나 고친 사람은 승인할 수 없습니다. 다른 담당자에게 승인을 요청해 주세요."
        )
