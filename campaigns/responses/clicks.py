"""From the spool into the database: clicks, opens and scans as raw events.

Each host has a folder of its own, ``<data folder>/clicks/<host name>``: its web processes write there, and they and the
host's workers take it in. An event is taken in once, however often it is read: its name is unique in the database.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.delivery.rules import DeliveryState
from campaigns.mailings.models import MailingLink
from campaigns.responses import targets
from campaigns.responses.models import ClickEvent, ResponsePlace, WeakSignal
from campaigns.responses.rules import SignalKind
from campaigns.responses.scanners import known_filter, known_program
from campaigns.responses.spool import Event, SpoolReader
from outreach import links
from outreach.db import among, db, reading, unit_of_work

log = structlog.get_logger()

#: Seconds for which a web process gathers events before it takes them in.
GATHER = 0.2
#: Waits after a failure, growing while the database is away.
REST = (1.0, 2.0, 5.0, 10.0)
#: Seconds between two looks for files to write or to remove.
TIDY_EVERY = 20.0


def folder(app: Flask) -> Path:
    """Where this host's events wait to be taken in."""
    return app.extensions["outreach"].settings.data_dir / "clicks" / (socket.gethostname() or "localhost")


def links_folder(app: Flask) -> Path:
    """Where the targets of tracked links stand (campaigns.responses.targets)."""
    return app.extensions["outreach"].settings.data_dir / "links"


def target(session: Session, delivery_id: int, position: int) -> str | None:
    """The address behind the link at ``position`` of the delivery's mailing."""
    query = sa.select(MailingLink.url).join(Delivery, Delivery.mailing_id == MailingLink.mailing_id)
    return session.scalar(query.where(Delivery.id == delivery_id, MailingLink.position == position))


# -- into the database ----------------------------------------------------------------------------------


def take_in(session: Session, events: Sequence[Event]) -> None:
    """Keep ``events`` as they came; ones that are there already stay as they are, and those of a delivery or place
    deleted meanwhile are gone with it."""
    clicks = [event for event in events if event.kind == links.CLICK]
    opens = [event for event in events if event.kind == links.OPEN]
    scans = [event for event in events if event.kind == links.PLACE]
    accepted = _accepted(session, [*clicks, *opens])
    places = _places(session, scans)
    _insert(session, ClickEvent.__table__, [
        {
            "event_id": event.id, "delivery_id": event.row_id, "link_position": event.position, "at": event.at,
            "method": event.method, "network": event.network, "user_agent": event.agent,
            "accepted_at": accepted[event.row_id],
        }
        for event in clicks if event.row_id in accepted
    ])
    _insert(session, WeakSignal.__table__, [
        *(_signal(event, SignalKind.OPEN, delivery_id=event.row_id) for event in opens if event.row_id in accepted),
        *(_signal(event, SignalKind.SCAN, place_id=event.row_id) for event in scans if event.row_id in places),
    ])


def _signal(event: Event, kind: SignalKind, *, delivery_id: int | None = None, place_id: int | None = None) -> Any:
    machine = event.method != "GET" or not event.agent or known_program(event.agent)
    return {
        "event_id": event.id, "kind": kind, "delivery_id": delivery_id, "place_id": place_id, "at": event.at,
        "method": event.method, "network": event.network, "user_agent": event.agent,
        "by_machine": machine or known_filter(event.network) is not None,
    }


def _accepted(session: Session, events: Sequence[Event]) -> dict[int, Any]:
    """Of the deliveries that are there: when each was accepted, None if it is not, or not yet."""
    if not events:
        return {}
    when = sa.case((Delivery.state == DeliveryState.ACCEPTED, Delivery.done_at))
    query = sa.select(Delivery.id, when).where(among(Delivery.id, list({event.row_id for event in events})))
    return dict(session.execute(query).all())  # type: ignore[arg-type]


def _places(session: Session, events: Sequence[Event]) -> set[int]:
    if not events:
        return set()
    asked = list({event.row_id for event in events})
    return set(session.scalars(sa.select(ResponsePlace.id).where(among(ResponsePlace.id, asked))))


def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(insert(table).on_conflict_do_nothing(index_elements=["event_id"]), rows)


# -- who does it ------------------------------------------------------------------------------------------


class Intake:
    """Takes this host's spool in, or that of ``place``. ``step`` is a worker's: False if nothing waits or another is
    at it."""

    def __init__(self, app: Flask, place: Path | None = None):
        self._app, self._reader = app, SpoolReader(place or folder(app))
        self._written: dict[int, str] = {}
        self._tidies_at = 0.0

    def step(self) -> bool:
        """Take in what waits, a piece of each segment; now and then keep files and database alike."""
        if time.monotonic() >= self._tidies_at:
            self._tidies_at = time.monotonic() + TIDY_EVERY  # first: if tidying fails, taking in goes on all the same
            self._tidy()
        return bool(self._reader.waiting()) and self.take_pieces() is True

    def take_pieces(self) -> bool | None:
        """True if something was taken in, False if nothing waited, None if another reader has the folder."""
        took = False
        with self._reader.locked() as ours:
            if not ours:
                return None
            for path in self._reader.waiting():
                piece = self._reader.next_piece(path)
                if piece is None:
                    continue
                with self._app.app_context(), unit_of_work(db.session) as session:
                    take_in(session, piece.events)
                self._reader.taken(piece)
                took = True
        return took

    def _tidy(self) -> None:
        with self._app.app_context(), reading():
            targets.keep_up(db.session, links_folder(self._app), self._written)
            db.session.rollback()
        if self._reader.folder.exists():
            with self._reader.locked() as ours:
                if ours:
                    self._reader.tidy()

    def close(self) -> None:
        """Nothing is held."""


class Pump:
    """A thread of the web process that takes its events in within a second, worker or not; started by the first
    event. What a process leaves when it ends, the host's workers or its next web process take in."""

    def __init__(self, app: Flask):
        self._app, self._wake = app, threading.Event()
        self._pid: int | None = None
        self._starting = threading.Lock()

    def noted(self) -> None:
        """There is an event."""
        if self._pid != os.getpid():
            self._start()
        if not self._wake.is_set():
            self._wake.set()

    def _start(self) -> None:
        with self._starting:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="clicks", daemon=True).start()

    def _run(self) -> None:
        intake, failures = Intake(self._app), 0
        while True:
            self._wake.wait()
            time.sleep(GATHER)
            self._wake.clear()
            try:
                took: bool | None = True
                while took:
                    took = intake.take_pieces()
                failures = 0
                if took is None:  # a worker is at it; whether it has seen our last events is not sure
                    self._wake.set()
            except Exception as error:  # the database is away, the disk is full: the events stay in their file
                log.warning("clicks.intake", error=str(error).splitlines()[0][:300])
                time.sleep(REST[min(failures, len(REST) - 1)])
                failures += 1
                self._wake.set()
