"""What people decide about incoming mail: whose it is, that it is a bounce or a refusal, that it is nothing, and
that a judgement, their own or the program's, was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.inbound import queries, service
from campaigns.inbound.models import InboundMessage
from campaigns.inbound.rules import WORK_ROLES, InboundState, Kind
from campaigns.responses import service as responses
from campaigns.responses import tray as response_tray
from campaigns.responses.rules import ResponseState
from outreach.audit.service import Actor, record_change
from outreach.companies import consent, entry, search
from outreach.companies.models import Contact, SuppressionReason, Workplace
from outreach.errors import Conflict, Forbidden, Invalid
from outreach.leads import service as leads
from outreach.regions.models import Centre
from outreach.scope import Scope


def suggestions(session: Session, scope: Scope, row: InboundMessage) -> Sequence[Workplace]:
    """The workplaces that the sender's address belongs to."""
    if not row.sender:
        return ()
    own = sa.select(Contact.workplace_id).where(Contact.address_key == row.sender)
    query = sa.select(Workplace).where(Workplace.id.in_(own), *search.reach(scope)).order_by(Workplace.id)
    return session.scalars(query.limit(response_tray.CANDIDATES)).all()


def assign(
    session: Session, scope: Scope, actor: Actor, message_id: int, workplace_id: int, *, now: datetime, base_url: str
) -> InboundMessage:
    """The mail is this workplace's answer: it becomes a response and opens or updates the company's lead. Raises
    Conflict if someone has decided meanwhile, NotFound, Forbidden."""
    row = _waiting(session, scope, message_id)
    workplace = search.get_workplace(session, scope, workplace_id)
    row.response = responses.submit_by_stranger(
        session, workplace, service.answer_of(row), submission=row.identity, now=now, base_url=base_url,
        decided_by=scope.user_id,
    )
    service.call_planner(session, row, now)
    row.company, row.centre_id = workplace.company, workplace.centre_id
    return _decided(session, scope, actor, row, "assign", Kind.REPLY, now)


def mark_bounce(
    session: Session, scope: Scope, actor: Actor, message_id: int, address: str, *, now: datetime
) -> InboundMessage:
    """The mail says that ``address`` does not exist: nothing more is sent there. Raises Invalid, Conflict, NotFound,
    Forbidden."""
    row = _waiting(session, scope, message_id)
    key = entry.read_own_address(address)
    service.suppress(session, row, SuppressionReason.UNKNOWN_USER, [key], now=now, user_id=actor.user_id)
    row.address, row.address_key = key, key
    return _decided(session, scope, actor, row, "bounce", Kind.BOUNCE, now)


def mark_refusal(
    session: Session, scope: Scope, actor: Actor, message_id: int, address: str, *, now: datetime
) -> InboundMessage:
    """The mail refuses more of ours at ``address`` (정보통신망법 제50조 제2항); consents of whoever has it end. Raises
    Invalid, Conflict, NotFound, Forbidden."""
    row = _waiting(session, scope, message_id)
    key = entry.read_own_address(address)
    service.suppress(session, row, SuppressionReason.UNSUBSCRIBED, [key], now=now, user_id=actor.user_id)
    row.address, row.address_key = key, key
    return _decided(session, scope, actor, row, "refuse", Kind.UNSUBSCRIBE, now)


def settle(session: Session, scope: Scope, actor: Actor, message_id: int, *, now: datetime) -> InboundMessage:
    """Nothing more is to be done: it was read, and what it asks for has been seen to. Raises Conflict, NotFound,
    Forbidden."""
    row = _waiting(session, scope, message_id)
    return _decided(session, scope, actor, row, "settle", row.kind, now)


def ignore(
    session: Session, scope: Scope, actor: Actor, message_id: int, reason: str, *, now: datetime
) -> InboundMessage:
    """It is nothing of ours (advertising, a mistake). Raises Invalid without a reason, Conflict, NotFound,
    Forbidden."""
    row = _waiting(session, scope, message_id)
    if not reason.strip():
        raise Invalid("제외하는 까닭을 적어 주세요.", fields={"reason": "필수"})
    row.details = {**row.details, "reason": reason.strip()[:200]}
    _decided(session, scope, actor, row, "ignore", row.kind, now)
    row.state = InboundState.IGNORED
    session.flush()
    return row


def hand_over(
    session: Session, scope: Scope, actor: Actor, message_id: int, centre_id: int, *, now: datetime
) -> InboundMessage:
    """The mail is another centre's: it waits there from now on. Raises Invalid, Conflict, NotFound, Forbidden."""
    row = _waiting(session, scope, message_id)
    centre = session.get(Centre, centre_id)
    if centre is None or centre.id == row.centre_id:
        raise Invalid("넘겨받을 센터를 골라 주세요.", fields={"centre_id": "필수"})
    record_change(session, actor, "inbound", row.id, "hand_over", {"centre": (row.centre_id, centre.id)}, now=now)
    row.centre_id, row.decided_by, row.decided_at = centre.id, scope.user_id, now
    session.flush()
    return row


def restore(session: Session, scope: Scope, actor: Actor, message_id: int, *, now: datetime) -> InboundMessage:
    """Undo what followed, by rule or by a person's word: suppressions that this mail made are lifted with the
    consents they ended, its response is set aside, and it waits in the tray. Raises Conflict, NotFound, Forbidden."""
    row = _editable(session, scope, message_id)
    if row.state is InboundState.WAITING:
        raise Conflict("이미 확인함에 있는 메일입니다.")
    lifted = _lift(session, actor, row, now)
    if row.response is not None and row.response.state is ResponseState.VERIFIED:
        response_tray.dismiss(session, scope, row.response.id, "메일의 판단을 되돌림", now=now)
    leads.retract(session, service.source(row), now=now)
    row.counted, row.state = False, InboundState.WAITING
    row.decided_by, row.decided_at = scope.user_id, now
    row.details = {**row.details, "suppressed": [], "undone": True}
    record_change(session, actor, "inbound", row.id, "restore", {"suppressed": (lifted, [])}, now=now)
    session.flush()
    return row


def _lift(session: Session, actor: Actor, row: InboundMessage, now: datetime) -> list[str]:
    """Lift the suppressions that this mail made and that stand for its sake."""
    own, lifted = service.source(row), []
    for key in row.details.get("suppressed", []):
        standing = consent.find_suppression(session, key)
        if standing is None or standing.source != own:
            continue
        when = standing.created_at
        consent.lift(session, key, "되돌아온 메일의 판단을 되돌림", actor=actor, now=now)
        consent.restore_consents(session, key, own, when)
        lifted.append(key)
    return lifted


def _editable(session: Session, scope: Scope, message_id: int) -> InboundMessage:
    if scope.role not in WORK_ROLES:
        raise Forbidden("되돌아온 메일은 센터 업무 담당자가 처리합니다.")
    return queries.get(session, scope, message_id, lock=True)


def _waiting(session: Session, scope: Scope, message_id: int) -> InboundMessage:
    row = _editable(session, scope, message_id)
    if row.state is not InboundState.WAITING:
        raise Conflict("그 사이 다른 사람이 이 메일을 처리했습니다.")
    return row


def _decided(
    session: Session, scope: Scope, actor: Actor, row: InboundMessage, action: str, kind: Kind, now: datetime
) -> InboundMessage:
    record_change(session, actor, "inbound", row.id, action, {"kind": (row.kind.value, kind.value)}, now=now)
    row.kind, row.state = kind, InboundState.DECIDED
    row.decided_by, row.decided_at = scope.user_id, now
    session.flush()
    return row
