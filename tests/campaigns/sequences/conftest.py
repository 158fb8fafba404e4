"""Following up: the delivery tests' people and mailing, with the real history, a mail server and an engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from campaigns.audience.history import KEY as HISTORY
from campaigns.delivery import service as delivery
from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery
from campaigns.mailings import service as mailings
from campaigns.mailings.compose import Addresses
from campaigns.mailings.models import Mailing
from campaigns.mailings.service import Setting
from campaigns.responses import service as responses
from campaigns.responses.rules import Answer
from campaigns.sequences import service
from campaigns.sequences.jobs import Rounds
from campaigns.sequences.models import Sequence, SequenceMember
from campaigns.sequences.rules import StepCondition
from outreach.companies.models import Contact
from outreach.db import db
from tests.campaigns.delivery.conftest import (  # noqa: F401 - fixtures
    actor_of,
    approver,
    draft,
    engine,
    officer,
    server,
)


@pytest.fixture
def send(engine: Engine, clock) -> Callable[[], None]:  # noqa: F811 - the fixture
    """Start what is due and work until there is nothing to do."""

    def act() -> None:
        delivery.start_due(db.session, now=clock.now())
        db.session.commit()
        for _ in range(300):
            engine._rests_until = 0.0
            if not engine.step():
                break
        db.session.expire_all()

    return act


@pytest.fixture
def setting_now(app: Flask, clock) -> Callable[[], Setting]:
    """The setting of a page that is asked for now."""
    return lambda: Setting(
        app.jinja_env, Addresses(picture=None, material=None), app.extensions[HISTORY], clock.now()
    )


@pytest.fixture
def go_out(approver, setting_now, clock, send) -> Callable[[Mailing], None]:  # noqa: F811
    """Approve a mailing of its own, and send it now."""

    def act(mailing: Mailing) -> None:
        setting = setting_now()
        mailings.submit(db.session, actor_of(approver), mailing, setting)
        found = mailings.check(db.session, mailing, setting)
        mailings.approve(
            db.session, approver.scope(), actor_of(approver), mailing, setting, content_hash=found.content_hash
        )
        delivery.freeze(db.session, mailing.id, setting.history, now=clock.now())
        mailings.schedule(
            db.session, actor_of(approver), mailing, clock.now(), now=clock.now(), smtp_ready=True
        )
        send()

    return act


def row_of(mailing: Mailing, number: int) -> Delivery:
    """The row of the company with this number (tests.campaigns.delivery.conftest.add_companies)."""
    named = Delivery.address.startswith(f"person{number}@")
    return db.session.scalars(sa.select(Delivery).where(Delivery.mailing_id == mailing.id, named)).one()


def respond(row: Delivery, at) -> None:
    """The form behind the mail's link, filled in."""
    responses.submit_by_mail(
        db.session, row, Answer(message="상담 바랍니다", consented=True), submission=f"s{row.id}-{at.timestamp()}",
        now=at, base_url="http://localhost",
    )
    db.session.commit()


@pytest.fixture
def rounds(app: Flask) -> Rounds:
    return Rounds(app)


@pytest.fixture
def work(rounds, send) -> Callable[[], None]:
    """The clock and the workers at this moment: start what is due, send, take rounds, until nothing moves."""

    def act() -> None:
        for _ in range(20):
            send()
            rounds._looks_at = 0.0
            if not rounds.step():
                break
        db.session.expire_all()

    return act


@pytest.fixture
def make(draft, officer, now) -> Callable[..., Sequence]:  # noqa: F811
    """A sequence of steps, each (days, condition) after the first, to all contacts of the centre."""

    def act(*later: tuple[int, StepCondition], **values) -> Sequence:
        mail = {name: getattr(draft, name) for name in service.TAKEN_OVER}
        actor = actor_of(officer)
        sequence = service.create(db.session, actor, draft.campaign, "가을 안내", mail, now=now)
        while len(sequence.steps) < 1 + len(later):
            service.add_step(db.session, actor, sequence, now=now)
        steps = {
            position: {"wait": wait, "unit": "days", "condition": condition.value}
            for position, (wait, condition) in enumerate(later, start=2)
        }
        values = {"audience_id": draft.audience_id, "steps": steps, **values}
        service.edit(db.session, actor, sequence, values, version=None, now=now)
        db.session.commit()
        return sequence

    return act


@pytest.fixture
def begin(approver, setting_now, clock) -> Callable[[Sequence], Sequence]:  # noqa: F811
    """Submit, approve and start now."""

    def act(sequence: Sequence) -> Sequence:
        actor, setting = actor_of(approver), setting_now()
        service.submit(db.session, actor, sequence, setting)
        found = service.check(db.session, sequence, setting)
        service.approve(
            db.session, approver.scope(), actor, sequence, setting, content_hash=found.content_hash or ""
        )
        delivery.freeze(db.session, sequence.steps[0].mailing_id, setting.history, now=clock.now())
        service.start(db.session, actor, sequence, clock.now(), now=clock.now(), smtp_ready=True)
        db.session.commit()
        return sequence

    return act


def stands(sequence: Sequence) -> dict[int, tuple[int, str, str]]:
    """Number of the company -> (step, state, reason or '')."""
    found = {}
    query = sa.select(SequenceMember, Contact.name).join(Contact, Contact.id == SequenceMember.contact_id)
    for member, name in db.session.execute(query.where(SequenceMember.sequence_id == sequence.id)):
        db.session.refresh(member)
        reason = member.reason.value if member.reason else ""
        found[int(name.removeprefix("김담당"))] = (member.position, member.state.value, reason)
    return found
