"""Changing the limits of sending: who may send how fast, and when a mailing pauses itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from campaigns.delivery.models import LimitKind, SendingLimit, SendingPolicy
from campaigns.delivery.pace import WINDOW_LABELS
from campaigns.mailings.models import Mailing
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.companies.emails import address_key
from outreach.db import check_version
from outreach.errors import Invalid
from outreach.wording import Text

MAX_AMOUNT, MAX_ABREAST = 1_000_000, 100
MAX_DOMAINS = 50
_DOMAIN = re.compile(r"(?=.{4,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_ORDER = {LimitKind.ALL: 0, LimitKind.SERVER: 1, LimitKind.DOMAINS: 2, LimitKind.OTHERS: 3}
_FIELDS = ("domains", "amount", "window", "abreast")


@dataclass(frozen=True, slots=True)
class LimitValues:
    """A limit as someone wrote it. ``domains`` only counts for a limit of domains."""

    amount: str
    window: str
    abreast: str
    domains: str = ""


def listed(session: Session) -> list[SendingLimit]:
    """All limits in the order of the page: everything, servers, named domains, the others."""
    return sorted(session.scalars(sa.select(SendingLimit)), key=lambda row: (_ORDER[row.kind], row.id))


def policy(session: Session) -> SendingPolicy:
    """The one row that says when mailings pause themselves."""
    return session.scalars(sa.select(SendingPolicy)).one()


def change(
    session: Session, actor: Actor, row: SendingLimit, values: LimitValues, version: int | None, *, now: datetime
) -> None:
    """Save one limit. Raises Invalid with what to write instead, StaleEdit."""
    check_version(row, version)
    read = _read(row.name, row.kind, values)
    if row.kind is LimitKind.DOMAINS:
        _check_free(session, read["domains"], row.id)
    changed = audit.apply_changes(row, {name: read[name] for name in _FIELDS})
    if changed:
        audit.record_change(session, actor, "sending_limit", row.id, "update", changed, now=now)
    session.flush()


def add(
    session: Session, actor: Actor, kind: LimitKind, name: str, values: LimitValues, *, now: datetime
) -> SendingLimit:
    """A further limit: of domains, or of a server by its name. Raises Invalid."""
    name = name.strip()[:120]
    if kind not in (LimitKind.DOMAINS, LimitKind.SERVER) or not name:
        raise Invalid("한도의 이름을 적어 주세요.")
    if session.scalar(sa.select(SendingLimit.id).where(SendingLimit.name == name)):
        raise Invalid(Text("‘%(name)s’ 한도가 이미 있습니다. 그 줄을 고쳐 주세요.", name=name))
    read = _read(name, kind, values)
    _check_free(session, read["domains"], None)
    row = SendingLimit(kind=kind, name=name, **read)
    session.add(row)
    session.flush()
    audit.record_change(session, actor, "sending_limit", row.id, "create", {"name": (None, name)}, now=now)
    return row


def remove(session: Session, actor: Actor, row: SendingLimit, *, now: datetime) -> None:
    """Take a limit away; its domains count among the others from now on. Raises Invalid for the two that belong to
    the page."""
    if row.kind in (LimitKind.ALL, LimitKind.OTHERS):
        raise Invalid("이 줄은 지울 수 없습니다. 칸을 비우면 제한이 없어집니다.")
    audit.record_change(session, actor, "sending_limit", row.id, "delete", {"name": (row.name, None)}, now=now)
    session.delete(row)
    session.flush()


def change_policy(
    session: Session, actor: Actor, of_all: str, of_domain: str, version: int | None, *, now: datetime
) -> None:
    """From what share of refusals on mailings pause themselves. Raises Invalid, StaleEdit."""
    row = policy(session)
    check_version(row, version)
    values = {
        "refusal_percent": _percent(of_all), "domain_refusal_percent": _percent(of_domain),
    }
    changed = audit.apply_changes(row, values)
    if changed:
        audit.record_change(session, actor, "sending_policy", row.id, "update", changed, now=now)
    session.flush()


def change_cap(
    session: Session, actor: Actor, cap: tuple[str, str, str], version: int | None, *, now: datetime
) -> None:
    """How much mail an address and a company get within some days: ``cap`` as (mails, mailings, days); all three empty:
    as the program's setting says. Raises Invalid, StaleEdit."""
    row = policy(session)
    check_version(row, version)
    written = [text.strip() for text in cap]
    if any(written) and not all(re.fullmatch(r"[1-9][0-9]{0,2}", text) for text in written):
        raise Invalid("횟수와 날수를 1부터 999까지의 수로 모두 적거나, 모두 비워 주세요.")
    values = [int(text) if text else None for text in written]
    changed = audit.apply_changes(row, dict(zip(("cap_contact", "cap_company", "cap_days"), values, strict=True)))
    if changed:
        audit.record_change(session, actor, "sending_policy", row.id, "update", changed, now=now)
    session.flush()


