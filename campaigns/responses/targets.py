"""Where tracked links lead, known without the database: one small file a mailing, ``links/<mailing>.json``.

Workers keep the files as the database has it from a mailing's approval on, so before its first message leaves; a web
process on another machine writes those it meets first. The database stays the truth: a mailing approved anew has
another edition and is written anew, a deleted one is removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session
from werkzeug.urls import iri_to_uri

from campaigns.mailings.models import Mailing, MailingLink

log = structlog.get_logger()

#: Seconds for which a process believes what it has read.
FRESH = 10.0
#: Mailings that a process keeps in memory.
REMEMBERED = 2_000


class Unknown(Exception):
    """The database can't be asked, and no file tells."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Of one approved mailing: ``edition`` (the hash of its approval) and the addresses by their place."""

    edition: str
    urls: tuple[str, ...]


def of_mailing(session: Session, mailing_id: int) -> Targets | None:
    """As the database has it; None for a mailing that is not there or has no links."""
    query = sa.select(MailingLink.position, MailingLink.url).where(MailingLink.mailing_id == mailing_id)
    places = dict(session.execute(query.order_by(MailingLink.position)).all())  # type: ignore[arg-type]
    if not places:
        return None
    edition = session.scalar(sa.select(Mailing.approved_hash).where(Mailing.id == mailing_id))
    return Targets(edition or "", tuple(iri_to_uri(places.get(at, "")) for at in range(max(places) + 1)))


class LinkBook:
    """The files, and what a process has read of them. ``ask(mailing_id)`` asks the database and may raise."""

    def __init__(self, folder: Path, ask: Callable[[int], Targets | None]):
        self._folder, self._ask = folder, ask
        self._known: dict[int, tuple[float, Targets]] = {}

    def url(self, mailing_id: int, position: int) -> str | None:
        """The address at ``position``, None if the mailing has none there. Raises Unknown."""
        known = self._known.get(mailing_id)
        if known is None or time.monotonic() - known[0] > FRESH:
            known = self._learn(mailing_id, known[1] if known else None)
        urls = known[1].urls
        return urls[position] or None if position < len(urls) else None

    def _learn(self, mailing_id: int, before: Targets | None) -> tuple[float, Targets]:
        targets = read(self._folder, mailing_id) or before or self._from_database(mailing_id)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        learned = self._known[mailing_id] = (time.monotonic(), targets)
        return learned

    def _from_database(self, mailing_id: int) -> Targets:
        try:
            targets = self._ask(mailing_id)
        except Exception as error:  # whatever is wrong with it: the reader is told to come again
            log.warning("links.database", mailing=mailing_id, error=str(error))
            raise Unknown(mailing_id) from error
        if targets is None:
            return Targets("", ())
        with contextlib.suppress(OSError):
            write(self._folder, mailing_id, targets)
        return targets


def read(folder: Path, mailing_id: int) -> Targets | None:
    """What the mailing's file says; None if there is none that can be read."""
    try:
        told = json.loads((folder / f"{mailing_id}.json").read_text(encoding="ascii"))
        return Targets(str(told["edition"]), tuple(map(str, told["urls"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(folder: Path, mailing_id: int, targets: Targets) -> None:
    """The file is there whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{mailing_id}.{os.getpid()}-{threading.get_ident()}.new"
    new.write_text(json.dumps({"edition": targets.edition, "urls": targets.urls}), encoding="ascii")
    new.rename(folder / f"{mailing_id}.json")


def keep_up(session: Session, folder: Path, written: dict[int, str]) -> None:
    """Bring the files up to the database. ``written``: the editions known to stand in files, by mailing; it is
    brought up, too, so that the next call has little to do. Raises OSError."""
    has_links = sa.exists().where(MailingLink.mailing_id == Mailing.id)
    query = sa.select(Mailing.id, Mailing.approved_hash).where(Mailing.approved_hash.is_not(None), has_links)
    approved: Sequence[sa.Row[tuple[int, str | None]]] = session.execute(query).all()
    for mailing_id, edition in approved:
        if written.get(mailing_id) == edition:
            continue
        there = read(folder, mailing_id)
        if there is None or there.edition != edition:
            targets = of_mailing(session, mailing_id)
            if targets is not None:
                write(folder, mailing_id, targets)
        written[mailing_id] = edition or ""
    _remove_deleted(session, folder)


def _remove_deleted(session: Session, folder: Path) -> None:
    named = {int(path.stem): path for path in folder.glob("*.json") if path.stem.isdigit()}
    if not named:
        return
    there = set(session.scalars(sa.select(Mailing.id)))
    for mailing_id in named.keys() - there:
        named[mailing_id].unlink(missing_ok=True)
