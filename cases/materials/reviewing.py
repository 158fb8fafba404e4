"""A second person's work: which editions wait for it, who can be asked for it, what came back to its maker."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from cases.materials import service
from cases.materials.models import Edition
from cases.materials.rules import KIND_LABELS, EditionState
from outreach.accounts.models import User
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Conflict, Invalid
from outreach.mail import outbox
from outreach.scope import EDITOR_ROLES, Role, Scope

#: Rows shown on the first page.
SHOWN = 10
_CLOSING = "동행 아웃리치가 자동으로 보낸 알림입니다."


def waiting(session: Session, scope: Scope) -> list[Edition]:
    """Editions that the person may publish or send back: what they themselves were asked for first, then the longest
    waiting."""
    asked = sa.case((Edition.reviewer_id == scope.user_id, 0), else_=1)
    query = _newest(EditionState.READY).where(
        service.visible(scope), Edition.created_by.is_distinct_from(scope.user_id)
    ).order_by(asked, Edition.created_at).limit(5 * SHOWN)
    mine = (edition for edition in session.scalars(query) if service.may_edit(scope, edition.material))
    return [edition for edition in mine if service.may_publish(session, scope.user_id, edition)][:SHOWN]


def returned(session: Session, scope: Scope) -> list[Edition]:
    """Editions of the person's own making that were sent back and not made anew since, the latest first."""
    query = _newest(EditionState.RETURNED).where(service.visible(scope), Edition.created_by == scope.user_id)
    return list(session.scalars(query.order_by(Edition.id.desc()).limit(SHOWN)))


def _newest(state: EditionState) -> sa.Select[tuple[Edition]]:
    """The editions in ``state`` of which there is no newer one."""
    newer = sa.orm.aliased(Edition)
    later = sa.exists().where(newer.material_id == Edition.material_id, newer.number > Edition.number)
    return (
        sa.select(Edition).join(Edition.material).where(Edition.state == state, ~later)
        .options(contains_eager(Edition.material))
    )


def reviewers(session: Session, edition: Edition) -> list[User]:
    """Who may publish it and did not write it: colleagues of its centre first, then headquarters', by name."""
    own = User.centre_id.is_not_distinct_from(edition.material.centre_id)
    query = sa.select(User).where(
        User.active, User.role.in_(EDITOR_ROLES), sa.or_(own, User.role == Role.HEADQUARTERS)
    )
    people = session.scalars(query.order_by(sa.case((own, 0), else_=1), User.name))
    return [person for person in people if service.may_publish(session, person.id, edition)]


def ask(
    session: Session, actor: Actor, edition: Edition, person_id: int | None, *, base_url: str, now: datetime
) -> User:
    """Ask a colleague to review the edition: it stands first on their page, and they get a mail. Asked again, there is
    no second mail to the same person. Raises Conflict, Invalid."""
    if edition.state is not EditionState.READY:
        raise Conflict("검토를 기다리는 판이 아닙니다.")
    person = next((person for person in reviewers(session, edition) if person.id == person_id), None)
    if person is None:
        raise Invalid("검토할 사람을 목록에서 골라 주세요.", fields={"reviewer": "목록에서 골라 주세요."})
    edition.reviewer_id, edition.review_asked_at = person.id, now
    change = {"edition": (None, edition.number), "reviewer": (None, person.name)}
    audit.record_change(session, actor, "material", edition.material_id, "ask_review", change, now=now)
    title, kind = " ".join(edition.material.title.split()), KIND_LABELS[edition.material.kind]
    outbox.enqueue(
        session, key=f"material-review:{edition.id}:{person.id}", to_address=person.email, to_name=person.name,
        subject=f"[동행 아웃리치] ‘{title}’ 검토를 부탁드립니다",
        text=(
            f"{person.name}님, 안녕하세요.\n\n{kind} ‘{title}’ {service.printed_number(edition)}의 검토를 "
            "부탁받으셨습니다. 쪽과 확인할 점을 읽고 게시하거나, 고칠 곳을 적어 돌려보내 주세요.\n\n"
            f"검토하기: {base_url}/materials/{edition.material_id}\n\n{_CLOSING}"
        ), now=now,
    )
    session.flush()
    return person
