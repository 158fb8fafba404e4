"""Telling people what became of their consent, withdrawal or refusal, and asking every two years whether a consent
stands. Every notice goes out once, by the outbox, and leaves its text as evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.notices import letters
from campaigns.notices.facts import Fact, untold
from campaigns.notices.letters import Writing
from campaigns.notices.models import ConsentNotice
from campaigns.notices.rules import NoticeKind, result_due
from outreach.audit.service import Actor, record_change
from outreach.clock import kst_today
from outreach.companies import confirmation, consent
from outreach.companies.models import Consent, ConsentPurpose, Contact, Suppression, Workplace
from outreach.companies.topics import Topic
from outreach.errors import Conflict, Forbidden, NotFound
from outreach.mail import outbox
from outreach.mail.models import OutboxMessage, OutboxState
from outreach.regions.models import Centre
from outreach.scope import LEAD_ROLES, Scope


@dataclass(frozen=True, slots=True)
class Party:
    """Who is told, by whom."""

    to_address: str
    sender_name: str
    sender_phone: str
    centre_id: int | None


def tell_results(session: Session, writing: Writing, *, now: datetime, limit: int = 50, mailed: bool = True) -> int:
    """Notify what has not been told yet (정보통신망법 제50조제7항); how many. ``mailed`` False only writes them down as
    told when they happened, for the demo's past."""
    number = 0
    for fact in untold(session, now, limit):
        notice = _write_down(session, fact, party_of(session, fact), now)
        if notice is not None:
            number += 1
            _send(session, notice, writing, now) if mailed else _pretend(notice)
    session.flush()
    return number


def tell_rejoined(
    session: Session, writing: Writing, delivery: Delivery, topics: Collection[Topic], *, now: datetime
) -> None:
    """Whoever holds the link of a delivery can take its topics up again: the address itself is told, so that a
    forwarded link can't do so unnoticed."""
    subject = ",".join(sorted(topic.value for topic in topics))
    fact = Fact(
        NoticeKind.REJOINED, delivery.address_key, subject, now, result_due(now), f"delivery:{delivery.id}"
    )
    notice = _write_down(session, fact, party_of(session, fact), now) if topics else None
    if notice is not None:
        _send(session, notice, writing, now)
        session.flush()


def anything_to_tell(session: Session, now: datetime) -> bool:
    """A look that needs no write lock."""
    return bool(untold(session, now, 1)) or session.scalar(_open().limit(1)) is not None


def party_of(session: Session, fact: Fact) -> Party:
    """The sender as the mail named it that the person left by; else the centre that answers for the person."""
    delivery = _delivery(session, fact.source)
    row = session.execute(
        sa.select(Contact.email, Centre.id, Centre.name_ko, Centre.phone)
        .join(Workplace, Workplace.id == Contact.workplace_id)
        .outerjoin(Centre, Centre.id == Workplace.centre_id)
        .where(Contact.address_key == fact.address_key).order_by(Contact.id).limit(1)
    ).first()
    if delivery is not None:
        mailing = delivery.mailing
        centre_id = mailing.campaign.centre_id or (row.id if row else None)
        return Party(delivery.address, mailing.sender_name or letters.NOBODY, mailing.sender_phone, centre_id)
    if row is None:
        return Party(fact.address_key, letters.NOBODY, letters.HELP_LINE, None)
    return Party(row.email, row.name_ko or letters.NOBODY, row.phone or letters.HELP_LINE, row.id)


def _delivery(session: Session, source: str) -> Delivery | None:
    kind, _colon, number = source.partition(":")
    return session.get(Delivery, int(number)) if kind == "delivery" and number.isdecimal() else None


