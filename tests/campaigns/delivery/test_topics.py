"""Leaving a topic takes effect before the next message leaves: when recipients are counted and written down, when
they are claimed, and for those claimed but not yet in the socket."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.audience import service as audiences
from campaigns.audience.rules import Exclusion
from campaigns.delivery import service
from campaigns.delivery.engine import Engine
from campaigns.delivery.rules import SkipReason
from campaigns.mailings import service as mailings
from outreach.companies.preferences import leave
from outreach.companies.topics import Topic
from outreach.db import db, unit_of_work
from tests.campaigns.delivery.conftest import add_companies
from tests.smtp_server import Event

SECOND = "person2@company2.example"


def run(engine: Engine) -> None:
    db.session.commit()
    while engine.step():
        pass


def leave_now(address: str, topic: Topic, now) -> None:
    leave(db.session, address, {topic}, "test", now)
    db.session.commit()


@pytest.mark.parametrize(("topic", "included"), [(Topic.EVENTS, 2), (Topic.STORIES, 3), (None, 3)])
def test_the_audience_leaves_out_who_left_the_topic(draft, officer, setting, now, topic, included):
    add_companies(officer.centre_id, 3, now)
    leave(db.session, SECOND, {Topic.EVENTS}, "test", now)
    draft.topic = topic
    found = audiences.count(db.session, mailings.question(draft, setting.history, now))
    assert (found.included, found.excluded[Exclusion.SUPPRESSED]) == (included, 3 - included)


@pytest.mark.parametrize(("topic", "mailed"), [(Topic.EVENTS, 2), (Topic.STORIES, 3), (None, 3)])
def test_the_claim_skips_who_left_since_the_approval(
    server, engine, draft, officer, approve, start, now, topic, mailed
):
    draft.topic = topic
    add_companies(officer.centre_id, 3, now)
    start(approve(draft))
    leave_now(SECOND, Topic.EVENTS, now)
    run(engine)
    assert len(server.recipients) == mailed and (SECOND in server.recipients) == (mailed == 3)
    skipped = {SkipReason.SUPPRESSED: 3 - mailed} if mailed < 3 else {}
    assert service.statistics(db.session, draft.id).skipped == skipped


def test_who_leaves_while_the_batch_is_in_the_socket_gets_nothing(
    app, server, engine, draft, officer, approve, start, now
):
    """The whole batch is claimed; the last recipient leaves the topic while the first message is on its way."""
    draft.topic = Topic.EVENTS
    add_companies(officer.centre_id, 60, now, address=lambda n: f"p{n:02}@x.example")
    start(approve(draft))
    seen: list[str] = []

    def script(event: Event) -> None:
        if event.stage == "dot" and not seen:
            seen.append(event.argument)
            with app.app_context(), unit_of_work(db.session) as session:
                leave(session, "p60@x.example", {Topic.EVENTS}, "test", now)
                leave(session, "p59@x.example", {Topic.STORIES}, "test", now)

    server.script = script
    run(engine)
    assert "p60@x.example" not in server.recipients and "p59@x.example" in server.recipients
    assert len(server.recipients) == 59
    db.session.expire_all()
    assert service.statistics(db.session, draft.id).skipped == {SkipReason.SUPPRESSED: 1}


@pytest.mark.sqlite
def test_the_claim_asks_indexes_only(session):
    """Neither list of refusals is ever read through, however long it is."""
    plan = session.execute(sa.text(
        "EXPLAIN QUERY PLAN SELECT EXISTS (SELECT 1 FROM topic_suppression t WHERE t.address_key = d.address_key "
        "AND t.topic = (SELECT m.topic FROM mailing m WHERE m.id = 1)) FROM delivery d WHERE mailing_id = 1"
    )).all()
    assert any("uq_topic_suppression" in row.detail or "topic_suppression_1" in row.detail for row in plan), plan
    assert not any(row.detail.startswith("SCAN t") for row in plan)
