"""Clicks on tracked links: where each leads, and the raw record of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from campaigns.delivery.models import Delivery
from campaigns.mailings.models import MailingLink
from campaigns.responses.models import ClickEvent
from outreach.db import BUSY_TIMEOUT_MS, unit_of_work

log = structlog.get_logger()

#: A reader waits this long at most for the record of the click; then they go on without one.
PATIENCE_MS = 500


def target(session: Session, delivery_id: int, position: int) -> str | None:
    """The address behind the link at ``position`` of the delivery's mailing."""
    query = sa.select(MailingLink.url).join(Delivery, Delivery.mailing_id == MailingLink.mailing_id)
    return session.scalar(query.where(Delivery.id == delivery_id, MailingLink.position == position))


def record(
    engine: sa.Engine, *, delivery_id: int, position: int, at: datetime, method: str, address: str, user_agent: str
) -> bool:
    """Keep the click as it came, in a unit of work of its own. False if the database was too busy."""
    event = ClickEvent(
        delivery_id=delivery_id, link_position=position, at=at, method=method[:8], address=address[:64],
        user_agent=user_agent[:300],
    )
    try:
        with (
            engine.connect() as connection, _impatient(connection), Session(connection) as session,
            unit_of_work(session),
        ):
            session.add(event)
    except OperationalError as error:
        log.warning("click.not_recorded", delivery=delivery_id, position=position, error=str(error.orig))
        return False
    return True


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