def _write_down(session: Session, fact: Fact, party: Party, now: datetime) -> ConsentNotice | None:
    """The notice, unless there is one of this fact already (another process was first)."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {
        "kind": fact.kind, "address_key": fact.address_key, "subject": fact.subject, "happened_at": fact.happened_at,
        "due_on": fact.due_on, "to_address": party.to_address, "sender_name": party.sender_name,
        "centre_id": party.centre_id, "text": "", "created_at": now, "attempts": 1, "error": "",
    }
    made = session.scalar(
        insert(ConsentNotice).values(values).on_conflict_do_nothing().returning(ConsentNotice.id)
    )
    return session.get(ConsentNotice, made) if made is not None else None


def _send(session: Session, notice: ConsentNotice, writing: Writing, now: datetime) -> None:
    """Goes to a suppressed address, too: that is whom the law wants told. Once, and without promotion."""
    subject, notice.text = writing.write(notice)
    outbox.enqueue(
        session, key=notice.outbox_key, to_address=notice.to_address, subject=subject, text=notice.text, now=now
    )


def _pretend(notice: ConsentNotice) -> None:
    notice.created_at = notice.sent_at = notice.happened_at


# -- every two years ---------------------------------------------------------------------------------------


def coming(scope: Scope) -> sa.Select[tuple[Consent]]:
    """Standing consents to advertising of addresses that take mail, with their people, those of ``scope``; but those
    that are being asked about just now."""
    query = (
        sa.select(Consent).join(Contact, Contact.id == Consent.contact_id)
        .join(Workplace, Workplace.id == Contact.workplace_id)
        .where(
            Consent.purpose == ConsentPurpose.ADVERTISING, Consent.withdrawn_at.is_(None),
            Contact.address_key.is_not(None),
            ~sa.exists().where(Suppression.address_key == Contact.address_key), ~_under_way(),
        )
        .options(sa.orm.contains_eager(Consent.contact).contains_eager(Contact.workplace).joinedload(Workplace.company))
        .order_by(Consent.given_at, Consent.id)
    )
    if scope.is_partner:
        raise Forbidden("수신동의 통지는 고용센터와 본부 담당자만 볼 수 있습니다.")
    return query if scope.sees_all_centres else query.where(Workplace.centre_id == scope.centre_id)


def _under_way() -> sa.Exists:
    """A confirmation of this consent is on its way, or was given up and waits for a person."""
    return sa.exists().where(
        ConsentNotice.kind == NoticeKind.RECONFIRMATION, ConsentNotice.address_key == Contact.address_key,
        ConsentNotice.happened_at == Consent.given_at, ConsentNotice.sent_at.is_(None),
    )


def due_before(session: Session, query: sa.Select[tuple[Consent]], before: datetime, limit: int) -> list[Consent]:
    """The first ``limit`` of ``query`` that are to be confirmed before the day of ``before``."""
    last = kst_today(before)
    rows = session.scalars(query.where(confirmation.candidates(last)).execution_options(yield_per=500))
    found: list[Consent] = []
    for row in rows:
        if confirmation.due(row.given_at, row.confirmed_at) < last:
            found.append(row)
            if len(found) >= limit:
                break
    return found


def reconfirm(session: Session, scope: Scope, writing: Writing, *, now: datetime, limit: int) -> int:
    """Ask up to ``limit`` people whose consent comes round within the lead whether it stands (제50조제8항); how many
    were written to. Twice changes nothing; the consent counts as confirmed once its notice has been sent."""
    number = 0
    rows = due_before(session, coming(scope), now + confirmation.LEAD, limit)
    for row in rows:
        contact = row.contact
        fact = Fact(
            NoticeKind.RECONFIRMATION, contact.address_key or "", row.purpose.value, row.given_at,
            confirmation.due(row.given_at, row.confirmed_at),
        )
        notice = _write_down(session, fact, party_of(session, fact), now)
        if notice is not None:  # None: someone else of the same address, who agreed at the same time
            _send(session, notice, writing, now)
            number += 1
    session.flush()
    return number


# -- what became of them -----------------------------------------------------------------------------------


def _open() -> sa.Select[tuple[ConsentNotice, OutboxState, datetime, str]]:
    """Notices whose mail has an outcome that they do not know yet."""
    key = sa.literal("consent-notice:") + sa.cast(ConsentNotice.id, sa.String) + ":" + sa.cast(
        ConsentNotice.attempts, sa.String
    )
    ended = (OutboxState.SENT, OutboxState.FAILED)
    return (
        sa.select(ConsentNotice, OutboxMessage.state, OutboxMessage.sent_at, OutboxMessage.error)
        .join(OutboxMessage, OutboxMessage.key == key)
        .where(ConsentNotice.sent_at.is_(None), ConsentNotice.error == "", OutboxMessage.state.in_(ended))
    )


def settle(session: Session) -> int:
    """Take over from the outbox, which forgets after a month, what became of the notices; how many."""
    rows = session.execute(_open().limit(500)).all()
    for notice, state, sent_at, error in rows:
        if state is OutboxState.SENT:
            notice.sent_at = sent_at
            _confirm(session, notice)
        else:
            notice.error = error or "-"
    session.flush()
    return len(rows)


def _confirm(session: Session, notice: ConsentNotice) -> None:
    """Silence keeps the consent: once its notice is out it counts as confirmed."""
    if notice.kind is NoticeKind.RECONFIRMATION:
        people = sa.select(Contact.id).where(Contact.address_key == notice.address_key)
        session.execute(
            sa.update(Consent)
            .where(
                Consent.contact_id.in_(people), Consent.given_at == notice.happened_at,
                Consent.purpose.in_([ConsentPurpose(word) for word in notice.about]),
            )
            .values(confirmed_at=notice.sent_at)
            .execution_options(synchronize_session="fetch")
        )


def visible(scope: Scope) -> sa.Select[tuple[ConsentNotice]]:
    """Notices, newest first: a centre's own, or all."""
    if scope.is_partner:
        raise Forbidden("수신동의 통지는 고용센터와 본부 담당자만 볼 수 있습니다.")
    query = sa.select(ConsentNotice).order_by(ConsentNotice.created_at.desc(), ConsentNotice.id.desc())
    return query if scope.sees_all_centres else query.where(ConsentNotice.centre_id == scope.centre_id)


