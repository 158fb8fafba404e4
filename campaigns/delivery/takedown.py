"""A mailing under way stops the moment something it shows is taken down: a case whose company withdrew its consent, a
material that is given out no more, a programme that has ended.

The pause is written within the unit of work that takes it down, whichever page, job or command that is: a listener
looks at what was flushed, so no verb of the areas below has to know of mailings. What no unit of work announces (a day
that passes, a mailing started at the same instant) the engine finds before each batch. Workers see the pause before
their next write (campaigns.delivery.watch)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from cases.blocks import cards
from cases.library.models import Case, CasePhoto
from cases.library.rules import Outlet
from cases.library.service import showable
from cases.materials import service as materials
from cases.materials.models import Edition, Material
from outreach.audit.service import SERVICE, record_change
from outreach.clock import kst_today
from outreach.db import db
from outreach.programmes.models import ProgrammeVersion
from outreach.programmes.rules import ENDED
from outreach.wording import Text

log = structlog.get_logger()

#: An edit of any of these may take something down.
_SHOWN = (Case, CasePhoto, Edition, Material, ProgrammeVersion)
_TOUCHED = "campaigns.delivery.takedown"


@dataclass(frozen=True, slots=True)
class Gone:
    """What the block at ``place`` (from 1) shows and may no longer: ``key`` of the block names the record."""

    place: int
    key: str
    title: str
    why: Text


def gone(session: Session, mailing: Mailing, today: date) -> list[Gone]:
    """What ``mailing`` shows that may not be shown on ``today``. A programme counts that has ended since the mailing
    was approved; one approved with the warning that it had does not."""
    return [
        found for place, block in enumerate(mailing.blocks, start=1)
        for found in _LOOKS.get(_kind(block), _nothing)(session, mailing, block, place, today)
    ]


def _kind(block: Mapping[str, Any]) -> str:
    return block["target"] if block["kind"] == "button" else block["kind"]


def _nothing(*_asked: Any) -> Iterator[Gone]:
    return iter(())


def _case(
    session: Session, _mailing: Mailing, block: Mapping[str, Any], place: int, today: date
) -> Iterator[Gone]:
    number = block["case_id"]
    if session.scalar(sa.select(Case.id).where(Case.id == number, showable(today, Outlet.MAIL))) is None:
        title = session.scalar(sa.select(Case.headline).where(Case.id == number)) or f"#{number}"
        yield Gone(place, "case_id", title, Text("사례 ‘%(title)s’은(는) 이제 메일에 실을 수 없습니다.", title=title))


def _material(
    session: Session, _mailing: Mailing, block: Mapping[str, Any], place: int, today: date
) -> Iterator[Gone]:
    material = session.get(Material, block["material_id"])
    if material is None or materials.given_edition(material, today) is None:
        title = material.title if material else f"#{block['material_id']}"
        yield Gone(place, "material_id", title, Text("홍보물 ‘%(title)s’은(는) 이제 배포하지 않습니다.", title=title))


def _programme(
    session: Session, mailing: Mailing, block: Mapping[str, Any], place: int, today: date
) -> Iterator[Gone]:
    version = session.get(ProgrammeVersion, block["version_id"])
    if version is None or version.valid_to is None or version.valid_to >= today:
        return
    known = (mailing.compiled or {}).get("warnings", ())
    if not any(said in known for said in cards.programme_warnings(version, today) if said.values["problem"] == ENDED):
        title = version.programme.name_ko
        yield Gone(place, "version_id", title, Text("제도 ‘%(title)s’은(는) 시행이 끝났습니다.", title=title))


_LOOKS: dict[str, Callable[..., Iterator[Gone]]] = {
    "case": _case, "material": _material, "programme": _programme,
}


def stop(session: Session, mailing: Mailing, found: Gone, now: datetime) -> bool:
    """Pause a mailing that is being sent, saying why and how many had gone out. Compare-and-set: of a worker and a
    person's take-down one does it."""
    reason = Text.joined([found.why, Text("그래서 나머지 발송을 멈추었습니다.")])
    stopped = session.execute(
        sa.update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.state == MailingState.SENDING)
        .values(state=MailingState.PAUSED, pause_reason=reason, updated_at=now, version=Mailing.version + 1)
        .execution_options(synchronize_session=False)
    ).rowcount
    session.expire(mailing)
    if not stopped:
        return False
    changes: dict[str, tuple[Any, Any]] = {
        "state": (MailingState.SENDING, MailingState.PAUSED), "comment": (None, str(reason)),
        "sent": (None, sent(session, mailing.id)),
    }
    record_change(session, SERVICE, "mailing", mailing.id, "state", changes, now=now)
    log.warning("mailing.taken_down", mailing=mailing.id, block=found.place, record=found.key, why=str(found.why))
    return True


def sent(session: Session, mailing_id: int) -> int:
    """Recipients whose server has taken the mail, as far as the workers have written it down."""
    query = sa.select(sa.func.count()).select_from(Delivery)
    return session.scalar(query.where(
        Delivery.mailing_id == mailing_id, Delivery.state == DeliveryState.ACCEPTED
    )) or 0


def stop_all(session: Session, now: datetime) -> int:
    """Pause every mailing under way that shows what may no longer be shown; how many."""
    stopped, today = 0, kst_today(now)
    for mailing in session.scalars(sa.select(Mailing).where(Mailing.state == MailingState.SENDING)).all():
        if found := gone(session, mailing, today):
            stopped += stop(session, mailing, found[0], now)
    return stopped


@event.listens_for(db.session, "after_flush")
def _note(session: Session, _context: Any) -> None:
    if any(isinstance(row, _SHOWN) for rows in (session.dirty, session.deleted) for row in rows):
        session.info[_TOUCHED] = True


@event.listens_for(db.session, "before_commit")
def _act(session: Session) -> None:
    """Within the unit of work that is about to be committed."""
    session.flush()  # what nobody flushed would be flushed by the commit, unseen
    if session.info.pop(_TOUCHED, False):
        stop_all(session, current_app.extensions["outreach"].clock.now())