def change_of_mailing(session: Session, actor: Actor, mailing: Mailing, percent: str, *, now: datetime) -> None:
    """From what share of refusals on this mailing pauses itself; '' as all do. Raises Invalid."""
    values = {"refusal_percent": _percent(percent) if percent.strip() else None, "updated_at": now}
    before = mailing.refusal_percent
    audit.apply_changes(mailing, values)
    if before != mailing.refusal_percent:
        changed = {"refusal_percent": (before, mailing.refusal_percent)}
        audit.record_change(session, actor, "mailing", mailing.id, "update", changed, now=now)
    session.flush()


def _read(name: str, kind: LimitKind, values: LimitValues) -> dict[str, Any]:
    amount = _number(name, values.amount, MAX_AMOUNT)
    abreast = _number(name, values.abreast, MAX_ABREAST) if kind in (LimitKind.DOMAINS, LimitKind.OTHERS) else None
    if values.window not in {str(window) for window in WINDOW_LABELS}:
        raise Invalid("1초, 1분, 1시간 가운데 골라 주세요.")
    domains = _domains(name, values.domains) if kind is LimitKind.DOMAINS else []
    return {"domains": domains, "amount": amount, "window": int(values.window), "abreast": abreast}


def _number(name: str, text: str, most: int) -> int | None:
    text = text.strip().replace(",", "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise Invalid(Text(
            "‘%(name)s’: 1부터 %(most)s까지의 수를 적거나, 제한이 없으면 비워 주세요.", name=name, most=f"{most:,}"
        ))
    return int(text)


def _percent(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text.strip()) or not 1 <= int(text) <= 100:
        raise Invalid("거부 비율은 1부터 100까지의 수로 적어 주세요.")
    return int(text)


def _domains(name: str, text: str) -> list[str]:
    found = list(dict.fromkeys(_domain(part) for part in re.split(r"[\s,]+", text.strip().lower()) if part))
    wrong = next((domain for domain in found if not _DOMAIN.fullmatch(domain)), None)
    if wrong is not None or not found or len(found) > MAX_DOMAINS:
        raise Invalid(Text("‘%(name)s’: naver.com처럼 도메인을 적고, 여럿이면 쉼표로 나누어 주세요.", name=name))
    return found


def _domain(text: str) -> str:
    """As a recipient's row has it: a Korean domain in its xn-- form."""
    return address_key(f"x@{text}").rpartition("@")[2]


def _check_free(session: Session, domains: Sequence[str], own_id: int | None) -> None:
    """No domain may stand in two limits."""
    for row in session.scalars(sa.select(SendingLimit).where(SendingLimit.kind == LimitKind.DOMAINS)):
        twice = set(domains) & set(row.domains)
        if row.id != own_id and twice:
            raise Invalid(Text(
                "%(domain)s은(는) ‘%(name)s’ 한도에 이미 있습니다.", domain=sorted(twice)[0], name=row.name
            ))


def save_all(
    session: Session, actor: Actor, values: Mapping[int, tuple[LimitValues, int | None]], *, now: datetime
) -> None:
    """Save all rows of the page at once: all or none. Raises as :func:`change` does."""
    rows = {row.id: row for row in listed(session)}
    for number, (wanted, version) in values.items():
        if number in rows:
            change(session, actor, rows[number], wanted, version, now=now)
