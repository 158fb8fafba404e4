"""Domains that put off one message after the other, and are left alone for a while.

A rest grows from storm to storm. After it a few messages are tried: if those are put off, too, the next rest is
longer; if one is accepted, the domain is forgiven half of its strikes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from campaigns.delivery import queue
from campaigns.delivery.models import DomainRest
from campaigns.delivery.outcomes import trouble_of
from campaigns.delivery.pace import STORM, rest_for
from campaigns.delivery.retry import Trouble
from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.mail.outcome import Kind, Outcome, Stage
from outreach.mail.servers import in_words

#: So many resting domains are looked up for a mailing's page.
SHOWN = 20
#: In a row at MAIL FROM, where the recipient is not known yet, or because its system is in trouble (4.3.x): the
#: server itself has had enough.
SERVER_STORM = 10
_OF_RECIPIENT = frozenset({Stage.RCPT, Stage.DATA, Stage.DOT})


@dataclass(frozen=True, slots=True)
class Rest:
    """``strikes``: storms in a row; ``until`` when the domain is left alone."""

    strikes: int
    until: datetime


def current(session: Session) -> dict[str, Rest]:
    """All domains that rest or are being tried after a rest; a small table."""
    query = sa.select(DomainRest.domain, DomainRest.strikes, DomainRest.until)
    return {domain: Rest(strikes, until) for domain, strikes, until in session.execute(query)}


class Storms:
    """What a batch meets: which domains put off one message after the other (``raging``, with the last answer), and
    which of the ones being tried took a message (``calm``). ``server``: the answer of a server that lets nobody
    send."""

    def __init__(self, trying: Collection[str] = ()):
        self.raging: dict[str, Outcome] = {}
        self.calm: set[str] = set()
        self.server: Outcome | None = None
        self._trying = frozenset(trying)
        self._in_a_row: Counter[str] = Counter()
        self._at_server = 0

    def note(self, domain: str, outcome: Outcome) -> None:
        """An outcome of a message to ``domain``."""
        if outcome.kind is Kind.ACCEPTED:
            self._at_server = 0
            if self._in_a_row:
                self._in_a_row.pop(domain, None)
            if domain in self._trying:
                self.calm.add(domain)
        elif _puts_off(outcome):
            if outcome.stage in _OF_RECIPIENT and not (outcome.enhanced or "").startswith("4.3"):
                self._in_a_row[domain] += 1
                if self._in_a_row[domain] >= (1 if domain in self._trying else STORM):
                    self.raging[domain] = outcome
            else:
                self._at_server += 1
                if self._at_server >= SERVER_STORM:
                    self.server = outcome


def _puts_off(outcome: Outcome) -> bool:
    """421 ends the connection, so a message it met was not sent; 4.7.x puts off the message alone."""
    if outcome.kind is Kind.NOT_SENT:
        return outcome.code == 421
    return outcome.kind is Kind.DEFERRED and trouble_of(outcome) is Trouble.RATE


def write_down(session: Session, storms: Storms, now: datetime) -> None:
    """What the batch met, for all workers."""
    for domain in sorted(storms.calm | storms.raging.keys()):  # in one order: no two workers wait for each other
        if domain in storms.raging:
            _strike(session, domain, in_words(storms.raging[domain]), now)
        else:
            _forgive(session, domain)


def _strike(session: Session, domain: str, reply: str, now: datetime) -> None:
    """One storm is one strike, however many workers meet it: who rests already is not struck again."""
    row = session.get(DomainRest, domain, with_for_update=True, populate_existing=True)
    if row is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        values = {"domain": domain, "strikes": 1, "since": now, "until": now + rest_for(1), "reply": reply[:300]}
        session.execute(insert(DomainRest).values(**values).on_conflict_do_nothing())
    elif row.until <= now:
        row.strikes += 1
        row.until, row.reply = now + rest_for(row.strikes), reply[:300]
        session.flush()


def _forgive(session: Session, domain: str) -> None:
    row = session.get(DomainRest, domain, with_for_update=True, populate_existing=True)
    if row is None:
        return
    row.strikes //= 2
    if row.strikes == 0:
        session.delete(row)
    session.flush()


def listed(session: Session) -> list[DomainRest]:
    """For the page: those that rest longest first."""
    return list(session.scalars(sa.select(DomainRest).order_by(DomainRest.until.desc(), DomainRest.domain)))


def of_mailing(session: Session, mailing_id: int, *, now: datetime) -> list[DomainRest]:
    """Domains left alone at the moment for which this mailing still has recipients queued; a seek for each."""
    resting = session.scalars(
        sa.select(DomainRest).where(DomainRest.until > now).order_by(DomainRest.domain).limit(SHOWN)
    )
    return [row for row in resting if queue.any_queued(session, mailing_id, [row.domain])]


def lift(session: Session, actor: Actor, domain: str, *, now: datetime) -> bool:
    """A person's word that the domain may be written to again at once. False if it does not rest."""
    row = session.get(DomainRest, domain)
    if row is None:
        return False
    audit.record_change(session, actor, "domain_rest", 0, "lift", {"domain": (domain, None)}, now=now)
    session.delete(row)
    session.flush()
    return True


def trying(rests: Mapping[str, Rest], now: datetime) -> list[str]:
    """Domains whose rest is over, of which a few messages are tried first."""
    return [domain for domain, rest in rests.items() if rest.until <= now]
