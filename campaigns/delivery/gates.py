"""What may still hold a recipient back when the row is claimed, beside opt-out and consent.

A gate is a condition over the ``delivery`` row, put into the claiming statement itself, so that a decision and the
claim are one. Most claims need none: each gate looks first whether it can hold at all. Areas above hand theirs in at
start (``app.extensions[KEY]``, docs/decisions/0004-history-handed-down.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

from campaigns.delivery import frequency
from campaigns.delivery.rules import SkipReason

KEY = "outreach.delivery_gates"


@dataclass(frozen=True, slots=True)
class Gate:
    """Rows for which ``condition`` (SQL over ``delivery``) is true are skipped for ``reason``. ``moments``: the
    instants the condition names as parameters."""

    reason: SkipReason
    condition: str
    moments: Mapping[str, datetime] = field(default_factory=dict)


#: The gate that stands for a mailing at a moment, None if it holds nobody back.
Keeper = Callable[[Session, int, datetime], Gate | None]


def hand_in(app: Flask, keeper: Keeper) -> None:
    """Let ``keeper`` be asked before every claim."""
    app.extensions.setdefault(KEY, []).append(keeper)


def standing(app: Flask, session: Session, mailing_id: int, now: datetime) -> list[Gate]:
    """The gates of a mailing, within the unit of work that is about to claim."""
    found = [keeper(session, mailing_id, now) for keeper in app.extensions.get(KEY, ())]
    cap = frequency.in_force(session, app.extensions["outreach"].settings.frequency)
    if cap is not None and (condition := frequency.condition(session, mailing_id, cap, now)):
        found.append(Gate(SkipReason.FREQUENCY, condition, {frequency.SINCE: now - frequency.window(cap)}))
    return [gate for gate in found if gate is not None]
