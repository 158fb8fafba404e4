"""Verdicts on clicks, and what they do to leads.

A click is judged when it has had time to be joined by others (verdicts.SETTLE), together with those of the same
message that came shortly before it or since; so what was judged already is judged again when later clicks show it in
another light. A lead rests on the first click of each link that was a person's; when that turns out to be none, its
effect is taken back and the next one takes its place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.mailings.models import Mailing, MailingLink
from campaigns.responses import service, verdicts
from campaigns.responses.models import ClickEvent
from campaigns.responses.rules import CLICK_LABEL, Verdict
from campaigns.responses.verdicts import SETTLE, Judgement, Press, judge
from outreach import links
from outreach.companies.models import Company, Contact
from outreach.db import among, db, unit_of_work
from outreach.leads import service as leads
from outreach.leads.rules import Respondent

#: Messages judged in one unit of work.
CHUNK = 30
#: Clicks of one message that are looked at together: before the first that is due, and from it on. A message pressed
#: ten thousand times is a machine's toy and must not hold up the others.
BEFORE, TOGETHER = 300, 1_000
#: How far back clicks of the same message may show a new one in another light, and be shown so by it.
LOOK_BACK = timedelta(hours=1)


@dataclass
class Outcome:
    """What judging did: clicks looked at, verdicts changed as (before, after), effects on leads."""

    judged: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    added: int = 0
    retracted: int = 0

    def add(self, other: Outcome) -> None:
        """Count ``other`` in."""
        self.judged += other.judged
        self.changes += other.changes
        self.added += other.added
        self.retracted += other.retracted


@dataclass(frozen=True, slots=True)
class _Message:
    """What is to be known of a message whose clicks are judged."""

    delivery_id: int
    links: int
    to_leads: bool


@dataclass(frozen=True, slots=True)
class _Crowds:
    """How many recipients' links each network and browser pressed at about the time of the clicks that are due, which
    lie between ``since`` and ``until``."""

    since: datetime
    until: datetime
    recipients: Mapping[tuple[str, str], int]

    def count(self, click: ClickEvent) -> None:
        """Write it beside a click that is due; once, so that judging again judges the same."""
        if click.crowd is None and self.since <= click.at <= self.until:
            click.crowd = self.recipients.get((click.network, click.user_agent), 1)


def anything_due(session: Session, now: datetime) -> bool:
    """Whether a click waits for its verdict long enough; a look that needs no write lock."""
    return session.scalar(_due(now).limit(1)) is not None


def _due(now: datetime) -> sa.Select[tuple[datetime]]:
    return sa.select(ClickEvent.at).where(ClickEvent.judged_at.is_(None), ClickEvent.at <= now - SETTLE).order_by(
        ClickEvent.at
    )


def judge_due(session: Session, now: datetime) -> Outcome:
    """Judge the clicks that have waited longest, of up to CHUNK messages. Messages that another worker has in hand
    are left to it."""
    first = session.scalar(_due(now).limit(1))
    if first is None:
        return Outcome()
    begins, ends = verdicts.crowd_window(first)
    until = min(ends - verdicts.CROWD_SPAN, now - SETTLE)
    waiting = sa.select(ClickEvent.delivery_id).where(
        ClickEvent.judged_at.is_(None), ClickEvent.at >= first, ClickEvent.at <= until
    )
    messages = _messages(session, session.scalars(waiting.distinct().limit(CHUNK)).all())
    if not messages:
        return Outcome()
    recipients = _recipients(session, [message.delivery_id for message in messages], (first, until), (begins, ends))
    return _judge(session, messages, now, _Crowds(first, until, recipients))


def rejudge(
    session: Session, after: int, now: datetime, *, mailing_id: int | None = None
) -> tuple[int | None, Outcome]:
    """Judge again all clicks of the next CHUNK messages behind delivery ``after`` (of one mailing), as after a change
    of the rules. Returns the last delivery, None when there are no more. Clicks whose device has been erased keep the
    verdict they had."""
    pressed = sa.select(ClickEvent.delivery_id).where(ClickEvent.delivery_id > after)
    if mailing_id is not None:
        pressed = pressed.join(ClickEvent.delivery).where(Delivery.mailing_id == mailing_id)
    ids = session.scalars(pressed.distinct().order_by(ClickEvent.delivery_id).limit(CHUNK)).all()
    if not ids:
        return None, Outcome()
    return ids[-1], _judge(session, _messages(session, ids), now)


def _messages(session: Session, delivery_ids: Sequence[int]) -> list[_Message]:
    """Locked (PostgreSQL), so that no two workers give one click two effects."""
    number = sa.select(sa.func.count()).where(MailingLink.mailing_id == Delivery.mailing_id).scalar_subquery()
    query = sa.select(Delivery.id, number, Mailing.clicks_open_leads).join(Delivery.mailing)
    query = query.where(among(Delivery.id, list(delivery_ids))).order_by(Delivery.id)
    return [_Message(*row) for row in session.execute(query.with_for_update(of=Delivery, skip_locked=True))]


def _recipients(
    session: Session, delivery_ids: Sequence[int], due: tuple[datetime, datetime], window: tuple[datetime, datetime]
) -> dict[tuple[str, str], int]:
    """For each network and browser of the clicks that are due: for how many recipients they pressed in ``window``."""
    mine = among(ClickEvent.delivery_id, list(delivery_ids))
    networks = sa.select(ClickEvent.network).where(mine, ClickEvent.at.between(*due)).distinct()
    recipients = sa.func.count(ClickEvent.delivery_id.distinct())
    counted = sa.select(ClickEvent.network, ClickEvent.user_agent, recipients).where(
        ClickEvent.network.in_(networks), ClickEvent.at >= window[0], ClickEvent.at < window[1]
    )
    rows = session.execute(counted.group_by(ClickEvent.network, ClickEvent.user_agent))
    return {(network, agent): number for network, agent, number in rows}


def _judge(session: Session, messages: Sequence[_Message], now: datetime, crowds: _Crowds | None = None) -> Outcome:
    """Judge the clicks of ``messages`` that are due, with those near them; without ``crowds`` all clicks."""
    outcome = Outcome()
    for message in messages:
        clicks = _clicks(session, message.delivery_id, crowds.since if crowds else None)
        _complete_times(session, clicks)
        if crowds is not None:
            for click in clicks:
                crowds.count(click)
        presses = [_press(click) for click in clicks]
        accepted_at = next((click.accepted_at for click in clicks if click.accepted_at), None)
        found = judge(presses, accepted_at=accepted_at, links=message.links, now=now)
        for click in clicks:
            _note(click, found[click.id], now, outcome)
    session.flush()
    _effects(session, {message.delivery_id for message in messages if message.to_leads}, now, outcome)
    return outcome


def _clicks(session: Session, delivery_id: int, since: datetime | None) -> list[ClickEvent]:
    """In the order of time; from ``since`` on, with some before it, or all."""
    kept = sa.or_(ClickEvent.judged_at.is_(None), ClickEvent.network != "", ClickEvent.user_agent != "")
    query = sa.select(ClickEvent).where(ClickEvent.delivery_id == delivery_id, kept)
    if since is None:
        return list(session.scalars(query.order_by(ClickEvent.at, ClickEvent.id).limit(BEFORE + TOGETHER)))
    before = query.where(ClickEvent.at < since, ClickEvent.at >= since - LOOK_BACK)
    earlier = session.scalars(before.order_by(ClickEvent.at.desc(), ClickEvent.id.desc()).limit(BEFORE)).all()
    later = query.where(ClickEvent.at >= since).order_by(ClickEvent.at, ClickEvent.id).limit(TOGETHER)
    return [*reversed(earlier), *session.scalars(later)]


def _complete_times(session: Session, clicks: Iterable[ClickEvent]) -> None:
    """A scanner is often quicker than the record of the sending: look again when the mail was accepted."""
    missing = [click for click in clicks if click.accepted_at is None]
    if missing:
        accepted_at = session.scalar(sa.select(Delivery.done_at).where(Delivery.id == missing[0].delivery_id))
        for click in missing:
            click.accepted_at = accepted_at


def _press(click: ClickEvent) -> Press:
    return Press(
        click.id, click.at, click.link_position, click.method, click.user_agent, click.network, click.crowd or 0,
        click.link_position == links.TRAP,
    )


def _note(click: ClickEvent, found: Judgement, now: datetime, outcome: Outcome) -> None:
    if found.verdict is not click.verdict:
        outcome.changes[(click.verdict.value, found.verdict.value)] += 1
    click.verdict, click.reason = found.verdict, found.reason.value
    if found.verdict is not Verdict.PENDING:
        click.judged_at = now
        outcome.judged += 1


# -- what follows for leads -----------------------------------------------------------------------------------


def _effects(session: Session, delivery_ids: Collection[int], now: datetime, outcome: Outcome) -> None:
    """Give each link of the messages that a person pressed its one activity, and take it from where none did."""
    if not delivery_ids:
        return
    query = sa.select(ClickEvent).where(
        among(ClickEvent.delivery_id, list(delivery_ids)), ClickEvent.link_position != links.TRAP,
        sa.or_(ClickEvent.verdict == Verdict.HUMAN, ClickEvent.lead_source.is_not(None)),
    )
    by_link: dict[tuple[int, int], list[ClickEvent]] = defaultdict(list)
    for click in session.scalars(query.order_by(ClickEvent.at, ClickEvent.id)):
        by_link[click.delivery_id, click.link_position].append(click)
    for clicks in by_link.values():
        for click in clicks:
            if click.lead_source and click.verdict is not Verdict.HUMAN:
                leads.retract(session, click.lead_source, now=now)
                click.lead_source = None
                outcome.retracted += 1
        people = [click for click in clicks if click.verdict is Verdict.HUMAN]
        if people and not any(click.lead_source for click in people):
            outcome.added += _open_lead(session, people[0], now)
    session.flush()


def _open_lead(session: Session, click: ClickEvent, now: datetime) -> bool:
    """The click on the company's lead; False if the company is gone."""
    delivery = session.get_one(Delivery, click.delivery_id)
    company = session.get(Company, delivery.company_id)
    workplace = service.workplace_of(session, delivery, company)
    if company is None or workplace is None:
        return False
    link = session.scalar(
        sa.select(MailingLink).where(
            MailingLink.mailing_id == delivery.mailing_id, MailingLink.position == click.link_position
        )
    )
    contact = session.get(Contact, delivery.contact_id)
    click.effects += 1
    click.lead_source = f"click:{click.id}:{click.effects}"
    leads.open_or_update(
        session, company=company, workplace=workplace, wants=(),
        respondent=Respondent(contact.name, contact.phone, contact.email or "") if contact else Respondent(),
        note=(link.label or link.url) if link else "", source=click.lead_source, source_label=CLICK_LABEL, at=click.at,
        now=now, base_url="", tell=False,
    )
    return True


class Judge:
    """The worker's part."""

    def __init__(self, app: Flask):
        self._app, self._clock = app, app.extensions["outreach"].clock

    def step(self) -> bool:
        """Judge what is due; False if nothing is."""
        with self._app.app_context():
            due = anything_due(db.session, self._clock.now())
            db.session.rollback()
            if not due:
                return False
            with unit_of_work(db.session) as session:
                return judge_due(session, self._clock.now()).judged > 0

    def close(self) -> None:
        """Nothing is held."""
