"""The shipped region tables into the database. Loading twice changes nothing; loading a newer file adds
and ends rows. Jurisdictions that a person added or ended, and centres that one corrected, stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outreach.audit.models import ChangeRecord
from outreach.regions import rules
from outreach.regions.models import (
    Centre,
    Certainty,
    ComplexKind,
    IndustrialComplex,
    Jurisdiction,
    Region,
    RegionLevel,
)
from outreach.regions.reference import RegionReference, load_regions

#: What a person's correction of a centre is called in its history.
EDITED = "edit"

KINDS = {
    "국가": ComplexKind.NATIONAL, "일반": ComplexKind.GENERAL, "도시첨단": ComplexKind.URBAN_HIGH_TECH,
    "농공": ComplexKind.AGRO_INDUSTRIAL,
}


def load_reference(session: Session, tables: RegionReference | None = None) -> Counter[str]:
    """Bring the tables of regions, centres, jurisdictions and complexes up to ``tables`` (the shipped
    files). Returns how many rows of each were added."""
    tables = tables or load_regions()
    added: Counter[str] = Counter()
    regions = _load_regions(session, tables, added)
    centres = _load_centres(session, tables, added)
    _load_jurisdictions(session, tables, regions, centres, added)
    _load_complexes(session, tables, regions, added)
    session.flush()
    return added


def _load_regions(session: Session, tables: RegionReference, added: Counter[str]) -> dict[str, Region]:
    known = {row.code: row for row in session.scalars(sa.select(Region))}
    for province in tables.provinces:
        _put(session, known, province.code, Region, _region(province, RegionLevel.PROVINCE), added, "provinces")
    session.flush()
    for district in tables.districts:
        values = _region(district, RegionLevel.DISTRICT) | {"parent_id": known[district.province].id}
        _put(session, known, district.code, Region, values, added, "districts")
    session.flush()
    for row in tables.provinces:
        _follow(known, row.code, (row.successor,) if row.successor else ())
    for district in tables.districts:
        _follow(known, district.code, district.successors)
    return known


def _region(row: rules.Province | rules.District, level: RegionLevel) -> dict[str, Any]:
    return {
        "level": level, "code": row.code, "name_ko": row.name_ko, "name_en": row.name_en, "valid_from": row.valid_from,
        "valid_to": row.valid_to, "source": row.source, "certainty": Certainty(row.certainty),
    }


def _follow(known: Mapping[str, Region], code: str, successors: tuple[str, ...]) -> None:
    wanted = [known[successor] for successor in successors]
    if {row.code for row in known[code].successors} != set(successors):
        known[code].successors = wanted


def _load_centres(session: Session, tables: RegionReference, added: Counter[str]) -> dict[str, Centre]:
    known = {row.code: row for row in session.scalars(sa.select(Centre))}
    edited = set(session.scalars(sa.select(ChangeRecord.subject_id).filter_by(subject="centre", action=EDITED)))
    for centre in tables.centres:
        values = {
            "code": centre.code, "name_ko": centre.name_ko, "name_en": centre.name_en, "phone": centre.phone,
            "valid_from": centre.pilot_from, "source": centre.source, "certainty": Certainty(centre.certainty),
        }
        if centre.code in known and known[centre.code].id in edited:  # a person knew better
            continue
        _put(session, known, centre.code, Centre, values, added, "centres")
    session.flush()
    return known


def _load_jurisdictions(
    session: Session, tables: RegionReference, regions: Mapping[str, Region], centres: Mapping[str, Centre],
    added: Counter[str],
) -> None:
    """Add what is missing where no other row holds at that time; end an open row that the file ends."""
    rows: dict[int, list[Jurisdiction]] = {}
    for row in session.scalars(sa.select(Jurisdiction)):
        rows.setdefault(row.region_id, []).append(row)
    for wanted in tables.jurisdictions:
        region, centre = regions[wanted.district], centres[wanted.centre]
        present = rows.setdefault(region.id, [])
        same = next((r for r in present if r.centre_id == centre.id and r.valid_from == wanted.valid_from), None)
        if same is not None:
            same.valid_to = same.valid_to or wanted.valid_to
        elif not any(_overlap(row, wanted) for row in present):
            row = Jurisdiction(
                centre_id=centre.id, region_id=region.id, valid_from=wanted.valid_from, valid_to=wanted.valid_to,
                source=wanted.source, certainty=Certainty(wanted.certainty),
            )
            session.add(row)
            present.append(row)
            added["jurisdictions"] += 1


def _overlap(row: Jurisdiction, wanted: rules.Jurisdiction) -> bool:
    return (row.valid_from or date.min) <= (wanted.valid_to or date.max) and wanted.valid_from <= (
        row.valid_to or date.max
    )


def _load_complexes(
    session: Session, tables: RegionReference, regions: Mapping[str, Region], added: Counter[str]
) -> None:
    known = {row.name: row for row in session.scalars(sa.select(IndustrialComplex))}
    for row in tables.complexes:
        values = {
            "name": row.name_ko, "kind": KINDS[row.kind], "region_id": regions[row.district].id,
            "manager": row.manager, "source": row.source, "certainty": Certainty(row.certainty),
        }
        _put(session, known, row.name_ko, IndustrialComplex, values, added, "complexes")


def _put(
    session: Session, known: dict[str, Any], key: str, model: type[Any], values: Mapping[str, Any],
    added: Counter[str], table: str,
) -> None:
    """Update the row of ``key`` where it differs, or add it."""
    row = known.get(key)
    if row is None:
        known[key] = row = model(**values)
        session.add(row)
        added[table] += 1
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
