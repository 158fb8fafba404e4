"""A paused mailing goes on with something else in the place of what was taken down: another case, material or
programme is put in, and a second person approves the mail anew. Whoever has it keeps what they got."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery import lawful, takedown
from campaigns.mailings import service as mailings
from campaigns.mailings.compose import Composed, compose
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.mailings.second_person import require_second_person
from campaigns.mailings.service import Setting
from cases.library.models import Case
from cases.library.rules import Outlet
from cases.library.service import current_versions, showable
from cases.materials import service as materials
from cases.materials.models import Material
from outreach.audit.service import Actor, record_change
from outreach.clock import kst_today
from outreach.errors import Conflict, Invalid
from outreach.scope import Scope
from outreach.wording import Text


def waits_for_approval(mailing: Mailing) -> bool:
    """Whether something was put into a paused mailing that nobody has approved yet."""
    return mailing.state is MailingState.PAUSED and mailing.approved_hash is None


def choices(session: Session, mailing: Mailing, key: str, now: datetime) -> list[tuple[int, str]]:
    """(id, name) of what may stand in a block in place of what is gone; ``key`` of the block names it. What belongs to
    the campaign's centre stands first."""
    centre_id, today = mailing.campaign.centre_id, kst_today(now)
    if key == "case_id":
        cases = sa.select(Case).where(showable(today, Outlet.MAIL)).order_by(
            sa.func.coalesce(Case.centre_id, 0) != (centre_id or 0), Case.headline
        )
        return [(row.id, f"{row.headline} ({row.display_name})") for row in session.scalars(cases)]
    if key == "version_id":
        return [(row.id, row.programme.name_ko) for row in current_versions(session, today)]
    query = sa.select(Material).order_by(Material.title)
    if centre_id is not None:
        query = query.where(sa.or_(Material.centre_id == centre_id, Material.centre_id.is_(None)))
    return [(row.id, row.title) for row in session.scalars(query) if materials.given_edition(row, today)]


def replace(
    session: Session, actor: Actor, mailing: Mailing, place: int, row_id: int, *, now: datetime
) -> None:
    """Put the record ``row_id`` into the block at ``place`` (from 1), whose own is gone. The approval is void until
    someone else gives it anew. Raises Conflict, Invalid."""
    found = next((row for row in takedown.gone(session, mailing, kst_today(now)) if row.place == place), None)
    if mailing.state is not MailingState.PAUSED or found is None:
        raise Conflict("그 사이 바뀌었습니다. 화면을 새로 고쳐 확인해 주세요.")
    name = dict(choices(session, mailing, found.key, now)).get(row_id)
    if name is None:
        raise Invalid("바꿀 것을 목록에서 골라 주세요.", fields={"row_id": "목록에서 골라 주세요."})
    blocks = [dict(block) for block in mailing.blocks]
    blocks[place - 1][found.key] = row_id
    mailing.blocks, mailing.approved_hash, mailing.updated_at = blocks, None, now
    mailings.note_editor(session, mailing, actor, now)
    changes = {"blocks": (found.title, name), "sent": (None, takedown.sent(session, mailing.id))}
    record_change(session, actor, "mailing", mailing.id, "replace", changes, now=now)
    session.flush()


def composed_anew(session: Session, mailing: Mailing, setting: Setting) -> Composed:
    """The mail with what was put in. Raises Invalid where it may not be shown."""
    return compose(session, setting.env, mailing, setting.addresses, kst_today(setting.now))


def approve(
    session: Session, scope: Scope, actor: Actor, mailing: Mailing, setting: Setting, *, content_hash: str
) -> None:
    """Approve the mail as it now is; the recipients stay those that were written down. It goes on when someone says
    so. Raises Forbidden to whoever wrote in it, Conflict if it changed since it was looked at or a gate is shut,
    Invalid."""
    if not waits_for_approval(mailing):
        raise Conflict("그 사이 바뀌었습니다. 화면을 새로 고쳐 확인해 주세요.")
    require_second_person(scope, wrote=mailings.wrote_in(session, mailing, actor.user_id))
    composed = composed_anew(session, mailing, setting)
    if mailings.fingerprint_of(mailing, composed) != content_hash:
        raise Conflict("확인한 뒤에 내용이나 수신 대상이 바뀌었습니다. 다시 확인하고 승인해 주세요.")
    mailing.compiled = composed.to_json()
    if found := lawful.obstacles(session, mailing, now=setting.now):
        raise Conflict(Text.joined([Text("아직 보낼 수 없습니다."), *found]))
    for link, (url, label) in zip(mailing.links, composed.links, strict=True):
        link.url, link.label = url, label  # those in mails that have left lead there, too
    mailing.approved_hash, mailing.approved_at, mailing.approved_by = content_hash, setting.now, actor.user_id
    record_change(session, actor, "mailing", mailing.id, "reapprove", {"approved": (None, True)}, now=setting.now)
    session.flush()


def require_whole(session: Session, mailing: Mailing, now: datetime) -> None:
    """Raises Conflict for a mailing that may not go on as it stands."""
    if waits_for_approval(mailing):
        raise Conflict("바꾼 내용을 다른 담당자가 승인해야 이어서 보낼 수 있습니다.")
    if found := takedown.gone(session, mailing, kst_today(now)):
        raise Conflict(Text.joined([found[0].why, Text("다른 것으로 바꾸거나 발송을 취소해 주세요.")]))


#: What the page of a mailing tells that something was taken out of.
Told = dict[str, Any]


def told(session: Session, mailing: Mailing, records: list[Any], accepted: int, now: datetime) -> Told:
    """For the mailing's page: ``gone`` with the choices for each, ``waiting`` for approval, and the numbers: ``before``
    had been written down as sent when it was stopped, ``close`` belonged to the batches under way just then; ``old``
    had gone out when something else was put in, ``new`` since. None where it never happened."""
    paused = mailing.state is MailingState.PAUSED
    missing = takedown.gone(session, mailing, kst_today(now)) if paused else []
    stopped = next((row for row in records if row.action == "state" and "sent" in row.changes), None)
    swapped = next((row for row in records if row.action == "replace"), None)
    before = stopped.changes["sent"][1] if stopped else None
    old = swapped.changes["sent"][1] if swapped else None
    if swapped and stopped and stopped.at > swapped.at:
        old = None  # stopped once more since
    return {
        "gone": [(row, choices(session, mailing, row.key, now)) for row in missing],
        "waiting": waits_for_approval(mailing), "before": before, "old": old,
        "close": (accepted if old is None else old) - before if before is not None else None,
        "new": accepted - old if old is not None else None,
    }
