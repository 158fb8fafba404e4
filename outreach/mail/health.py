"""How the mail servers fare, written down for an operator's eyes; a healthy server costs no writing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.mail.models import MailServer
from outreach.mail.servers import ServerSetting

#: How often it is noted that a server works.
NOTED_EVERY = timedelta(minutes=1)


def note_failure(session: Session, name: str, reason: str, rest: float, *, now: datetime) -> None:
    """A worker could send nothing (more) by the server and leaves it alone for ``rest`` seconds."""
    row = _row(session, name)
    row.failures, row.failed_at = (row.failures or 0) + 1, now
    row.rests_until, row.reason = now + timedelta(seconds=rest), reason[:300]
    session.flush()


def note_success(session: Session, name: str, *, now: datetime) -> None:
    """A batch went through the server."""
    row = _row(session, name)
    row.failures, row.rests_until, row.worked_at = 0, None, now
    session.flush()


def _row(session: Session, name: str) -> MailServer:
    row = session.get(MailServer, name, with_for_update=True, populate_existing=True)
    if row is not None:
        return row
    with suppress(IntegrityError), session.begin_nested():  # another worker was quicker
        session.add(MailServer(name=name, failures=0, reason=""))
    return session.get_one(MailServer, name, with_for_update=True, populate_existing=True)


@dataclass(frozen=True, slots=True)
class ServerHealth:
    """A server of the present setting, and what the workers last said of it (None: not used yet)."""

    setting: ServerSetting
    noted: MailServer | None

    def rests(self, now: datetime) -> bool:
        """Whether it is left alone at the moment."""
        return bool(self.noted and self.noted.rests_until and self.noted.rests_until > now)


def health(session: Session, settings: Sequence[ServerSetting]) -> list[ServerHealth]:
    """In the order of the setting."""
    names = [setting.name for setting in settings]
    rows = {row.name: row for row in session.scalars(sa.select(MailServer).where(MailServer.name.in_(names)))}
    return [ServerHealth(setting, rows.get(setting.name)) for setting in settings]
