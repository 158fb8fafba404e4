"""Regions and centres in the database: loading the shipped tables, and who answers for a district when.

The files of outreach.regions.reference are the source of provinces, districts, centres and complexes.
Jurisdictions start from a file, too, but people add and end them on the pages: loading again never
touches what a person decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from outreach.audit import service as audit
from outreach.audit.service import Actor
from outreach.errors import Conflict, Invalid, NotFound
from outreach.regions import reference, rules
from outreach.regions.loading import EDITED
from outreach.regions.models import (
    Centre,
    Certainty,
    Jurisdiction,
    Region,
    RegionLevel,
    region_successor,
    valid_on,
)
from outreach.wording import Text


def province_options(session: Session, day: date) -> list[tuple[int, str]]:
    """Id and name of the provinces of ``day``, in the order of their codes."""
    query = sa.select(Region.id, Region.name_ko).where(Region.level == RegionLevel.PROVINCE, valid_on(Region, day))
    return [(row.id, row.name_ko) for row in session.execute(query.order_by(Region.code))]


def district_options(session: Session, province_id: int | None, day: date) -> list[tuple[int, str]]:
    """Id and name of the districts of ``day`` in a province, in the order of their codes."""
    query = sa.select(Region.id, Region.name_ko).where(
        Region.level == RegionLevel.DISTRICT, Region.parent_id == province_id, valid_on(Region, day)
    )
    return [(row.id, row.name_ko) for row in session.execute(query.order_by(Region.code))]


def grouped_district_options(session: Session, day: date) -> dict[str, list[tuple[str, str]]]:
    """All districts of ``day`` by the name of their province, as a select with groups wants them."""
    query = sa.select(Region).options(joinedload(Region.parent)).where(
        Region.level == RegionLevel.DISTRICT, valid_on(Region, day)
    )
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for region in session.scalars(query.order_by(Region.code)):
        groups[region.parent.name_ko].append((str(region.id), region.name_ko))
    return dict(groups)


def grouped_region_options(session: Session, day: date) -> list[tuple[tuple[str, str], list[tuple[str, str]]]]:
    """The provinces of ``day``, each with its districts, as (id, name) pairs."""
    districts = grouped_district_options(session, day)
    return [((str(key), name), districts.get(name, [])) for key, name in province_options(session, day)]


def centres(session: Session, day: date) -> list[Centre]:
    """The centres with planners on ``day``, in the order in which they joined."""
    return list(session.scalars(sa.select(Centre).where(valid_on(Centre, day)).order_by(Centre.id)))


def kept_centres(session: Session, day: date) -> list[Centre]:
    """The centres of ``day`` and those to come, in the order in which they joined."""
    query = sa.select(Centre).where(sa.or_(Centre.valid_to.is_(None), Centre.valid_to >= day))
    return list(session.scalars(query.order_by(Centre.id)))


def add_centre(session: Session, actor: Actor, values: Mapping[str, Any], *, now: datetime) -> Centre:
    """A further centre: its districts follow by :func:`assign_centre`, its people by accounts. Raises Invalid."""
    _check_centre(values)
    if session.scalar(sa.select(Centre.id).where(Centre.code == values["code"])):
        raise Invalid("이미 쓰는 코드입니다.", fields={"code": "이미 쓰는 코드입니다."})
    centre = Centre(**values)
    session.add(centre)
    session.flush()
    changes = {"name": (None, centre.name_ko), "valid_from": (None, centre.valid_from)}
    audit.record_change(session, actor, "centre", centre.id, "create", changes, now=now)
    return centre


def edit_centre(session: Session, actor: Actor, centre: Centre, values: Mapping[str, Any], *, now: datetime) -> None:
    """Correct a centre, or say when it ends. From then on the shipped tables leave it alone. Raises Invalid."""
    _check_centre(values)
    changes = audit.apply_changes(centre, values)
    if changes:
        audit.record_change(session, actor, "centre", centre.id, EDITED, changes, now=now)
    session.flush()


def _check_centre(values: Mapping[str, Any]) -> None:
    first, last = values["valid_from"], values["valid_to"]
    if last and last < first:
        text = Text("종료일은 시작일(%(day)s) 뒤여야 합니다.", day=f"{first:%Y-%m-%d}")
        raise Invalid(text, fields={"valid_to": text})


def get_centre(session: Session, centre_id: int) -> Centre:
    """Raises NotFound."""
    centre = session.get(Centre, centre_id)
    if centre is None:
        raise NotFound("등록된 고용센터가 아닙니다.")
    return centre


def centre_for_district(session: Session, district_id: int | None, day: date) -> Centre | None:
    """The centre that answers for a district on ``day``; None where there is none yet. A district that
    was renamed, merged or split is followed, and answered only if all its parts share one centre."""
    centre_id = CentreIndex(session, day).centre_id(district_id)
    return session.get(Centre, centre_id) if centre_id else None


class CentreIndex:
    """Who answers for which district on ``day``, read once: three small queries, then look-ups."""

    def __init__(self, session: Session, day: date):
        regions = sa.select(Region.id, Region.valid_from, Region.valid_to).where(Region.level == RegionLevel.DISTRICT)
        self._retired = {row.id for row in session.execute(regions) if row.valid_to and row.valid_to < day}
        self._successors: dict[int, list[int]] = defaultdict(list)
        for old, new in session.execute(sa.select(region_successor)):
            self._successors[old].append(new)
        rows = session.execute(
            sa.select(Jurisdiction.region_id, Jurisdiction.centre_id).where(valid_on(Jurisdiction, day))
        )
        self._centres: Mapping[int, int] = {row.region_id: row.centre_id for row in rows}
        self._answers: dict[int, int | None] = {}

    def is_retired(self, district_id: int) -> bool:
        """Whether the district is no more, so that only its successors have a centre."""
        return district_id in self._retired

    def centre_id(self, district_id: int | None) -> int | None:
        if district_id is None:
            return None
        if district_id not in self._answers:
            found = {self._centres.get(heir) for heir in self._heirs(district_id)}
            self._answers[district_id] = found.pop() if len(found) == 1 else None
        return self._answers[district_id]

    def _heirs(self, district_id: int) -> Iterable[int]:
        if district_id not in self._retired:
            return [district_id]
        return [heir for successor in self._successors[district_id] for heir in self._heirs(successor)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address lies; ``district_id`` is None when only the province is plain."""

    province_id: int
    district_id: int | None
    centre_id: int | None


