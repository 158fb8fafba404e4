"""Telling workers that there is work.

What is to be done stands in rows, and is claimed from them by compare-and-set; a dispatcher only says when to look,
so that whatever it loses or says twice does no harm. There are two:

* on SQLite, where all workers are on one machine, each looks for itself (outreach.worker);
* on PostgreSQL, Procrastinate wakes one worker of any host (outreach.jobs.procrastinate_dispatch), and each worker
  looks for itself now and then (docs/decisions/0017-procrastinate.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from threading import Event
from typing import Protocol

from sqlalchemy.orm import Session

from outreach.jobs.procrastinate_dispatch import Step, defer


class Dispatcher(Protocol):
    def run(self, steps: Mapping[str, Step], stop: Event) -> None:
        """Work for these sources until ``stop`` is set; the step under way is finished first."""
        ...


def announce(session: Session, source: str, key: str = "", *, at: datetime | None = None) -> None:
    """Say within the unit of work that writes the rows that ``source`` has work from ``at`` on (default: at once).
    It is said exactly if the unit is committed. ``key`` names what there is to do: as long as nobody has begun on
    it, saying it again adds nothing. On SQLite nothing needs to be said."""
    if session.get_bind().dialect.name == "postgresql":
        defer(session, source, key, at)
