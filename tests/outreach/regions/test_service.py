"""The shipped tables in the database, and who answers for a district when."""

from datetime import date

import pytest
import sqlalchemy as sa

from outreach.audit.models import ChangeRecord
from outreach.audit.service import SERVICE
from outreach.errors import Conflict, Invalid, NotFound
from outreach.regions import service
from outreach.regions.loading import load_reference
from outreach.regions.models import Centre, Certainty, IndustrialComplex, Jurisdiction, Region
from tests.people import NOW

TODAY = date(2026, 11, 23)
BEFORE = date(2026, 6, 30)


@pytest.fixture
def loaded(session):
    load_reference(session)
    session.commit()
    return session


def district(session, code):
    return session.scalar(sa.select(Region).where(Region.code == code))


def centre(session, code):
    return session.scalar(sa.select(Centre).where(Centre.code == code))


def test_loading_fills_the_tables_and_again_changes_nothing(session):
    added = load_reference(session)
    assert added["centres"] == 13
    assert session.scalar(sa.select(sa.func.count()).select_from(IndustrialComplex)) == added["complexes"]
    session.flush()
    assert not load_reference(session)
    assert not session.dirty


def test_loading_leaves_what_people_decided(loaded):
    row = loaded.scalar(sa.select(Jurisdiction).join(Region).where(Region.code == "28200"))
    row.valid_to = date(2026, 12, 31)
    bucheon = district(loaded, "41190")
    loaded.add(Jurisdiction(centre_id=row.centre_id, region_id=bucheon.id, valid_from=TODAY))
    loaded.commit()
    assert not load_reference(loaded)
    assert row.valid_to == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("11530", TODAY, "seoul-gwanak"),
        ("29200", TODAY, "gwangju"),  # now a district of the merged province
        ("28110", TODAY, "incheon"),  # split, but one centre answers for both parts
        ("28110", BEFORE, "incheon"),
        ("11350", TODAY, None),  # no pilot there
    ],
)
def test_centre_of_a_district(loaded, code, day, expected):
    found = service.centre_for_district(loaded, district(loaded, code).id, day)
    assert (found.code if found else None) == expected


def test_no_district_has_no_centre(loaded):
    assert service.centre_for_district(loaded, None, TODAY) is None


def test_a_split_district_whose_parts_differ_has_no_centre(loaded):
    part = loaded.scalar(sa.select(Jurisdiction).join(Region).where(Region.code == "28125"))
    part.centre_id = centre(loaded, "seoul").id
    assert service.centre_for_district(loaded, district(loaded, "28110").id, TODAY) is None


def test_options_are_those_of_the_day(loaded):
    assert len(service.province_options(loaded, TODAY)) == 16
    assert len(service.province_options(loaded, BEFORE)) == 17
    seoul = service.province_options(loaded, TODAY)[0]
    assert seoul[1] == "서울특별시"
    assert len(service.district_options(loaded, seoul[0], TODAY)) == 25


def test_addresses_find_their_place(loaded):
    index = service.RegionIndex(loaded, TODAY)
    place = index.match("서울 구로구 디지털로 300")
    assert place.district_id == district(loaded, "11530").id
    assert place.centre_id == centre(loaded, "seoul-gwanak").id
    assert index.match("경기도").district_id is None
    assert index.match("어디인지 모름") is None


def test_assigning_ends_the_row_in_force(loaded):
    region, gwanak, south = district(loaded, "11530"), centre(loaded, "seoul-gwanak"), centre(loaded, "seoul-south")
    south = south or centre(loaded, "seoul")
    service.assign_centre(
        loaded, SERVICE, centre=south, region_id=region.id, valid_from=date(2027, 1, 1), source="직제 시행규칙",
        certainty=Certainty.VERIFIED, now=NOW,
    )
    assert service.centre_for_district(loaded, region.id, date(2026, 12, 31)) == gwanak
    assert service.centre_for_district(loaded, region.id, date(2027, 1, 1)) == south
    actions = loaded.scalars(sa.select(ChangeRecord.subject_id).where(ChangeRecord.action == "jurisdiction")).all()
    assert set(actions) == {gwanak.id, south.id}


def test_assigning_before_a_later_row_is_refused(loaded):
    region, seoul = district(loaded, "11530"), centre(loaded, "seoul")
    values = {"centre": seoul, "source": "시험", "certainty": Certainty.VERIFIED, "now": NOW}
    with pytest.raises(Conflict):
        service.assign_centre(loaded, SERVICE, region_id=region.id, valid_from=date(2020, 1, 1), **values)
    with pytest.raises(Invalid):
        service.assign_centre(loaded, SERVICE, region_id=region.parent_id, valid_from=TODAY, **values)


def test_ending_keeps_the_row(loaded):
    row = loaded.scalar(sa.select(Jurisdiction).join(Region).where(Region.code == "11530"))
    end = {"centre_id": row.centre_id, "jurisdiction_id": row.id, "now": NOW}
    with pytest.raises(Invalid):
        service.end_jurisdiction(loaded, SERVICE, valid_to=date(2020, 1, 1), **end)
    with pytest.raises(NotFound):
        service.end_jurisdiction(loaded, SERVICE, valid_to=TODAY, **end | {"centre_id": row.centre_id + 1})
    service.end_jurisdiction(loaded, SERVICE, valid_to=TODAY, **end)
    assert service.centre_for_district(loaded, row.region_id, date(2026, 11, 24)) is None
