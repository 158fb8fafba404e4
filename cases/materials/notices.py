"""Telling those who downloaded an edition that another one replaced it, or that it is no longer given out: once a
person and edition, in the portal and by mail, the mail unless they want none. That a material is gone stands in the
portal of those, too, who could have had it and never took it.

The mails are Korean, whoever caused them, as all that leaves the house by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from cases.materials import service
from cases.materials.models import Download, Edition, Material, MaterialGrant
from cases.materials.rules import NoticeKind
from cases.materials.share_models import MaterialMailRefusal, MaterialNotice
from outreach.accounts.models import User
from outreach.mail import outbox
from outreach.scope import Role

#: People told in one unit of work, which must be short.
AT_ONCE = 100
#: Other materials named in place of one that is withdrawn.
ALTERNATIVES = 3
_CLOSING = (
    "동행 아웃리치가 자동으로 보낸 알림입니다. 자료실의 ‘알림 메일 받지 않기’를 누르시면 다음부터 메일을 보내지 "
    "않습니다."
)


def announce(session: Session, edition_id: int, kind: NoticeKind, *, base_url: str, now: datetime) -> int:
    """Tell the next AT_ONCE of those concerned; those who were told before are not told again. How many were told
    now: call it again until it is 0."""
    edition = session.get_one(Edition, edition_id)
    people = _concerned(session, edition, kind)
    silent = set(session.scalars(sa.select(MaterialMailRefusal.user_id)))
    have = set(session.scalars(_have(edition, kind)))
    others = _alternatives(session, edition.material, {person.organisation_id for person in people})
    for person in people:
        session.add(MaterialNotice(kind=kind, edition_id=edition.id, user_id=person.id, created_at=now))
        if person.id in have - silent:
            _mail(session, person, edition, kind, others.get(person.organisation_id, []), base_url, now)
    session.flush()
    return len(people)


def _concerned(session: Session, edition: Edition, kind: NoticeKind) -> list[User]:
    """People of partners who downloaded what is now old, not told yet. A newer edition is only for those who may
    still have it; a withdrawal is for all who hold copies or could have them."""
    told = sa.select(MaterialNotice.user_id).where(
        MaterialNotice.edition_id == edition.id, MaterialNotice.kind == kind
    )
    has, may = User.id.in_(_have(edition, kind)), User.organisation_id.in_(
        sa.select(MaterialGrant.organisation_id).where(MaterialGrant.material_id == edition.material_id)
    )
    concerned = sa.and_(has, may) if kind is NoticeKind.RENEWED else sa.or_(has, may)
    query = sa.select(User).where(User.role == Role.PARTNER, User.active, concerned, User.id.not_in(told))
    return list(session.scalars(query.order_by(User.id).limit(AT_ONCE)))


def _have(edition: Edition, kind: NoticeKind) -> sa.Select[tuple[int | None]]:
    """Ids of those who downloaded what is now old."""
    newest = edition.number if kind is NoticeKind.WITHDRAWN else edition.number - 1
    return (
        sa.select(Download.user_id).join(Edition, Edition.id == Download.edition_id)
        .where(Edition.material_id == edition.material_id, Edition.number <= newest, Download.user_id.is_not(None))
    )


def _alternatives(
    session: Session, material: Material, organisation_ids: Collection[int | None]
) -> dict[int | None, list[Material]]:
    """By partner, what it may have in place of ``material``: of those offered only what it was granted."""
    offered = service.alternatives(session, material, limit=50)
    grants = {tuple(row) for row in session.execute(
        sa.select(MaterialGrant.organisation_id, MaterialGrant.material_id).where(
            MaterialGrant.organisation_id.in_(organisation_ids),
            MaterialGrant.material_id.in_([row.id for row in offered]),
        )
    )}
    return {
        organisation_id: [row for row in offered if (organisation_id, row.id) in grants][:ALTERNATIVES]
        for organisation_id in organisation_ids
    }


def _mail(
    session: Session, person: User, edition: Edition, kind: NoticeKind, others: Sequence[Material], base_url: str,
    now: datetime,
) -> None:
    title, number = " ".join(edition.material.title.split()), service.printed_number(edition)
    if kind is NoticeKind.RENEWED:
        subject = f"[동행 아웃리치] ‘{title}’의 새 판({number})이 나왔습니다"
        text = (
            f"내려받으신 ‘{title}’의 {number}이 게시되었습니다. 갖고 계신 앞 판은 더는 나누어 주지 마시고 새 판으로 "
            f"바꾸어 주세요.\n\n새 판 보기: {base_url}/portal/materials/{edition.material_id}"
        )
    else:
        subject = f"[동행 아웃리치] ‘{title}’의 배포를 중단했습니다"
        instead = "\n".join(f"- {' '.join(row.title.split())}: {base_url}/portal/materials/{row.id}" for row in others)
        reason = edition.withdrawn_for or "내용이 바뀌었거나 기간이 끝났습니다."
        text = (
            f"내려받으신 ‘{title}’({number})의 배포를 중단했습니다. 갖고 계신 파일과 인쇄물을 더는 나누어 주지 "
            f"마시고, 누리집에 올리셨다면 내려 주세요.\n\n까닭: {reason}\n\n"
            + (f"대신 쓰실 수 있는 자료\n{instead}" if instead else f"지금 쓰실 수 있는 자료: {base_url}/portal/")
        )
    outbox.enqueue(
        session, key=f"material-{kind.value}:{edition.id}:{person.id}", to_address=person.email, to_name=person.name,
        subject=subject, text=f"{person.name}님, 안녕하세요.\n\n{text}\n\n{_CLOSING}", now=now,
    )


def unread(session: Session, user_id: int) -> list[MaterialNotice]:
    """What a person has not put away yet, newest first."""
    query = (
        sa.select(MaterialNotice).where(MaterialNotice.user_id == user_id, MaterialNotice.read_at.is_(None))
        .options(joinedload(MaterialNotice.edition).joinedload(Edition.material)).order_by(MaterialNotice.id.desc())
    )
    return list(session.scalars(query))


def put_away(session: Session, user_id: int, *, now: datetime) -> None:
    """The person has read all their notices."""
    session.execute(
        sa.update(MaterialNotice).where(MaterialNotice.user_id == user_id, MaterialNotice.read_at.is_(None))
        .values(read_at=now)
    )


def wants_mail(session: Session, user_id: int) -> bool:
    """Whether the person gets mails about materials."""
    return session.scalar(sa.select(MaterialMailRefusal.id).filter_by(user_id=user_id)) is None


def choose_mail(session: Session, user_id: int, wanted: bool, *, now: datetime) -> None:
    """Let the person get mails about materials, or none."""
    session.execute(sa.delete(MaterialMailRefusal).where(MaterialMailRefusal.user_id == user_id))
    if not wanted:
        session.add(MaterialMailRefusal(user_id=user_id, at=now))
    session.flush()
