"""Reads the programme catalogue that ships with the program (``data/programmes.json``) into plain rows.

The file is the starting stock of the database, where staff keep it further. A programme (육아휴직 지원금) has
versions, one for each time its rules changed; a version without ``valid_to`` is in force until a newer one
begins. A version's ``certainty`` is that of its weakest part and is shown wherever the version is quoted:
nothing known from practice may look like something read in the law.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from outreach.regions.rules import CERTAINTIES

DATA = Path(__file__).with_name("data") / "programmes.json"
KINDS = (
    "leave",
    "hours",
    "substitute",
    "flexible",
    "consulting",
    "staffing",
    "childcare",
    "certification",
    "local",
)
PAYEES = ("employer", "worker", "service")

#: Longest text the database takes, by field of a version.
_LENGTHS = {"period": 200, "apply_at": 200, "legal_basis": 200, "source": 300, "source_url": 500}


@dataclass(frozen=True, slots=True)
class Amount:
    """One sum or limit. ``amount_won`` is None where it is unknown or not money (then ``note`` says
    what it is); 0 means free of charge. ``unit``: '원/월', '원', '일'."""

    label: str
    amount_won: int | None
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class ProgrammeVersion:
    """A programme's rules from ``valid_from`` (None: since before our records) to ``valid_to``
    (None: open), both days included. ``certainty``: V, S or M (see outreach.regions.rules);
    ``certainty_note`` says which part is the better or worse known one. ``checked_on`` is None as long
    as nobody compared the row with its source."""

    valid_from: date | None
    valid_to: date | None
    certainty: str
    certainty_note: str
    source: str
    source_url: str | None
    checked_on: date | None
    summary_ko: str
    summary_en: str
    audience: str
    conditions: tuple[str, ...]
    amounts: tuple[Amount, ...]
    period: str
    apply_at: str
    legal_basis: str
    combination: str

    @property
    def conditions_text(self) -> str:
        """The conditions as one text, a line each."""
        return "\n".join(self.conditions)

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme under its present name; ``payee`` is whom it pays or serves."""

    code: str
    kind: str
    payee: str
    name_ko: str
    name_en: str
    agency: str
    versions: tuple[ProgrammeVersion, ...]

    def version_on(self, day: date) -> ProgrammeVersion | None:
        """The version in force on ``day``; None before it began, after it ended, or if not known."""
        return next((version for version in self.versions if version.holds_on(day)), None)


@lru_cache(maxsize=1)
def load_programmes() -> tuple[Programme, ...]:
    """The catalogue in the file's order, versions oldest first; read once per process.
    Raises ValueError naming programme and version of whatever does not hold together."""
    programmes = tuple(_programme(entry) for entry in json.loads(DATA.read_text(encoding="utf-8"))["programmes"])
    problems = [*_problems(programmes)]
    if problems:
        raise ValueError("programme data: " + "; ".join(problems))
    return programmes


def programme(code: str) -> Programme:
    """The programme of that code. Raises KeyError."""
    for row in load_programmes():
        if row.code == code:
            return row
    raise KeyError(code)


def _programme(entry: dict[str, Any]) -> Programme:
    try:
        return Programme(**entry | {"versions": tuple(_version(version) for version in entry["versions"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"programme {entry.get('code')}: {error}") from error


def _version(entry: dict[str, Any]) -> ProgrammeVersion:
    days: dict[str, Any] = {name: date.fromisoformat(entry[name]) if entry[name] else None for name in _DAYS}
    lists: dict[str, Any] = {
        "conditions": tuple(entry["conditions"]),
        "amounts": tuple(Amount(**amount) for amount in entry["amounts"]),
    }
    return ProgrammeVersion(**entry | days | lists)


_DAYS = ("valid_from", "valid_to", "checked_on")


def _problems(programmes: tuple[Programme, ...]) -> Iterator[str]:
    codes = [row.code for row in programmes]
    yield from (f"code {code} twice" for code in set(codes) if codes.count(code) > 1)
    for row in programmes:
        if row.kind not in KINDS or row.payee not in PAYEES:
            yield f"{row.code}: kind {row.kind}, payee {row.payee}"
        if not row.versions:
            yield f"{row.code}: no version"
        for version in row.versions:
            yield from (f"{row.code} from {version.valid_from}: {what}" for what in _version_problems(version))
        for older, newer in pairwise(row.versions):
            if older.valid_to is None or newer.valid_from is None or newer.valid_from <= older.valid_to:
                yield f"{row.code}: versions from {older.valid_from} and {newer.valid_from} overlap"


def _version_problems(version: ProgrammeVersion) -> Iterator[str]:
    if version.certainty not in CERTAINTIES:
        yield f"certainty {version.certainty}"
    if (version.certainty == "M") != (version.checked_on is None):
        yield "checked_on does not fit the certainty"
    if not (version.summary_ko and version.summary_en and version.source):
        yield "summary or source missing"
    if version.valid_from and version.valid_to and version.valid_to < version.valid_from:
        yield "ends before it begins"
    for amount in version.amounts:
        if amount.amount_won is None and not amount.note:
            yield f"amount {amount.label} says nothing"
        if amount.amount_won is not None and amount.amount_won < 0:
            yield f"amount {amount.label} is negative"
    yield from (f"{name} too long" for name, limit in _LENGTHS.items() if len(getattr(version, name) or "") > limit)
