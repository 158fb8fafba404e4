"""Two workers are at the same mailing when its case is taken down: neither lets anything more out."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from campaigns.delivery import service
from campaigns.delivery.engine import Engine
from campaigns.mailings import service as mailings
from campaigns.mailings.rules import MailingState
from cases.library import consents
from cases.library.models import Case
from outreach.clock import kst_today
from outreach.db import db, unit_of_work
from tests.campaigns.delivery.conftest import BLOCKS, actor_of, add_companies
from tests.cases.making import make_case
from tests.smtp_server import Pause

RECIPIENTS, CONNECTIONS = 400, 2


def test_two_workers_stop_at_once(app, server, draft, officer, approve, start, now):
    case = make_case(officer.centre)
    blocks = [*BLOCKS, {"kind": "case", "case_id": case.id}]
    mailings.edit(db.session, actor_of(officer), draft, {"blocks": blocks}, version=None, now=now)
    add_companies(officer.centre_id, RECIPIENTS, now, address=lambda n: f"p{n}@c{n % 50}.example")
    start(approve(draft))
    case_id, scope, actor = case.id, officer.scope(), actor_of(officer)
    db.session.commit()
    outreach = app.extensions["outreach"]
    outreach.settings = replace(outreach.settings, smtp_url=server.url)
    server.script = lambda event: Pause(0.005) if event.stage == "dot" else None
    engines, over = [Engine(app, connections=CONNECTIONS) for _ in range(2)], threading.Event()

    def work(engine: Engine) -> None:
        while not over.is_set():
            engine.step() or over.wait(0.01)

    threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    try:
        deadline = time.monotonic() + 30
        while len({row.connection for row in server.messages}) < 2 * CONNECTIONS and time.monotonic() < deadline:
            time.sleep(0.005)
        with unit_of_work(db.session) as session:
            consents.take_down(
                session, scope, actor, session.get_one(Case, case_id), reason="회사가 원함", asked_on=kst_today(now),
                asked_by="상무", now=now,
            )
        left = len(server.messages)
        time.sleep(0.3)
    finally:
        over.set()
        for thread in threads:
            thread.join(30)
        for engine in engines:
            engine.close()
    assert left <= len(server.messages) <= left + 2 * CONNECTIONS < RECIPIENTS, "what was in flight was let finish"
    assert len({row.connection for row in server.messages}) >= 2 * CONNECTIONS, "both were at it"
    db.session.expire_all()
    assert draft.state is MailingState.PAUSED
    states = {state.value: n for state, n in service.statistics(db.session, draft.id).states.items()}
    assert states == {"accepted": len(server.messages), "queued": RECIPIENTS - len(server.messages)}
    assert len(set(server.recipients)) == len(server.recipients)
