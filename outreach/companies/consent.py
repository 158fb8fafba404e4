"""Opting out and consent. Suppression is bound to the normalised address (companies.emails.address_key): it
survives the person's deletion and re-import and never expires; consent belongs to a person and a purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.audit.service import Actor, record_change
from outreach.companies import entry, search
from outreach.companies.models import (
    Company,
    Consent,
    ConsentPurpose,
    Contact,
    Suppression,
    SuppressionReason,
    Workplace,
)
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.scope import LEAD_ROLES, Scope
from outreach.wording import Text


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens where it is shown."""
    return text


PURPOSE_LABELS = {
    ConsentPurpose.ADVERTISING: _("광고성 정보 수신"),
    ConsentPurpose.NEWSLETTER: _("소식지"),
    ConsentPurpose.EVENTS: _("설명회·행사 안내"),
}
REASON_LABELS = {
    SuppressionReason.UNSUBSCRIBED: _("본인이 수신거부"),
    SuppressionReason.UNKNOWN_USER: _("없는 주소(반송)"),
    SuppressionReason.COMPLAINT: _("스팸 신고"),
    SuppressionReason.STAFF: _("담당자가 등록"),
    SuppressionReason.BOUNCING: _("거듭 반송"),
}

#: By what stands before the colon of a source.
SOURCE_WORDS = {
    "mailing": _("%(number)s번 메일을 보낼 때"),
    "delivery": _("메일의 수신거부 링크(발송 %(number)s번)"),
    "notice": _("수신동의 통지의 링크(통지 %(number)s번)"),
    "inbound": _("되돌아온 메일(%(number)s번)"),
}


def source_words(source: str) -> str:
    """Where the wish came from, for a person: what sending and mails note as ``mailing:3`` or ``delivery:12``,
    in words; what a person wrote, as written."""
    kind, _colon, number = source.partition(":")
    if kind in SOURCE_WORDS and number.isdecimal():
        return Text(SOURCE_WORDS[kind], number=number)
    return source


def find_suppression(session: Session, address_key: str) -> Suppression | None:
    return session.scalar(sa.select(Suppression).where(Suppression.address_key == address_key))


def is_suppressed(session: Session, address_key: str) -> bool:
    return find_suppression(session, address_key) is not None


def suppress(
    session: Session, address_key: str, reason: SuppressionReason, source: str, now: datetime,
    user_id: int | None = None,
) -> bool:
    """No more mail to this address, whoever it belongs to. ``source`` says where the wish came from.
    Returns whether it is new: a second time changes nothing, and the first reason stays."""
    if is_suppressed(session, address_key):
        return False
    row = Suppression(address_key=address_key, reason=reason, source=source, created_at=now, created_by=user_id)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another transaction was first
        return False
    return True


def lift(session: Session, address_key: str, reason: str, *, actor: Actor, now: datetime) -> bool:
    """Allow mail to the address again; the change record keeps who did it and why. Returns whether it was
    suppressed. Raises Invalid without a reason."""
    if not reason.strip():
        text = "수신거부를 해제하는 까닭을 적어 주세요."
        raise Invalid(text, fields={"reason": text})
    row = find_suppression(session, address_key)
    if row is None:
        return False
    changes = {"address_key": (address_key, None), "reason": (row.reason.value, reason), "source": (row.source, None)}
    record_change(session, actor, "suppression", row.id, "lift", changes, now=now)
    session.delete(row)
    session.flush()
    return True


def withdraw_consents(
    session: Session, address_key: str, how: str, now: datetime, *, purposes: Collection[ConsentPurpose] | None = None
) -> int:
    """End every standing consent, or that to ``purposes``, of everyone with this address (정보통신망법 제50조 제2항);
    ``how`` is kept as the evidence. Returns how many ended."""
    wanted = sa.true() if purposes is None else Consent.purpose.in_(list(purposes))
    ended = session.execute(
        sa.update(Consent)
        .where(Consent.contact_id.in_(_people(address_key)), Consent.withdrawn_at.is_(None), wanted)
        .values(withdrawn_at=now, withdrawn_how=how)
        .execution_options(synchronize_session="fetch")
    )
    return ended.rowcount


def restore_consents(session: Session, address_key: str, how: str, withdrawn_at: datetime) -> int:
    """Take back one withdrawal made by mistake: the consents ended by it, unless given anew since."""
    standing = sa.orm.aliased(Consent)
    anew = sa.exists().where(
        standing.contact_id == Consent.contact_id, standing.purpose == Consent.purpose, standing.withdrawn_at.is_(None)
    )
    restored = session.execute(
        sa.update(Consent)
        .where(
            Consent.contact_id.in_(_people(address_key)), Consent.withdrawn_how == how,
            Consent.withdrawn_at == withdrawn_at, ~anew,
        )
        .values(withdrawn_at=None, withdrawn_how="")
        .execution_options(synchronize_session="fetch")
    )
    return restored.rowcount


def _people(address_key: str) -> sa.Select:
    return sa.select(Contact.id).where(Contact.address_key == address_key)


# -- consent by hand -------------------------------------------------------------------------------------


