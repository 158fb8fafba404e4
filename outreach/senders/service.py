"""Keeping what was found about the sending domains, and an administrator's word on those that are not in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.audit.service import Actor, record_change
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.scope import Role, Scope
from outreach.senders.models import SenderDomain
from outreach.senders.rules import DOMAIN, Assessment, SenderState
from outreach.wording import Text

MIN_REASON = 5


def domain_of(address: str) -> str:
    """The domain of an address, or of what was typed as a domain, in lower case."""
    return address.strip().rpartition("@")[2].lower().rstrip(".")


def checked_domain(text: str) -> str:
    """Raises Invalid for what can be no domain of a sender."""
    domain = domain_of(text)
    if not DOMAIN.fullmatch(domain):
        text = "도메인이나 메일 주소를 적어 주세요. 예: example.go.kr"
        raise Invalid(text, fields={"domain": text})
    return domain


def find(session: Session, domain: str) -> SenderDomain | None:
    """What is known of ``domain``."""
    return session.scalar(sa.select(SenderDomain).where(SenderDomain.domain == domain))


def known(session: Session) -> Sequence[SenderDomain]:
    """All domains that were looked at, those that need someone first."""
    cleared = sa.or_(SenderDomain.state == SenderState.ALIGNED, SenderDomain.acknowledged_at.is_not(None))
    return session.scalars(sa.select(SenderDomain).order_by(cleared, SenderDomain.domain)).all()


def record(session: Session, actor: Actor, found: Assessment, *, now: datetime) -> SenderDomain:
    """Keep what was found, with its time. Another state than before voids an acknowledgement."""
    row = find(session, found.domain)
    if row is None:
        row = SenderDomain(domain=found.domain, state=found.state, findings=[], checked_at=now)
        session.add(row)
        changes: dict[str, tuple[str | None, str]] = {"state": (None, found.state.value)}
    else:
        changes = {"state": (row.state.value, found.state.value)} if row.state is not found.state else {}
        if changes:
            row.acknowledged_at, row.acknowledged_by, row.acknowledged_reason = None, None, ""
    row.state, row.checked_at = found.state, now
    row.findings = [finding.to_json() for finding in found.findings]
    session.flush()
    if changes:
        changes["name"] = (None, found.domain)
        record_change(session, actor, "sender_domain", row.id, "state", changes, now=now)
    return row


def acknowledge(
    session: Session, scope: Scope, actor: Actor, domain: str, reason: str, *, now: datetime
) -> SenderDomain:
    """An administrator lets mailings begin although the domain is not in order, or can't be looked up, and says why.
    Raises Forbidden, NotFound, Conflict, Invalid."""
    if scope.role is not Role.ADMINISTRATOR:
        raise Forbidden("보내는 도메인의 예외는 시스템 관리자만 인정할 수 있습니다.")
    row = find(session, domain)
    if row is None:
        raise NotFound("아직 확인하지 않은 도메인입니다. 먼저 확인해 주세요.")
    if row.state is SenderState.ALIGNED:
        raise Conflict("설정이 맞는 도메인은 예외로 인정할 것이 없습니다.")
    reason = reason.strip()
    if not MIN_REASON <= len(reason) <= 400:
        text = "예외로 인정하는 까닭을 5자 이상 400자 안에서 적어 주세요."
        raise Invalid(text, fields={"reason": text})
    row.acknowledged_at, row.acknowledged_by, row.acknowledged_reason = now, actor.user_id, reason
    changes = {"name": (None, domain), "state": (row.state.value, "acknowledged"), "reason": (None, reason)}
    record_change(session, actor, "sender_domain", row.id, "state", changes, now=now)
    session.flush()
    return row


def obstacle(session: Session, address: str) -> Text | None:
    """Why mailings from ``address`` may not begin; None if they may."""
    domain = domain_of(address)
    row = find(session, domain)
    if row is not None and row.cleared:
        return None
    if row is None:
        return Text(
            "보내는 도메인 %(domain)s의 설정(SPF·DKIM·DMARC)을 아직 확인하지 않았습니다. '보내는 도메인' 화면에서 "
            "확인해 주세요.", domain=domain,
        )
    if row.state is SenderState.UNKNOWN:
        return Text(
            "보내는 도메인 %(domain)s의 설정을 DNS에서 확인할 수 없었습니다. 다시 확인하거나, 시스템 관리자가 "
            "'보내는 도메인' 화면에서 까닭을 적어 인정해야 합니다.", domain=domain,
        )
    return Text(
        "보내는 도메인 %(domain)s의 설정이 맞지 않아 메일이 스팸으로 버려질 수 있습니다. '보내는 도메인' 화면에서 "
        "고칠 점을 확인해 주세요.", domain=domain,
    )
