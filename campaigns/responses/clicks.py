"""Clicks on tracked links: where each leads, and the raw record of it.

A reader never waits for the database: while it is busy, as during a large mailing, a click is put aside as a
file of its own (``<data folder>/clicks/<random>.json``), and a worker takes it in a moment later. A click taken
in when the worker is killed between its commit and the removal of the file is kept twice; none is lost.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.mailings.models import MailingLink
from campaigns.responses.models import ClickEvent
from outreach.db import BUSY_TIMEOUT_MS, db, unit_of_work

log = structlog.get_logger()

#: A reader waits this long at most for the database; then the click is put aside.
PATIENCE_MS = 50
#: Clicks that a worker takes in at once.
BATCH = 500


def folder(app: Flask) -> Path:
    """Where clicks wait that found the database busy."""
    return app.extensions["outreach"].settings.data_dir / "clicks"


def target(session: Session, delivery_id: int, position: int) -> str | None:
    """The address behind the link at ``position`` of the delivery's mailing."""
    query = sa.select(MailingLink.url).join(Delivery, Delivery.mailing_id == MailingLink.mailing_id)
    return session.scalar(query.where(Delivery.id == delivery_id, MailingLink.position == position))


def record(
    engine: sa.Engine, waiting: Path, *, delivery_id: int, position: int, at: datetime, method: str, address: str,
    user_agent: str,
) -> None:
    """Keep the click as it came, in a unit of work of its own, or in the folder ``waiting``."""
    click = {
        "delivery_id": delivery_id, "link_position": position, "at": at, "method": method[:8],
        "address": address[:64], "user_agent": user_agent[:300],
    }
    try:
        with (
            engine.connect() as connection, _impatient(connection), Session(connection) as session,
            unit_of_work(session),
        ):
            session.add(ClickEvent(**click))
    except OperationalError:
        _put_aside(waiting, click)


def _put_aside(waiting: Path, click: dict[str, Any]) -> None:
    """As a file that is there whole or not at all. Where even that fails, the reader goes on all the same."""
    path = waiting / f"{uuid4().hex}.json"
    try:
        waiting.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(click | {"at": click["at"].isoformat()}), encoding="utf-8")
        part.rename(path)
    except OSError as error:
        log.error("click.lost", delivery=click["delivery_id"], error=str(error))


class Backlog:
    """The worker's side: takes in the clicks that were put aside."""

    def __init__(self, app: Flask):
        self._app, self._folder = app, folder(app)

    def step(self) -> bool:
        """Take in a batch; False if none waits or another worker is at it."""
        if not next(self._folder.glob("*.json"), None):
            return False
        with (self._folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            paths = list(islice(self._folder.glob("*.json"), BATCH))
            clicks = [click for click in map(_read, paths) if click is not None]
            with self._app.app_context(), unit_of_work(db.session) as session:
                session.add_all(_known(session, clicks))
            for path in paths:
                path.unlink(missing_ok=True)
        return True

    def close(self) -> None:
        """Nothing is held."""


def _read(path: Path) -> ClickEvent | None:
    """The click; a file that holds none is set aside for a person to look at, and holds up no other."""
    try:
        click = json.loads(path.read_text(encoding="utf-8"))
        return ClickEvent(**click | {"at": datetime.fromisoformat(click["at"])})
    except (ValueError, TypeError, KeyError) as error:
        log.error("click.unreadable", file=path.name, error=str(error))
        path.rename(path.with_suffix(".bad"))
        return None


def _known(session: Session, clicks: Sequence[ClickEvent]) -> list[ClickEvent]:
    """Without those whose delivery was deleted meanwhile, as their clicks are then."""
    asked = {click.delivery_id for click in clicks}
    there = set(session.scalars(sa.select(Delivery.id).where(Delivery.id.in_(asked))))
    return [click for click in clicks if click.delivery_id in there]


@contextmanager
def _impatient(connection: sa.Connection) -> Iterator[None]:
    """On SQLite: give up on a locked database after PATIENCE_MS instead of the usual wait."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
