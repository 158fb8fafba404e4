"""Letters that came back, entered by scanning their code; and who wants no letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.post.models import PostItem, PostObjection, PostRun
from campaigns.post.rules import (
    MOVES,
    REASON_LABELS,
    ItemState,
    Objection,
    ReturnReason,
    RunState,
    read_code,
    shown_code,
)
from outreach.audit.service import Actor, record_change
from outreach.companies.models import Company, Workplace
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.links import read_letter
from outreach.scope import EDITOR_ROLES, Scope
from outreach.signing import BadToken, Signer
from outreach.wording import Text

RECENT = 20


def visible(scope: Scope) -> sa.Select[tuple[PostItem]]:
    """The letters of campaigns the person may change."""
    if scope.role not in EDITOR_ROLES:
        raise Forbidden("되돌아온 편지는 캠페인을 맡은 센터와 본부 담당자가 넣습니다.")
    query = sa.select(PostItem).join(PostRun, PostRun.id == PostItem.run_id)
    query = query.where(PostRun.campaign_id.in_(planning.visible(scope).with_only_columns(Campaign.id)))
    if scope.centre_id is None:
        return query
    own = sa.select(Campaign.id).where(Campaign.centre_id == scope.centre_id)
    return query.where(PostRun.campaign_id.in_(own))


def scan(
    session: Session, scope: Scope, actor: Actor, signer: Signer, text: str, reason: ReturnReason, *, now: datetime
) -> PostItem:
    """The letter whose code was read came back for ``reason``: its state, and what follows for the address.

    :param text: the bar code's digits, typed or scanned, or the address behind the letter's QR code.
    :raises Invalid: no code of ours, damaged or mistyped.
    :raises NotFound: no letter of the person's campaigns.
    :raises Conflict: it was entered before.
    """
    item = _found(session, scope, signer, text)
    if item.state is ItemState.RETURNED:
        raise Conflict(Text(
            "이미 반송으로 넣은 편지입니다: %(code)s %(name)s (%(reason)s)", code=shown_code(item.code), name=item.name,
            reason=Text(REASON_LABELS[item.returned_reason]),
        ))
    _move(item, ItemState.RETURNED)
    item.returned_at, item.returned_by, item.returned_reason = now, actor.user_id, reason
    if reason is ReturnReason.REFUSED:
        object_to(session, item, Objection.REFUSED, now=now, user_id=actor.user_id)
    session.flush()
    _note(session, actor, item, "post_returned", (None, REASON_LABELS[reason]), now)
    return item


def undo(session: Session, scope: Scope, actor: Actor, item_id: int, *, now: datetime) -> PostItem:
    """It did not come back after all: a wrong letter was scanned, or with a wrong reason. What followed from it is
    taken back, too. Raises NotFound, Conflict."""
    item = session.scalar(visible(scope).where(PostItem.id == item_id))
    if item is None:
        raise NotFound("그런 편지가 없습니다.")
    if item.state is not ItemState.RETURNED:
        raise Conflict("반송으로 넣은 편지가 아닙니다.")
    before = item.returned_reason
    if item.answered_at is not None:
        _move(item, ItemState.ANSWERED)
    else:
        _move(item, ItemState.POSTED if item.run.state is RunState.POSTED else ItemState.MADE)
    item.returned_at = item.returned_by = item.returned_reason = None
    if before is ReturnReason.REFUSED:
        session.execute(sa.delete(PostObjection).where(
            PostObjection.source == _source(item), PostObjection.kind == Objection.REFUSED
        ))
    session.flush()
    _note(session, actor, item, "post_returned_undo", (REASON_LABELS[before] if before else None, None), now)
    return item


def recent(session: Session, scope: Scope) -> Sequence[PostItem]:
    """The letters the person has entered lately, the last one first."""
    query = visible(scope).where(PostItem.returned_by == scope.user_id, PostItem.state == ItemState.RETURNED)
    return session.scalars(query.order_by(PostItem.returned_at.desc(), PostItem.id.desc()).limit(RECENT)).all()


# -- wanting no letters ---------------------------------------------------------------------------------------


def object_to(
    session: Session, item: PostItem, kind: Objection, *, now: datetime, user_id: int | None = None
) -> PostObjection:
    """No more letters to the company of ``item``; once more changes nothing."""
    name_key, address_key = _keys(session, item)
    query = sa.select(PostObjection).where(
        PostObjection.name_key == name_key, PostObjection.address_key == address_key
    )
    found = session.scalar(query)
    if found is not None:
        return found
    row = PostObjection(
        company_id=item.company_id, name_key=name_key, address_key=address_key, kind=kind, source=_source(item),
        created_at=now, created_by=user_id,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another press was first
        return session.scalars(query).one()
    return row


def objection_of(session: Session, item: PostItem) -> PostObjection | None:
    """The wish of the company of ``item`` to get no letters, if it has one."""
    name_key, address_key = _keys(session, item)
    same = sa.and_(PostObjection.name_key == name_key, PostObjection.address_key == address_key)
    if item.company_id is not None:
        same = sa.or_(same, PostObjection.company_id == item.company_id)
    return session.scalar(sa.select(PostObjection).where(same).limit(1))


def _keys(session: Session, item: PostItem) -> tuple[str, str]:
    """Name and address as they are compared: those printed, or, where these were erased, the company's own. A letter
    that has neither any more stands for itself."""
    if item.address_key:
        return item.name_key, item.address_key
    company = session.get(Company, item.company_id) if item.company_id else None
    place = session.get(Workplace, item.workplace_id) if item.workplace_id else None
    address = (place.address_key or place.address) if place else ""
    return (company.name_key, address) if company and address else (_source(item), "")


def objection_of_company(session: Session, company: Company) -> PostObjection | None:
    """The same, for a company's page."""
    keys = [(place.address_key or place.address) for place in company.workplaces]
    same = sa.and_(PostObjection.name_key == company.name_key, PostObjection.address_key.in_(keys))
    query = sa.select(PostObjection).where(sa.or_(PostObjection.company_id == company.id, same))
    return session.scalar(query.order_by(PostObjection.id).limit(1))


