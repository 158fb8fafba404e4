"""A mailing under way, a server to be broken, and the account that must balance in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from campaigns.delivery.engine import Engine
from campaigns.delivery.models import Delivery, DomainRest
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import Mailing
from campaigns.mailings.rules import MailingState
from outreach.clock import FixedClock
from outreach.companies.models import Suppression
from outreach.db import db
from outreach.mail.smtp import SmtpPool, Timeouts
from tests.campaigns.delivery.conftest import add_companies
from tests.smtp_server import SmtpServer

PATIENT = 30.0  # seconds; a test about silence waits less
DONE = (DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SKIPPED, DeliveryState.IN_DOUBT)


@dataclass
class Sending:
    """A started mailing and all that is needed to look at it."""

    app: Flask
    mailing_id: int
    clock: FixedClock

    def engine(self, server: SmtpServer, *, connections: int = 1, url: str | None = None) -> Engine:
        outreach = self.app.extensions["outreach"]
        outreach.settings = replace(outreach.settings, smtp_url=url or server.url)
        return Engine(self.app, connections=connections)

    def work(self, engine: Engine, *, steps: int = 200, through: type[Exception] | tuple[()] = ()) -> int:
        """Step until there is nothing to do now, going on after what is in ``through`` as the worker does. Returns
        how often that was raised."""
        raised = 0
        db.session.commit()
        for _ in range(steps):
            engine._rests_until = 0.0
            try:
                if not engine.step():
                    break
            except through:
                raised += 1
        db.session.rollback()
        return raised

    def finish(self, engine: Engine, **values: Any) -> None:
        """Work through all retries, moving the clock to each as it comes due."""
        for _ in range(20):
            self.work(engine, **values)
            due = db.session.scalar(self._mine(sa.func.min(Delivery.next_try_at)))
            db.session.rollback()
            if due is None:
                return
            self.clock.at = max(self.clock.at, due)

    def begin_anew(self) -> None:
        """As it was before anything was sent: building the site and a mailing for every fault would take minutes."""
        db.session.rollback()
        db.session.execute(sa.delete(Suppression))
        db.session.execute(sa.delete(DomainRest))
        db.session.execute(sa.update(Delivery).values(
            state=DeliveryState.QUEUED, attempts=0, worker=None, next_try_at=None, done_at=None, reply_code=None,
            reply_status=None, reply_stage=None, reply_text="", skip_reason=None, trouble=None,
        ))
        db.session.execute(sa.update(Mailing).values(state=MailingState.SENDING, finished_at=None, pause_reason=""))
        db.session.commit()

    def rows(self) -> list[Delivery]:
        db.session.rollback()
        db.session.expire_all()
        rows = list(db.session.scalars(self._mine(Delivery).order_by(Delivery.id)))
        db.session.rollback()
        return rows

    def row(self, number: int) -> Delivery:
        """Of the recipient person<number>."""
        return next(row for row in self.rows() if row.address.startswith(f"person{number}@"))

    def states(self) -> dict[str, int]:
        return dict(Counter(row.state.value for row in self.rows()))

    @property
    def mailing(self) -> Mailing:
        db.session.rollback()
        return db.session.get_one(Mailing, self.mailing_id, populate_existing=True)

    def balances(self, server: SmtpServer) -> None:
        """Nobody twice; what the server took is recorded as accepted or in doubt; what is recorded as accepted it
        took; nothing stays claimed."""
        received, rows = Counter(server.recipients), self.rows()
        assert [address for address, number in received.items() if number > 1] == []
        accepted = {row.address for row in rows if row.state is DeliveryState.ACCEPTED}
        doubtful = {row.address for row in rows if row.state is DeliveryState.IN_DOUBT}
        assert accepted <= received.keys() <= accepted | doubtful
        assert [row.id for row in rows if row.state is DeliveryState.CLAIMED] == []

    def _mine(self, what: Any) -> sa.Select[Any]:
        return sa.select(what).where(Delivery.mailing_id == self.mailing_id)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set how many seconds engines made from now on wait for a server's reply: the product waits minutes."""
    init, seconds = SmtpPool.__init__, [PATIENT]

    def quick(self: SmtpPool, *args: Any, **values: Any) -> None:
        waits = Timeouts(connect=PATIENT, reply=seconds[0], final=seconds[0])
        init(self, *args, **{**values, "timeouts": waits, "pause": 0.01})

    monkeypatch.setattr(SmtpPool, "__init__", quick)
    return lambda wanted: seconds.__setitem__(0, wanted)


@pytest.fixture
def sending(app, draft, officer, approve, start, clock, now) -> Callable[[int], Sending]:
    """Start a mailing to person1, person2, …"""

    def act(recipients: int) -> Sending:
        add_companies(officer.centre_id, recipients, now)
        start(approve(draft))
        return Sending(app, draft.id, clock)

    return act


@pytest.fixture
def closing() -> Iterator[Callable[[Engine], Engine]]:
    """Engines that are closed at the end of the test."""
    engines: list[Engine] = []
    yield lambda engine: engines.append(engine) or engine  # type: ignore[func-returns-value]
    for engine in engines:
        with suppress(Exception):
            engine.close()
