"""What a reader is told of a programme that a record names, on paper, in a mail, on a page: one row, chosen here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from outreach.programmes.models import ProgrammeVersion
from outreach.programmes.rules import current


class Told(NamedTuple):
    """``now``: the row in force, which readers can apply by; one that was given up stays as it was. ``then``: the row
    the record names, where that was another one: what the company used at the time."""

    now: ProgrammeVersion
    then: ProgrammeVersion | None


def told(version: ProgrammeVersion, day: date) -> Told:
    """What to tell on ``day`` of the programme that ``version`` is a row of."""
    now = current(version.programme.versions, day) or version
    return Told(now, version if now is not version else None)


def all_told(versions: Iterable[ProgrammeVersion], day: date) -> list[Told]:
    """One for each."""
    return [told(version, day) for version in versions]