class RegionIndex:
    """Addresses to places on ``day``. Making one takes a few milliseconds: one per import, not per row."""

    def __init__(self, session: Session, day: date):
        self._addresses = reference.load_regions().address_index(day)
        self._ids = dict(session.execute(sa.select(Region.code, Region.id)).all())
        self._centres = CentreIndex(session, day)

    def match(self, address: str) -> Place | None:
        """The place of a Korean address by its first words; None when they do not tell it."""
        found = rules.match_address(address, self._addresses)
        if found is None or found[0] not in self._ids:
            return None
        district_id = self._ids.get(found[1]) if found[1] else None
        return Place(self._ids[found[0]], district_id, self._centres.centre_id(district_id))


def jurisdictions(session: Session, centre_id: int) -> list[Jurisdiction]:
    """All dated rows of a centre, by district and time."""
    query = (
        sa.select(Jurisdiction).join(Jurisdiction.region).where(Jurisdiction.centre_id == centre_id)
        .options(joinedload(Jurisdiction.region).joinedload(Region.parent))
        .order_by(Region.code, Jurisdiction.valid_from)
    )
    return list(session.scalars(query))


def assign_centre(
    session: Session, actor: Actor, *, centre: Centre, region_id: int, valid_from: date, source: str,
    certainty: Certainty, now: datetime,
) -> Jurisdiction:
    """Let ``centre`` answer for a district from ``valid_from`` on. The row in force until then is ended
    the day before, so a district has one centre a day. Raises Invalid, Conflict."""
    region = session.get(Region, region_id)
    if region is None or region.level is not RegionLevel.DISTRICT:
        raise Invalid("시군구를 골라 주세요.", fields={"region": "시군구를 골라 주세요."})
    for row in session.scalars(sa.select(Jurisdiction).where(Jurisdiction.region_id == region_id)):
        if row.valid_from and row.valid_from >= valid_from:
            until = Text("%(day)s부터 %(centre)s", day=f"{row.valid_from:%Y-%m-%d}", centre=row.centre.name_ko)
            raise Conflict(Text(
                "%(region)s에는 %(until)s 관할이 이미 있습니다. 더 늦은 시작일을 골라 주세요.",
                region=region.name_ko, until=until,
            ))
        if row.valid_to is None or row.valid_to >= valid_from:
            row.valid_to = valid_from - timedelta(days=1)
            if row.centre_id != centre.id:
                _record(session, actor, row, (None, row.valid_to), now)
    row = Jurisdiction(
        centre_id=centre.id, region_id=region_id, valid_from=valid_from, source=source, certainty=certainty
    )
    session.add(row)
    session.flush()
    changes = {"district": (None, region.name_ko), "valid_from": (None, valid_from)}
    audit.record_change(session, actor, "centre", centre.id, "jurisdiction", changes, now=now)
    return row


def end_jurisdiction(
    session: Session, actor: Actor, *, centre_id: int, jurisdiction_id: int, valid_to: date, now: datetime
) -> Jurisdiction:
    """Let a row end with the day ``valid_to``; it stays as history. Raises NotFound, Invalid."""
    row = session.get(Jurisdiction, jurisdiction_id)
    if row is None or row.centre_id != centre_id:
        raise NotFound("이 센터의 관할이 아닙니다.")
    if row.valid_from and valid_to < row.valid_from:
        text = Text("종료일은 시작일(%(day)s) 뒤여야 합니다.", day=f"{row.valid_from:%Y-%m-%d}")
        raise Invalid(text, fields={"valid_to": text})
    before, row.valid_to = row.valid_to, valid_to
    _record(session, actor, row, (before, valid_to), now)
    session.flush()
    return row


def _record(session: Session, actor: Actor, row: Jurisdiction, end: tuple[date | None, date], now: datetime) -> None:
    changes = {"district": (None, row.region.name_ko), "valid_to": end}
    audit.record_change(session, actor, "centre", row.centre_id, "jurisdiction", changes, now=now)
