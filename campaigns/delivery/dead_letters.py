"""What could not be delivered, across mailings: refused, or given up after the last try; and trying it again.

Tried again is only what may lawfully be: nobody who has left, nobody whose person is deleted, and an unknown address
only once it was corrected, which then goes to the new one.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from campaigns.delivery.models import Delivery
from campaigns.delivery.retry import Trouble
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings import service as mailings
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from campaigns.planning.models import Campaign
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.companies.models import Contact, Suppression, Workplace
from outreach.scope import EDITOR_ROLES, Scope

#: So many are taken up again within one unit of work.
CHUNK = 500
#: So many domains and mailings are offered as filters.
OFFERED = 30


class Fate(str, enum.Enum):
    """Whether a refused recipient may be tried again."""

    AGAIN = "again"
    CORRECTED = "corrected"  # at the person's new address
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    TAKEN = "taken"  # the new address got the same mailing already
    GONE = "gone"
    CLOSED = "closed"


FATE_LABELS = {
    Fate.AGAIN: "다시 보냄",
    Fate.CORRECTED: "고친 주소로 다시 보냄",
    Fate.UNKNOWN: "없는 주소라 보내지 않음(기업 화면에서 주소를 고치면 보낼 수 있음)",
    Fate.SUPPRESSED: "수신을 거부해 보내지 않음",
    Fate.TAKEN: "고친 주소가 같은 메일의 다른 수신자여서 보내지 않음",
    Fate.GONE: "담당자가 지워져 보내지 않음",
    Fate.CLOSED: "취소된 메일이라 보내지 않음",
}
TRIED = (Fate.AGAIN, Fate.CORRECTED)
_OPEN = (MailingState.SENDING, MailingState.PAUSED, MailingState.FINISHED)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of them: of a mailing, a class of error, a domain; or just these ids."""

    mailing_id: int | None = None
    trouble: Trouble | None = None
    domain: str = ""
    ids: Collection[int] = ()

    def __bool__(self) -> bool:
        return bool(self.mailing_id or self.trouble or self.domain or self.ids)

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As conditions on deliveries."""
        found: list[sa.ColumnElement[bool]] = []
        if self.mailing_id is not None:
            found.append(Delivery.mailing_id == self.mailing_id)
        if self.trouble is Trouble.OTHER:
            found.append(sa.or_(Delivery.trouble == Trouble.OTHER, Delivery.trouble.is_(None)))
        elif self.trouble is not None:
            found.append(Delivery.trouble == self.trouble)
        if self.domain:
            found.append(Delivery.domain == self.domain)
        if self.ids:
            found.append(Delivery.id.in_(self.ids))
        return found


def _visible(scope: Scope, query: sa.Select, *, to_act: bool = False) -> sa.Select:
    """Of mailings the person may see (or act on), and of a nationwide one only the own centre's recipients. Refused
    stands in the statement as a literal: only then do the databases see that the partial index answers."""
    query = query.join(Mailing, Mailing.id == Delivery.mailing_id).where(sa.text("delivery.state = 'refused'"))
    query = query.where(Mailing.id.in_(mailings.visible(scope).with_only_columns(Mailing.id)))
    if to_act and scope.role not in EDITOR_ROLES:
        return query.where(sa.false())
    if scope.centre_id is None:
        return query
    own = Mailing.campaign_id.in_(sa.select(Campaign.id).where(Campaign.centre_id == scope.centre_id))
    if to_act:
        return query.where(own)
    places = sa.select(Workplace.id).where(Workplace.centre_id == scope.centre_id)
    return query.where(sa.or_(own, Delivery.workplace_id.in_(places)))


def listing(scope: Scope, asked: Asked) -> sa.Select:
    """(delivery, mailing's title), the latest first."""
    query = _visible(scope, sa.select(Delivery, Mailing.title)).where(*asked.conditions())
    return query.order_by(Delivery.done_at.desc(), Delivery.id.desc())


@dataclass(frozen=True, slots=True)
class Overview:
    """How many there are by class of error (of all that is asked for but the class), and what there is to filter
    by: the domains and mailings with the most."""

    troubles: Sequence[tuple[Trouble, int]]
    domains: Sequence[tuple[str, int]]
    mailings: Sequence[tuple[int, str, int]]

    @property
    def total(self) -> int:
        return sum(number for _, number in self.troubles)


def overview(session: Session, scope: Scope, asked: Asked) -> Overview:
    """The numbers above the list."""
    number = sa.func.count().label("number")

    def counted(columns: Sequence[sa.ColumnElement], narrowed: Asked) -> list:
        query = _visible(scope, sa.select(*columns, number).select_from(Delivery)).where(*narrowed.conditions())
        return list(session.execute(query.group_by(*columns).order_by(number.desc(), *columns).limit(OFFERED)))

    troubles: Counter[Trouble] = Counter()
    for trouble, found in counted([Delivery.trouble], Asked(asked.mailing_id, None, asked.domain)):
        troubles[trouble or Trouble.OTHER] += found  # rows from before the classes were told apart
    return Overview(
        troubles.most_common(),
        [tuple(row) for row in counted([Delivery.domain], Asked(asked.mailing_id, asked.trouble))],
        [tuple(row) for row in counted([Mailing.id, Mailing.title], Asked(None, asked.trouble, asked.domain))],
    )


# -- trying again


def _fate() -> sa.Case:
    """What would become of a row, decided where it stands. The statement must join Mailing and Contact."""
    other = aliased(Delivery)
    corrected = sa.and_(Contact.address_key.is_not(None), Contact.address_key != Delivery.address_key)
    address = sa.case((corrected, Contact.address_key), else_=Delivery.address_key)
    suppressed = sa.exists().where(Suppression.address_key == address)
    taken = sa.exists().where(other.mailing_id == Delivery.mailing_id, other.address_key == Contact.address_key)
    return sa.case(
        (Mailing.state.not_in(_OPEN), Fate.CLOSED.value),
        (Contact.id.is_(None), Fate.GONE.value),
        (sa.and_(Delivery.trouble == Trouble.UNKNOWN_USER, sa.not_(corrected)), Fate.UNKNOWN.value),
        (suppressed, Fate.SUPPRESSED.value),
        (sa.and_(corrected, taken), Fate.TAKEN.value),
        (corrected, Fate.CORRECTED.value),
        else_=Fate.AGAIN.value,
    )


def _judged(scope: Scope, asked: Asked, *columns: sa.ColumnElement) -> sa.Select:
    query = _visible(scope, sa.select(*columns), to_act=True)
    return query.outerjoin(Contact, Contact.id == Delivery.contact_id).where(*asked.conditions())


@dataclass(frozen=True, slots=True)
class Plan:
    """What trying again would do: how many of each fate."""

    fates: dict[Fate, int] = field(default_factory=dict)

    @property
    def tried(self) -> int:
        return sum(self.fates.get(fate, 0) for fate in TRIED)

    @property
    def left(self) -> dict[Fate, int]:
        """What stays as it is, by the reason."""
        return {fate: self.fates[fate] for fate in Fate if fate not in TRIED and self.fates.get(fate)}


def plan(session: Session, scope: Scope, asked: Asked) -> Plan:
    """What :func:`retry` would do now with all that is asked for, as far as the person may act on it."""
    fate = _fate().label("fate")
    query = _judged(scope, asked, fate, sa.func.count()).select_from(Delivery).group_by(fate)
    return Plan({Fate(word): number for word, number in session.execute(query)})


def retry(session: Session, scope: Scope, actor: Actor, asked: Asked, *, now: datetime) -> int:
    """Queue the next CHUNK of them again, as if for the first time; each is recorded. A finished mailing is opened
    again. Returns how many; 0: none are left."""
    fate = _fate()
    query = _judged(scope, asked, Delivery, Contact.email, Contact.address_key, fate)
    query = query.where(fate.in_([each.value for each in TRIED])).order_by(Delivery.id).limit(CHUNK)
    rows = session.execute(query.with_for_update(of=Delivery).execution_options(populate_existing=True)).all()
    used: set[tuple[int, str]] = set()  # of two people corrected to one address one gets the mailing
    queued = 0
    for row, email, address_key, fate_word in rows:
        changes = {"state": (DeliveryState.REFUSED.value, DeliveryState.QUEUED.value)}
        if fate_word == Fate.CORRECTED.value:
            if (row.mailing_id, address_key) in used:
                continue
            used.add((row.mailing_id, address_key))
            changes["address"] = (row.address, email)
            row.address, row.address_key, row.domain = email, address_key, address_key.rpartition("@")[2]
        row.state, row.attempts, row.done_at, row.trouble = DeliveryState.QUEUED, 0, None, None
        audit.record_change(session, actor, "delivery", row.id, "retry", changes, now=now)
        queued += 1
    session.flush()
    for mailing in session.scalars(
        sa.select(Mailing).where(
            Mailing.id.in_({row[0].mailing_id for row in rows}), Mailing.state == MailingState.FINISHED
        )
    ):
        mailings.reopen(session, actor, mailing, now=now)
    return queued
