"""The tray: responses nobody can verify by a link. A person matches each to a company or sets it aside, and
may think again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from campaigns.responses import queries
from campaigns.responses.models import Response
from campaigns.responses.rules import WORK_ROLES, ResponseState
from campaigns.responses.service import source, verify
from outreach.audit.service import Actor
from outreach.companies import search
from outreach.companies import service as companies
from outreach.companies.models import Company, Workplace
from outreach.companies.search import CompanyFilter
from outreach.errors import Conflict, Forbidden, Invalid
from outreach.leads import service as leads
from outreach.regions.models import Centre
from outreach.scope import Scope

CANDIDATES = 20


def candidates(session: Session, scope: Scope, text: str) -> Sequence[Workplace]:
    """Workplaces within reach whose company has this name (in part), business number or phone."""
    if not text.strip():
        return ()
    found = search.matching(scope, CompanyFilter(text=text)).limit(CANDIDATES).subquery()
    query = (
        sa.select(Workplace)
        .join(Workplace.company)
        .where(Workplace.company_id.in_(sa.select(found.c.id)), *search.reach(scope))
        .options(sa.orm.contains_eager(Workplace.company), joinedload(Workplace.centre))
        .order_by(Company.name, Workplace.id)
    )
    return session.scalars(query.limit(CANDIDATES)).unique().all()


def suggestions(session: Session, scope: Scope, response: Response) -> Sequence[Workplace]:
    """The likely workplaces of a response: by its business number, else by its company's name."""
    by_number = candidates(session, scope, response.business_number or "")
    return by_number or candidates(session, scope, response.company_name)


def confirm(
    session: Session, scope: Scope, response_id: int, workplace_id: int, *, now: datetime, base_url: str
) -> Response:
    """The response is of this workplace: it opens or updates the company's lead. Raises Conflict if someone
    has decided meanwhile."""
    response = _waiting(session, scope, response_id)
    workplace = search.get_workplace(session, scope, workplace_id)
    verify(session, response, workplace, now=now, base_url=base_url)
    return _decided(session, scope, response, now)


def confirm_as_new(
    session: Session, scope: Scope, actor: Actor, response_id: int, given: dict[str, Any], *, now: datetime,
    base_url: str,
) -> Response:
    """Enter the company with what is known (``given``: name, business_number, address, phone) and confirm.
    Raises Invalid, Forbidden, and Conflict if the company is there already."""
    response = _waiting(session, scope, response_id)
    facts = {key: given.get(key) for key in ("name", "business_number")}
    place = {key: given.get(key) for key in ("address", "phone")}
    company = companies.create(session, scope, actor, facts, place, now=now)
    verify(session, response, company.workplaces[0], now=now, base_url=base_url)
    return _decided(session, scope, response, now)


def home_centre(session: Session, response: Response) -> int | None:
    """The centre that answers for the company with the response's business number; None if nobody knows."""
    if not response.business_number:
        return None
    query = sa.select(Workplace.centre_id).join(Workplace.company)
    query = query.where(Company.business_number == response.business_number, Workplace.centre_id.is_not(None))
    return session.scalar(query.order_by(Workplace.is_head.desc(), Workplace.id).limit(1))


def hand_over(session: Session, scope: Scope, response_id: int, centre_id: int, *, now: datetime) -> Response:
    """The company is another centre's: the response waits in that centre's tray from now on, and says who had it."""
    response = _waiting(session, scope, response_id)
    centre = session.get(Centre, centre_id)
    if centre is None or centre.id == response.centre_id:
        raise Invalid("넘겨받을 센터를 골라 주세요.", fields={"centre_id": "필수"})
    before = session.get(Centre, response.centre_id) if response.centre_id else None
    names = [*response.details.get("handed_over_by", []), before.name_ko if before else "-"]
    response.details = {**response.details, "handed_over_by": names}
    response.centre_id = centre.id
    return _decided(session, scope, response, now)


def dismiss(session: Session, scope: Scope, response_id: int, reason: str, *, now: datetime) -> Response:
    """Set a response aside (a joke, a double, a mistake); what it did to a lead is undone."""
    response = _editable(session, scope, response_id)
    if response.state is ResponseState.DISMISSED:
        raise Conflict("이미 제외한 응답입니다.")
    if not reason.strip():
        raise Invalid("제외하는 까닭을 적어 주세요.", fields={"reason": "필수"})
    if response.state is ResponseState.VERIFIED:
        leads.retract(session, source(response), now=now)
        response.lead = None
    response.state = ResponseState.DISMISSED
    response.details = {**response.details, "reason": reason.strip()[:200]}
    return _decided(session, scope, response, now)


def restore(session: Session, scope: Scope, response_id: int, *, now: datetime) -> Response:
    """Put a response that was set aside back into the tray."""
    response = _editable(session, scope, response_id)
    if response.state is not ResponseState.DISMISSED:
        raise Conflict("제외한 응답만 되돌릴 수 있습니다.")
    response.state = ResponseState.UNVERIFIED
    return _decided(session, scope, response, now)


def _editable(session: Session, scope: Scope, response_id: int) -> Response:
    if scope.role not in WORK_ROLES:
        raise Forbidden("응답은 센터 업무 담당자가 처리합니다.")
    return queries.get(session, scope, response_id, lock=True)


def _waiting(session: Session, scope: Scope, response_id: int) -> Response:
    response = _editable(session, scope, response_id)
    if response.state is not ResponseState.UNVERIFIED:
        raise Conflict("그 사이 다른 사람이 이 응답을 처리했습니다.")
    return response


def _decided(session: Session, scope: Scope, response: Response, now: datetime) -> Response:
    response.decided_by, response.decided_at = scope.user_id, now
    session.flush()
    return response