def lift(session: Session, actor: Actor, company: Company, reason: str, *, now: datetime) -> None:
    """The company wants letters again. Raises Invalid without a reason, Conflict if nothing stands."""
    if not reason.strip():
        text = "우편 수신거부를 해제하는 까닭을 적어 주세요."
        raise Invalid(text, fields={"reason": text})
    row = objection_of_company(session, company)
    if row is None:
        raise Conflict("우편 수신거부가 없습니다. 이미 해제되었을 수 있습니다.")
    changes = {"post": (row.kind.value, None), "reason": (None, reason.strip()[:200])}
    record_change(session, actor, "company", company.id, "post_lift", changes, now=now)
    session.delete(row)
    session.flush()


def _source(item: PostItem) -> str:
    return f"post:{item.id}"


def _found(session: Session, scope: Scope, signer: Signer, text: str) -> PostItem:
    text = text.strip()
    if "/p/" in text:
        try:
            wanted = PostItem.id == read_letter(signer, text.rpartition("/p/")[2].partition("/")[0])
        except (BadToken, OverflowError) as error:
            raise Invalid("우리 편지의 QR 코드가 아닙니다.", fields={"code": "다른 QR"}) from error
    else:
        code = read_code(text)
        if code is None:
            message = "편지의 코드가 아니거나 잘못 읽었습니다. 숫자 12자리를 다시 스캔하거나 입력해 주세요."
            raise Invalid(message, fields={"code": message})
        wanted = PostItem.code == code
    item = session.scalar(visible(scope).where(wanted))
    if item is None:
        raise NotFound("이 코드의 편지가 없습니다. 다른 센터의 편지이거나 다른 기관의 코드입니다.")
    return item


def _move(item: PostItem, to: ItemState) -> None:
    if to not in MOVES[item.state]:
        raise Conflict("그 사이 이 편지의 상태가 바뀌었습니다. 화면을 새로 고쳐 주세요.")
    item.state = to


def _note(
    session: Session, actor: Actor, item: PostItem, action: str, change: tuple[str | None, str | None], now: datetime
) -> None:
    """In the company's own history: there a planner looks for why an address is doubted."""
    if item.company_id is None:
        return
    place = session.get(Workplace, item.workplace_id) if item.workplace_id else None
    changes = {"post": change} if place is None else {"workplace": (None, place.name or item.name), "post": change}
    record_change(session, actor, "company", item.company_id, action, changes, now=now)
