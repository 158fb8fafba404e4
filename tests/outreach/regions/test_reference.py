"""The shipped region tables hang together, and addresses as offices write them find their district."""

import time
from collections import Counter
from datetime import date

import pytest

from outreach.regions.reference import load_regions
from outreach.regions.rules import heirs, match_address, valid_on

TODAY = date(2026, 11, 23)
PILOT = date(2024, 7, 2)


@pytest.fixture(scope="module")
def regions():
    return load_regions()


@pytest.fixture(scope="module")
def index(regions):
    return regions.address_index(TODAY)


def test_sixteen_provinces_since_the_merger_and_seventeen_before(regions):
    assert sum(valid_on(row, TODAY) for row in regions.provinces) == 16
    assert sum(valid_on(row, PILOT) for row in regions.provinces) == 17


def test_the_thirteen_centres_are_those_of_the_press_release(regions):
    listed = "서울, 인천, 부산, 대구, 대전, 광주, 서울강남, 서울동부, 서울서부, 서울남부, 서울관악, 수원, 성남"
    assert ", ".join(row.name_ko.removesuffix("고용센터") for row in regions.centres) == listed
    assert {row.pilot_from for row in regions.centres} == {PILOT}


def test_every_province_has_all_its_districts(regions):
    counts = Counter(row.province for row in regions.districts_on(TODAY) if not row.parent)
    assert counts == {
        "11": 25, "12": 27, "26": 16, "27": 9, "28": 11, "30": 5, "31": 5, "36": 1, "41": 31,
        "43": 11, "44": 15, "47": 22, "48": 18, "50": 2, "51": 18, "52": 14,
    }  # fmt: skip


def test_every_row_has_a_name_in_both_languages_and_a_source(regions):
    for table in (regions.provinces, regions.districts, regions.centres, regions.complexes):
        assert all(row.name_ko and row.name_en and row.source for row in table)
    assert all(row.name_en.isascii() for row in regions.districts)


def test_no_code_is_valid_twice_and_successors_begin_the_day_after(regions):
    table = {row.code: row for row in regions.districts}
    for row in regions.districts:
        for successor in row.successors:
            assert row.valid_to is not None
            assert table[successor].valid_from <= row.valid_to.replace(day=1) or (
                (table[successor].valid_from - row.valid_to).days == 1
            )


@pytest.mark.parametrize(
    ("old", "new"),
    [("42110", ("51110",)), ("45113", ("52113",)), ("29200", ("12330",)), ("47720", ("27720",)),
     ("28110", ("28125", "28155")), ("11530", ("11530",)), ("99999", ())],
)  # fmt: skip
def test_heirs_follow_renamings_and_splits(regions, old, new):
    assert heirs(old, {row.code: row for row in regions.districts}, TODAY) == new


@pytest.mark.parametrize(
    ("district", "centre"),
    [("11530", "seoul-gwanak"), ("11650", "seoul"), ("28200", "incheon"), ("28110", "incheon"),
     ("41135", "seongnam"), ("41597", "suwon"), ("12330", "gwangju"), ("29200", "gwangju"),
     ("47290", "daegu"), ("36110", "daejeon"), ("26380", "busan"), ("27290", None), ("11350", None)],
)  # fmt: skip
def test_centre_of_a_district_or_none_where_there_is_no_pilot(regions, district, centre):
    assert regions.centre_of(district, TODAY) == centre


def test_a_district_has_at_most_one_centre_a_day(regions):
    for row in regions.districts_on(TODAY):
        rows = [j for j in regions.jurisdictions if j.district == row.code and valid_on(j, TODAY)]
        assert len(rows) <= 1, row.code


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("서울 구로구 디지털로26길 5", ("11", "11530")),
        ("서울특별시 구로구", ("11", "11530")),
        ("서울시 구로구 구로동 197-22", ("11", "11530")),
        ("서울특별시구로구 디지털로 1", ("11", "11530")),
        ("서울구로구디지털로 12", ("11", "11530")),
        ("(08390) 서울 구로구 디지털로 1", ("11", "11530")),
        ("우)08390 서울 구로구 디지털로 1", ("11", "11530")),
        ("대한민국 서울특별시 금천구", ("11", "11545")),
        ("경기 성남시 분당구 판교로 2", ("41", "41135")),
        ("경기도 성남시분당구 판교로 2", ("41", "41135")),
        ("성남시 분당구 판교로 2", ("41", "41135")),
        ("성남 분당구 판교로 2", ("41", "41135")),
        ("성남시 산성대로 3", ("41", "41130")),
        ("부산 남구 용호로 1", ("26", "26290")),
        ("대구 남구 앞산로 1", ("27", "27200")),
        ("강원도 춘천시", ("51", "51110")),
        ("강원특별자치도 춘천시", ("51", "51110")),
        ("전라북도 전주시 덕진구", ("52", "52113")),
        ("전북특별자치도 전주시 덕진구", ("52", "52113")),
        ("광주광역시 광산구 하남산단로", ("12", "12330")),
        ("전남광주통합특별시 광산구 하남산단로", ("12", "12330")),
        ("광주시 북구", ("12", "12300")),
        ("경기도 광주시 오포읍", ("41", "41610")),
        ("전남 나주시", ("12", "12170")),
        ("경북 군위군", ("27", "27720")),
        ("인천광역시 남구", ("28", "28177")),
        ("인천 동구", ("28", "28125")),
        ("세종특별자치시 한누리대로 1", ("36", "36110")),
        ("서울 종로", ("11", None)),
        ("광주시 경안로 1", None),
        ("남구 용호로 1", None),
        ("고성군 고성읍", None),
        ("성남대로 12", None),
        ("주소 미상", None),
        ("", None),
    ],
)
def test_match_address(index, address, expected):
    assert match_address(address, index) == expected


def test_a_split_district_keeps_its_old_code_rather_than_a_guess(index):
    assert match_address("인천 중구 신흥동", index) == ("28", "28110")


def test_every_full_name_finds_its_own_code(regions, index):
    provinces = {row.code: row.name_ko for row in regions.provinces}
    for row in regions.districts_on(TODAY):
        found = match_address(f"{provinces[row.province]} {row.name_ko} 큰길로 1", index)
        assert found == (row.province, row.code)


def test_before_the_merger_gwangju_is_29(regions):
    index = regions.address_index(date(2025, 1, 2))
    assert match_address("광주 광산구", index) == ("29", "29200")
    assert match_address("경기 화성시 동탄구", index) == ("41", "41590")


def test_matching_is_fast_enough_for_a_million_rows(index):
    """The product needs 200,000 a second; the limit here leaves room for a busy test machine."""
    addresses = ["서울특별시 구로구 디지털로 1", "경기 성남시 분당구 판교로 2", "부산 남구 용호로 3"] * 10_000
    begun = time.process_time()
    for address in addresses:
        match_address(address, index)
    assert len(addresses) / (time.process_time() - begun) > 200_000


@pytest.mark.parametrize(
    ("ksic", "section"),
    [("26", "C"), ("C26", "C"), ("26110", "C"), ("J62", "J"), ("69", None), ("", None)],
)
def test_section_of_a_ksic_code(regions, ksic, section):
    assert regions.section_of(ksic) == section


def test_ksic_has_its_21_sections_and_77_divisions(regions):
    assert len(regions.sections) == 21
    assert len(regions.divisions) == 77
