"""The company's consent after publication: what ends soon, what has ended, and taking a case down when it asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from cases.library import photos, service
from cases.library.models import Case, CasePhoto
from cases.library.rules import CaseState, ConsentScope
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.clock import kst_today
from outreach.errors import Forbidden, Invalid
from outreach.scope import Scope

#: Days ahead that the list looks, and the nearer mark in it.
AHEAD, SOON = 60, 30


@dataclass(frozen=True, slots=True)
class Ending:
    """A published case whose consent, or a picture of which, ends: on ``day``. ``photo``: the picture, None if it is
    the consent itself."""

    case: Case
    day: date
    photo: CasePhoto | None = None

    def left(self, today: date) -> int:
        """Days until then; below 0 it is over."""
        return (self.day - today).days


def endings(session: Session, scope: Scope, today: date, *, ahead: int = AHEAD) -> list[Ending]:
    """What has ended or ends within ``ahead`` days among the published cases the person may write, the first first."""
    until = today + timedelta(days=ahead)
    query = _published(scope).options(
        joinedload(Case.centre), joinedload(Case.company), selectinload(Case.photos)
    )
    found = [
        Ending(case, case.consent_until) for case in session.scalars(query.where(Case.consent_until <= until))
        if case.consent_until is not None
    ]
    found += [
        Ending(case, photo.rights_until, photo) for case in session.scalars(photos.expiring(query, until))
        for photo in case.photos if photo.rights_until is not None and photo.rights_until <= until
    ]
    return sorted(found, key=lambda ending: (ending.day, ending.case.id))


def _published(scope: Scope) -> sa.Select[tuple[Case]]:
    query = sa.select(Case).where(Case.state == CaseState.PUBLISHED)
    return query if scope.centre_id is None else query.where(Case.centre_id == scope.centre_id)


def counts(session: Session, scope: Scope, today: date) -> tuple[int, int]:
    """How many of them have ended, and how many end within SOON days."""
    found = endings(session, scope, today, ahead=SOON)
    over = sum(ending.day < today for ending in found)
    return over, len(found) - over


def take_down(
    session: Session, scope: Scope, actor: Actor, case: Case, *, reason: str, asked_on: date, asked_by: str,
    now: datetime,
) -> None:
    """The company wants it gone: withdrawn at once, from any state, by whoever of its centre hears of it. Its consent
    is taken back with it, so nothing made of the case is given out any more and it can't be published again without a
    new one. Raises Forbidden, Invalid."""
    if not service.may_write(scope, case):
        raise Forbidden("이 사례는 담당 센터나 본부에서 내립니다.")
    if not reason.strip():
        raise Invalid("회사가 내려 달라고 한 까닭을 적어 주세요.", fields={"reason": "필수"})
    if asked_on > kst_today(now):
        raise Invalid("요청받은 날이 오늘보다 뒤입니다.", fields={"asked_on": "오늘까지"})
    changes = audit.apply_changes(case, {"consent_scope": ConsentScope.NONE, "outlets": [], "consent_until": asked_on})
    service.enter(case, CaseState.WITHDRAWN, reason=reason.strip(), now=now)
    case.taken_down = True
    session.flush()
    told = {"reason": (None, reason.strip()), "asked_on": (None, asked_on), "asked_by": (None, asked_by.strip())}
    audit.record_change(session, actor, "case", case.id, "take_down", changes | told, now=now)