def give_consent(
    session: Session, scope: Scope, actor: Actor, contact_id: int, purpose: ConsentPurpose, *, given_at: datetime,
    how: str, now: datetime,
) -> Consent:
    """Note a person's consent with its evidence: when, and how it was given (정보통신망법 제50조 제1항: explicit
    and beforehand). A suppression of the address stays. Raises Invalid, Conflict if it stands already, NotFound."""
    contact = _editable(session, scope, contact_id)
    evidence = _evidence(how)
    if given_at > now:
        text = "동의한 날은 오늘이나 그 전이어야 합니다."
        raise Invalid(text, fields={"given_on": text})
    row = Consent(contact_id=contact.id, purpose=purpose, given_at=given_at, how=evidence)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        text = "이미 같은 목적의 동의가 있습니다."
        raise Conflict(text, fields={"purpose": text}) from error
    session.expire(contact, ["consents"])
    _note(session, actor, contact, "consent_give", {purpose.value: (None, evidence)}, now)
    return row


def withdraw_consent(
    session: Session, scope: Scope, actor: Actor, contact_id: int, purpose: ConsentPurpose, *, how: str, now: datetime
) -> Consent:
    """End a person's standing consent; the row stays as evidence. Raises Invalid, Conflict, NotFound."""
    contact = _editable(session, scope, contact_id)
    evidence = _evidence(how)
    row = session.scalar(
        sa.select(Consent).filter_by(contact_id=contact.id, purpose=purpose, withdrawn_at=None)
    )
    if row is None:
        raise Conflict("철회할 동의가 없습니다. 이미 철회되었을 수 있습니다.")
    row.withdrawn_at, row.withdrawn_how = now, evidence
    _note(session, actor, contact, "consent_withdraw", {purpose.value: (row.how, evidence)}, now)
    return row


def _evidence(how: str) -> str:
    """``how`` trimmed. Raises Invalid: a consent nobody can prove is none."""
    how = how.strip()
    if not how or len(how) > 200:
        text = "어떻게 확인했는지 200자 안에서 적어 주세요."
        raise Invalid(text, fields={"how": text})
    return how


def _editable(session: Session, scope: Scope, contact_id: int) -> Contact:
    if scope.role not in LEAD_ROLES:
        raise Forbidden("수신동의와 수신거부는 본부와 센터 담당자가 처리합니다.")
    return search.get_contact(session, scope, contact_id)


def _note(
    session: Session, actor: Actor, contact: Contact, action: str, changes: dict[str, tuple[str | None, str]],
    now: datetime,
) -> None:
    session.flush()
    changes = {"contact": (None, contact.name or contact.email), **changes}
    record_change(session, actor, "company", contact.workplace.company_id, action, changes, now=now)


# -- suppression by hand -----------------------------------------------------------------------------------


def suppressed(session: Session, address_keys: Sequence[str]) -> dict[str, Suppression]:
    """Which of these addresses are suppressed."""
    query = sa.select(Suppression).where(Suppression.address_key.in_([key for key in address_keys if key]))
    return {row.address_key: row for row in session.scalars(query)}


def suppress_by_hand(
    session: Session, scope: Scope, actor: Actor, address: str, source: str, *, now: datetime
) -> Suppression:
    """Enter a wish to get no more mail (by phone, by letter); it ends the consents of everyone with the
    address, too. Raises Invalid, Conflict if it is there already, Forbidden."""
    if scope.role not in LEAD_ROLES:
        raise Forbidden("수신거부는 본부와 센터 담당자가 등록합니다.")
    key, source = entry.read_own_address(address), source.strip()
    if not source or len(source) > 200:
        text = "어떻게 요청받았는지 200자 안에서 적어 주세요."
        raise Invalid(text, fields={"source": text})
    if not suppress(session, key, SuppressionReason.STAFF, source, now, user_id=actor.user_id):
        text = "이미 수신거부된 주소입니다."
        raise Conflict(text, fields={"address": text})
    withdraw_consents(session, key, source, now)
    row = find_suppression(session, key)
    record_change(session, actor, "suppression", row.id, "create", {"source": (None, source)}, now=now)
    return row


def suppressions(scope: Scope, text: str = "") -> sa.Select[tuple[Suppression]]:
    """Suppressed addresses, newest first: for a centre those of its own contacts and those it entered. One
    typed in full is shown to any staff, since it must be possible to look before mailing."""
    if scope.is_partner:
        raise Forbidden("수신거부 목록은 고용센터와 본부 담당자만 볼 수 있습니다.")
    query = sa.select(Suppression).order_by(Suppression.created_at.desc(), Suppression.id.desc())
    text = text.strip().lower()
    if text:
        query = query.where(Suppression.address_key.contains(text, autoescape=True))
    if scope.sees_all_centres:
        return query
    own = sa.exists().where(
        Contact.address_key == Suppression.address_key, Contact.workplace_id == Workplace.id,
        Workplace.centre_id == scope.centre_id,
    )
    return query.where(own | (Suppression.created_by == scope.user_id) | (Suppression.address_key == text))


def visible_suppression(session: Session, scope: Scope, suppression_id: int) -> Suppression:
    """Raises NotFound outside ``scope``."""
    row = session.scalar(suppressions(scope).where(Suppression.id == suppression_id))
    if row is None:
        raise NotFound("수신거부 기록이 없거나 다른 센터의 것입니다.")
    return row


def holders(session: Session, scope: Scope, address_keys: Sequence[str]) -> dict[str, list[Company]]:
    """The visible companies whose contacts have these addresses."""
    query = (
        sa.select(Contact.address_key, Company).distinct()
        .join(Workplace, Workplace.id == Contact.workplace_id).join(Company, Company.id == Workplace.company_id)
        .where(Contact.address_key.in_(address_keys), *search.reach(scope))
    )
    found: dict[str, list[Company]] = {}
    for key, company in session.execute(query):
        found.setdefault(key, []).append(company)
    return found
