"""Workplaces follow their district: when another centre begins to answer for it, they become that centre's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from outreach.clock import kst_today
from outreach.companies.models import Workplace
from outreach.db import db, reading, unit_of_work
from outreach.regions.service import CentreIndex

#: Workplaces moved in one unit of work, so that none is long.
CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Move:
    """The workplaces of ``district_id`` that ``centre_id`` has are ``wanted``'s now; None: nobody's."""

    district_id: int
    centre_id: int | None
    wanted: int | None


def due(session: Session, day: date) -> list[Move]:
    """What is to be moved for ``day``. Of a district that is no more and whose successors have different centres,
    nobody can tell: its workplaces stay where they are."""
    index = CentreIndex(session, day)
    placed = sa.select(Workplace.district_id, Workplace.centre_id).where(Workplace.district_id.is_not(None)).distinct()
    moves = [Move(row.district_id, row.centre_id, index.centre_id(row.district_id)) for row in session.execute(placed)]
    return [
        move for move in moves
        if move.wanted != move.centre_id and not (move.wanted is None and index.is_retired(move.district_id))
    ]


def carry_out(session: Session, move: Move, *, now: datetime) -> int:
    """Move up to CHUNK workplaces; how many. Leads stay with the centre that works them."""
    is_old = Workplace.centre_id.is_(None) if move.centre_id is None else Workplace.centre_id == move.centre_id
    some = sa.select(Workplace.id).where(Workplace.district_id == move.district_id, is_old).limit(CHUNK)
    change = sa.update(Workplace).where(Workplace.id.in_(some)).values(centre_id=move.wanted, updated_at=now)
    return session.execute(change.execution_options(synchronize_session=False)).rowcount


def follow(app: Flask) -> int:
    """Everything that is due, chunk by chunk; for the clock and for `jobs run`. How many workplaces were moved."""
    now, total = app.extensions["outreach"].clock.now(), 0
    with reading():
        moves = due(db.session, kst_today(now))
        db.session.rollback()
    for move in moves:
        moved = CHUNK
        while moved == CHUNK:
            with unit_of_work(db.session) as session:
                moved = carry_out(session, move, now=now)
            total += moved
    return total