def waiting(session: Session, scope: Scope, now: datetime, limit: int = 100) -> Sequence[tuple[Fact, Party]]:
    """What is not told yet, within ``scope``, the most urgent first."""
    pairs = [(fact, party_of(session, fact)) for fact in untold(session, now, limit)]
    return [pair for pair in pairs if scope.sees_all_centres or pair[1].centre_id == scope.centre_id]


def failed(session: Session, scope: Scope) -> list[ConsentNotice]:
    """Notices whose mail was given up, and which nobody has sent again."""
    return list(session.scalars(visible(scope).where(ConsentNotice.sent_at.is_(None), ConsentNotice.error != "")))


def retry(session: Session, scope: Scope, actor: Actor, notice_id: int, writing: Writing, *, now: datetime) -> None:
    """Send a notice again whose mail was given up. Raises NotFound, Conflict, Forbidden."""
    notice = session.scalar(visible(scope).where(ConsentNotice.id == notice_id))
    if notice is None:
        raise NotFound("통지를 찾을 수 없습니다.")
    if scope.role not in LEAD_ROLES:
        raise Forbidden("통지는 본부와 센터 담당자가 다시 보냅니다.")
    if notice.sent_at is not None or not notice.error:
        raise Conflict("이미 보냈거나 보내는 중인 통지입니다.")
    record_change(session, actor, "consent_notice", notice.id, "state", {"error": (notice.error, None)}, now=now)
    notice.error, notice.attempts = "", notice.attempts + 1
    _send(session, notice, writing, now)
    session.flush()


def withdraw(session: Session, notice: ConsentNotice, *, now: datetime) -> int:
    """The person takes back what the notice told of, by its link. Doing so again changes nothing; the result is told
    like that of every withdrawal."""
    purposes = [ConsentPurpose(word) for word in notice.about]
    return consent.withdraw_consents(session, notice.address_key, f"notice:{notice.id}", now, purposes=purposes)


def standing(session: Session, notice: ConsentNotice) -> bool:
    """Whether the consent that the notice told of still stands for anyone with its address."""
    query = sa.select(Consent.id).join(Contact, Contact.id == Consent.contact_id).where(
        Contact.address_key == notice.address_key, Consent.withdrawn_at.is_(None),
        Consent.purpose.in_([ConsentPurpose(word) for word in notice.about]),
    )
    return session.scalar(query.limit(1)) is not None


def erase(session: Session, ids: Sequence[int]) -> None:
    """Forget notices whose time is over."""
    session.execute(sa.delete(ConsentNotice).where(ConsentNotice.id.in_(ids)))
