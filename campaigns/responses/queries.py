"""Reading responses: what a person may see, lists and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from campaigns.planning import service as planning
from campaigns.planning.models import Campaign
from campaigns.responses.models import Response
from campaigns.responses.rules import VIEW_ROLES, Channel, ResponseState
from outreach.clock import kst_midnight, kst_today
from outreach.errors import Forbidden, NotFound
from outreach.leads.models import Lead
from outreach.leads.rules import Want
from outreach.scope import Role, Scope


@dataclass(frozen=True, slots=True)
class ResponseFilter:
    """Conditions over a list; '' and None ask nothing. ``since`` and ``until`` are Korean days, both
    included; ``text`` is part of the company's name, or its business number."""

    state: str = ""
    channel: str = ""
    want: str = ""
    campaign_id: int | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""


def visible(scope: Scope) -> sa.Select[tuple[Response]]:
    """The responses ``scope`` may see: the centre's, a planner also those of leads given to them. Raises
    Forbidden for partners, who see counts only."""
    if scope.role not in VIEW_ROLES:
        raise Forbidden("응답은 센터 업무 담당자만 볼 수 있습니다.")
    query = sa.select(Response)
    if scope.sees_all_centres:
        return query
    reach = Response.centre_id == scope.centre_id
    if scope.role is Role.PLANNER:
        reach |= Response.lead_id.in_(sa.select(Lead.id).where(Lead.planner_id == scope.user_id))
    return query.where(reach)


def get(session: Session, scope: Scope, response_id: int, *, lock: bool = False) -> Response:
    """The response, read afresh. Raises NotFound outside ``scope``. ``lock``: for a decision."""
    query = visible(scope).where(Response.id == response_id).execution_options(populate_existing=True)
    response = session.scalar(query.with_for_update(of=Response) if lock else query)
    if response is None:
        raise NotFound("응답이 없거나 다른 센터의 응답입니다.")
    return response


def matching(scope: Scope, asked: ResponseFilter) -> sa.Select[tuple[Response]]:
    """The visible responses that satisfy ``asked``, newest first, with what a row shows loaded."""
    query = visible(scope)
    if asked.state in set(ResponseState):
        query = query.where(Response.state == ResponseState(asked.state))
    if asked.channel in set(Channel):
        query = query.where(Response.channel == Channel(asked.channel))
    if asked.want in set(Want):  # the list is stored as JSON text, one word in quotes each
        query = query.where(sa.cast(Response.wants, sa.Text).contains(f'"{asked.want}"'))
    if asked.campaign_id is not None:
        query = query.where(Response.campaign_id == asked.campaign_id)
    if asked.since is not None:
        query = query.where(Response.at >= kst_midnight(asked.since))
    if asked.until is not None:
        query = query.where(Response.at < kst_midnight(asked.until + timedelta(days=1)))
    if asked.text:
        query = query.where(Response.id.in_(_naming(asked.text)))
    return query.order_by(Response.at.desc(), Response.id.desc()).options(
        joinedload(Response.campaign), joinedload(Response.lead)
    )


def _naming(text: str) -> sa.Select[tuple[int]]:
    """Ids of the responses whose company has ``text`` in its name or as its number. Asked for apart, they are found in
    one pass; within the list, rows would be fetched one by one in the list's order until enough are found."""
    row, digits = sa.orm.aliased(Response), text.replace("-", "")
    named = row.company_name.contains(text, autoescape=True)
    return sa.select(row.id).where(named | (row.business_number == digits) if digits.isdigit() else named)


def count_waiting(session: Session, scope: Scope) -> int:
    """How many lie in the tray."""
    waiting = visible(scope).where(Response.state == ResponseState.UNVERIFIED)
    return session.scalar(waiting.with_only_columns(sa.func.count())) or 0


def counts_since(session: Session, scope: Scope, since: datetime) -> tuple[int, int]:
    """Responses since then that were not set aside: all, and verified ones."""
    kept = visible(scope).where(Response.at >= since, Response.state != ResponseState.DISMISSED)
    verified = sa.func.count(sa.case((Response.state == ResponseState.VERIFIED, 1)))
    total, sure = session.execute(kept.with_only_columns(sa.func.count(), verified)).one()
    return total, sure


def week_start(now: datetime) -> datetime:
    """The instant this week began in Korea, on Monday."""
    today = kst_today(now)
    return kst_midnight(today - timedelta(days=today.weekday()))


def of_lead(session: Session, scope: Scope, lead_id: int) -> Sequence[Response]:
    """The responses a lead rests on, newest first."""
    query = visible(scope).where(Response.lead_id == lead_id).order_by(Response.at.desc())
    return session.scalars(query.options(joinedload(Response.campaign))).all()


def of_delivery(session: Session, scope: Scope, delivery_id: int) -> Sequence[Response]:
    """What the recipient of a mail answered, newest first."""
    query = visible(scope).where(Response.delivery_id == delivery_id).order_by(Response.at.desc())
    return session.scalars(query.options(joinedload(Response.campaign))).all()


def campaigns(session: Session, scope: Scope) -> Sequence[Campaign]:
    """What a list may be filtered by, newest first."""
    return session.scalars(planning.visible(scope).order_by(Campaign.id.desc())).all()
