"""The invented companies are reproducible, plausible in their mix, and belong to nobody."""

from collections import Counter
from datetime import date
from itertools import islice

import pytest

from outreach.demo.companies import (
    CAPACITY,
    business_number,
    featured_companies,
    fictional_companies,
    invented_postcode,
)
from outreach.regions.reference import load_regions
from outreach.regions.rules import match_address

COUNT = 3_000


@pytest.fixture(scope="module")
def companies():
    return list(fictional_companies(COUNT))


@pytest.fixture(scope="module")
def everyone(companies):
    return companies + list(featured_companies().values())


def test_the_same_seed_gives_the_same_companies(companies):
    assert list(fictional_companies(50)) == companies[:50]
    assert list(fictional_companies(50, seed=2)) != companies[:50]


def test_they_are_made_one_by_one():
    assert len(list(islice(fictional_companies(CAPACITY), 3))) == 3


def test_more_than_there_are_numbers_is_refused():
    with pytest.raises(ValueError, match="count"):
        next(fictional_companies(CAPACITY + 1))


def check_digit_is_right(number):
    weights = (1, 3, 7, 1, 3, 7, 1, 3, 5)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return (total + int(number[8]) * 5 // 10 + int(number[9])) % 10 == 0


def test_business_numbers_check_but_belong_to_nobody(everyone):
    numbers = [company.business_number for company in everyone]
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert len(number) == 10 and number.isdigit()
        assert number[3:5] == "00"
        assert check_digit_is_right(number)


def test_business_numbers_do_not_repeat_over_a_long_stretch():
    assert len({business_number(number) for number in range(300_000)}) == 300_000


def test_workplace_numbers_hold_the_business_number(everyone):
    for company in everyone:
        assert [place.number for place in company.workplaces] == [
            f"{company.business_number}{at}" for at in range(len(company.workplaces))
        ]
        assert sum(place.headcount for place in company.workplaces) == company.headcount


def test_no_address_no_number_reaches_anyone(everyone):
    for company in everyone:
        for place in company.workplaces:
            for contact in place.contacts:
                assert contact.email == "" or contact.email.endswith(".example")
                assert contact.email.isascii()
                assert "-000-" in contact.phone or contact.phone.startswith("010-0000-")
            assert place.phone == "" or "-000-" in place.phone


def test_districts_are_real_and_addresses_lead_to_them(everyone):
    regions = load_regions()
    index = regions.address_index(date(2026, 11, 23))
    complexes = {row.code for row in regions.complexes} | {""}
    for company in everyone:
        for place in company.workplaces:
            assert match_address(place.address, index) == (place.district[:2], place.district)
            assert place.complex in complexes


def test_industries_are_of_the_classification(everyone):
    regions = load_regions()
    assert all(regions.section_of(company.ksic) for company in everyone)
    by_complex = {}
    for company in everyone:
        section = regions.section_of(company.ksic)
        by_complex.setdefault(company.head.complex, Counter())[section] += 1
    assert by_complex["seoul-digital"]["J"] > by_complex["seoul-digital"]["C"]
    assert by_complex["incheon-namdong"].keys() == {"C"}
    assert by_complex["daejeon-techno"].most_common(1)[0][0] == "M"
    assert {"C", "F", "G", "H", "J", "M", "N"} <= {key for counts in by_complex.values() for key in counts}


def test_sizes_are_skewed_to_the_small(companies):
    sizes = sorted(company.headcount for company in companies)
    assert sizes[0] == 5
    assert sizes[-1] <= 299
    assert 12 <= sizes[COUNT // 2] <= 25
    assert sum(size >= 100 for size in sizes) > 20


def test_awkward_cases_occur(companies):
    contacts = [contact for company in companies for place in company.workplaces for contact in place.contacts]
    emails = Counter(contact.email for contact in contacts if contact.email)
    assert any(count > 1 for count in emails.values())  # several companies, one address
    assert 0.03 < sum(not contact.email for contact in contacts) / len(contacts) < 0.15
    assert 0.3 < sum(not contact.consent for contact in contacts) / len(contacts) < 0.6
    assert any(len(company.workplaces) > 1 for company in companies)
    assert any(len(place.contacts) > 1 for company in companies for place in company.workplaces)
    assert any(not place.phone for company in companies for place in company.workplaces)


def test_own_domains_never_repeat():
    shared = "semu-dure.example"
    domains = Counter()
    for company in fictional_companies(2_500):
        found = {c.email.rpartition("@")[2] for place in company.workplaces for c in place.contacts if c.email}
        domains.update(found - {shared})
    assert max(domains.values()) == 1


def test_featured_companies_are_known_by_key():
    featured = featured_companies()
    assert featured["saebit-soft"].head.contacts[0].name == "임소율"
    assert len({company.name for company in featured.values()}) == len(featured)


def test_most_have_a_postcode_of_their_province(companies):
    places = [place for company in companies for place in company.workplaces]
    codes = [invented_postcode(place.address) for place in places]
    assert all(code == "" or (len(code) == 5 and code.isdigit()) for code in codes)
    assert 0.9 < sum(map(bool, codes)) / len(codes) < 1
    assert invented_postcode("경상남도 창원시 성산구 두레로 1")[:2] in ("50", "51", "52", "53")
