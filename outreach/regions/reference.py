"""Reads the region tables that ship with the program (``data/*.csv``) into plain rows.

The files are the starting stock of the database: rolling the service out further, or following a
change of borders, means adding rows, never editing code. Reading checks them, so that a slip in a
file stops the program at set-up and not a mailing half a year later.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from outreach.regions.rules import (
    CERTAINTIES,
    AddressIndex,
    Centre,
    Complex,
    District,
    IndustryDivision,
    IndustrySection,
    Jurisdiction,
    Province,
    build_index,
    centre_for,
    valid_on,
)

Row = TypeVar("Row")

DATA = Path(__file__).with_name("data")
KSIC_REVISION = "11"
#: Kinds of industrial complexes in the file, with their names in the program.
COMPLEX_KINDS = {"국가": "national", "일반": "general", "도시첨단": "urban_high_tech", "농공": "agro_industrial"}


@dataclass(frozen=True)
class RegionReference:
    """All region tables, in the order of their files. Dated tables hold past rows as well."""

    provinces: tuple[Province, ...]
    districts: tuple[District, ...]
    centres: tuple[Centre, ...]
    jurisdictions: tuple[Jurisdiction, ...]
    complexes: tuple[Complex, ...]
    sections: tuple[IndustrySection, ...]
    divisions: tuple[IndustryDivision, ...]

    def districts_on(self, on: date) -> list[District]:
        return [row for row in self.districts if valid_on(row, on)]

    def address_index(self, on: date) -> AddressIndex:
        return build_index(self.provinces, self.districts, on)

    def centre_of(self, district: str, on: date) -> str | None:
        """Code of the centre serving ``district`` on ``on``; None if no pilot centre does."""
        rows: dict[str, list[Jurisdiction]] = {}
        for row in self.jurisdictions:
            rows.setdefault(row.district, []).append(row)
        return centre_for(district, {row.code: row for row in self.districts}, rows, on)

    def section_of(self, ksic: str) -> str | None:
        """The section letter of a KSIC code written as '26', '26110' or 'C26'; None if unknown."""
        digits = ksic.strip().lstrip("ABCDEFGHIJKLMNOPQRSTUabcdefghijklmnopqrstu")[:2]
        return next((row.section for row in self.divisions if row.division == digits), None)


@lru_cache(maxsize=1)
def load_regions() -> RegionReference:
    """The tables, read once per process. Raises ValueError naming file and row of a bad entry."""
    reference = RegionReference(
        provinces=_read("provinces.csv", _province),
        districts=_read("districts.csv", _district),
        centres=_read("centres.csv", _centre),
        jurisdictions=_read("jurisdictions.csv", _jurisdiction),
        complexes=_read("complexes.csv", lambda row: Complex(**row)),
        sections=_read("ksic_sections.csv", lambda row: IndustrySection(**row)),
        divisions=_read("ksic_divisions.csv", lambda row: IndustryDivision(**row)),
    )
    problems = list(_problems(reference))
    if problems:
        raise ValueError("region data: " + "; ".join(problems))
    return reference


def _read(name: str, make: Callable[[dict[str, Any]], Row]) -> tuple[Row, ...]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = []
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                if row["certainty"] not in CERTAINTIES:
                    raise ValueError(f"certainty {row['certainty']!r}")
                rows.append(make(row))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{name} line {number}: {error}") from error
        return tuple(rows)


def _days(row: dict[str, Any]) -> dict[str, Any]:
    first = date.fromisoformat(row["valid_from"])
    last = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    if last is not None and last < first:
        raise ValueError(f"ends {last} before it begins {first}")
    return {"valid_from": first, "valid_to": last}


def _province(row: dict[str, Any]) -> Province:
    return Province(**row | _days(row))


def _district(row: dict[str, Any]) -> District:
    return District(**row | _days(row) | {"successors": tuple(row["successors"].split())})


def _centre(row: dict[str, Any]) -> Centre:
    return Centre(**row | {"pilot_from": date.fromisoformat(row["pilot_from"])})


def _jurisdiction(row: dict[str, Any]) -> Jurisdiction:
    return Jurisdiction(**row | _days(row))


def _problems(reference: RegionReference) -> Iterator[str]:
    """What does not hang together: codes used twice or leading nowhere."""
    provinces = {row.code for row in reference.provinces}
    districts = {row.code for row in reference.districts}
    centres = {row.code for row in reference.centres}
    sections = {row.section for row in reference.sections}
    for codes in (
        [row.code for row in reference.provinces],
        [row.code for row in reference.districts],
        [row.code for row in reference.centres],
        [row.code for row in reference.complexes],
    ):
        yield from (f"code {code} twice" for code in set(codes) if codes.count(code) > 1)
    for district in reference.districts:
        if district.province not in provinces or district.code[:2] != district.province:
            yield f"district {district.code} in no province"
        lost = {code for code in (district.parent, *district.successors) if code and code not in districts}
        yield from (f"district {district.code} points to unknown {code}" for code in lost)
    for served in reference.jurisdictions:
        if served.centre not in centres or served.district not in districts:
            yield f"jurisdiction {served.centre}/{served.district} of unknown centre or district"
    for place in reference.complexes:
        if place.district not in districts or place.district[:2] != place.province:
            yield f"complex {place.code} in unknown district"
        if place.kind not in COMPLEX_KINDS:
            yield f"complex {place.code} of unknown kind {place.kind}"
    for division in reference.divisions:
        if division.section not in sections:
            yield f"division {division.division} in unknown section {division.section}"
