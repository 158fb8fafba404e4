"""Companies, workplaces and contacts by hand: identity, regions, provenance, versions, reach, search."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from outreach.audit.models import ChangeRecord
from outreach.audit.service import SERVICE
from outreach.companies import search, service
from outreach.companies.models import Contact, MergeSuggestion
from outreach.companies.search import AtLeast, CompanyFilter
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, StaleEdit
from outreach.regions.loading import load_reference
from outreach.regions.models import Centre, Region
from outreach.scope import Role, Scope
from tests.outreach.companies.making import HEADQUARTERS, NUMBERS, contact_of, make_company, staff
from tests.people import NOW, make_centre


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def regions(session):
    load_reference(session)


def create(session, scope=HEADQUARTERS, *, name="한빛정밀", place=None, **values):
    return service.create(session, scope, SERVICE, {"name": name, **values}, place or {}, now=NOW)


# -- creating -------------------------------------------------------------------------------------------


def test_create_derives_keys_and_section(session):
    company = create(
        session, name="(주) 한빛 정밀", business_number="120-81-47521", ksic="C2511",
        place={"phone": "02 1234 5678", "address": "서울 구로구 디지털로 300, 5층"},
    )
    place = company.workplaces[0]
    assert (company.name_key, company.business_number, company.section) == ("한빛정밀", NUMBERS[0], "C")
    assert (place.phone, place.phone_key, place.section, place.is_head) == ("02-1234-5678", "0212345678", "C", True)
    assert company.edited["business_number"] == NOW.isoformat()


def test_create_derives_district_and_centre_from_the_address(session, regions):
    company = create(session, place={"address": "서울특별시 구로구 디지털로 300"})
    place = company.workplaces[0]
    assert place.district.name_ko == "구로구"
    assert place.province.name_ko.startswith("서울")
    assert place.centre.name_ko == session.scalar(sa.select(Centre.name_ko).where(Centre.code == "seoul-gwanak"))


def test_a_chosen_district_stands_before_the_address(session, regions):
    district = session.scalar(sa.select(Region).where(Region.name_ko == "금천구"))
    company = service.create(
        session, HEADQUARTERS, SERVICE, {"name": "한빛"}, {"address": "디지털로 300"}, now=NOW, district_id=district.id
    )
    assert company.workplaces[0].district_id == district.id


def test_a_centre_refuses_an_address_of_another(session, regions):
    other = session.scalar(sa.select(Centre).where(Centre.code != "seoul-gwanak"))
    with pytest.raises(Invalid, match="관할의 주소"):
        create(session, staff(other), place={"address": "서울 구로구 디지털로 300"})


def test_a_place_nobody_can_tell_belongs_to_its_centre(session, centre):
    company = create(session, staff(centre), place={"phone": "02-1234-5678"})
    assert company.workplaces[0].centre_id == centre.id


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"), ({"business_number": "120-81-47522"}, "business_number"),
        ({"ksic": "Z99"}, "ksic"), ({"headcount": "많음"}, "headcount"), ({"homepage": "javascript:x"}, "homepage"),
        ({"memo": "대표 800101-1234567"}, "memo"), ({"corporate_number": "800101-1234567"}, "corporate_number"),
    ],
)
def test_create_names_each_wrong_field(session, values, field):
    with pytest.raises(Invalid) as caught:
        create(session, **values)
    assert field in caught.value.fields


def test_the_same_business_number_is_the_same_company(session):
    create(session, business_number=NUMBERS[0])
    with pytest.raises(Conflict, match="이미 등록된 기업"):
        create(session, name="다른 이름", business_number=NUMBERS[0])


def test_without_number_name_and_phone_are_the_same_company(session):
    create(session, place={"phone": "02-1234-5678"})
    with pytest.raises(Conflict):
        create(session, name="주식회사 한빛정밀", place={"phone": "0212345678"})


def test_the_same_name_alone_is_only_suggested(session):
    first, second = create(session), create(session, name="㈜한빛정밀")
    row = session.scalars(sa.select(MergeSuggestion)).one()
    assert {row.company_id, row.other_id} == {first.id, second.id}


@pytest.mark.parametrize("role", [Role.PLANNER, Role.AUDITOR, Role.ADMINISTRATOR, Role.PARTNER])
def test_only_editors_create(session, centre, role):
    belonging = {Role.PLANNER: {"centre_id": centre.id}, Role.PARTNER: {"organisation_id": 1}}
    scope = Scope(role, 7, **belonging.get(role, {}))
    with pytest.raises(Forbidden):
        create(session, scope)


# -- editing ----------------------------------------------------------------------------------------------


def test_an_edit_marks_its_fields_and_is_recorded(session, centre):
    company, later = make_company(centre, industry="금형"), NOW + timedelta(hours=1)
    service.edit_company(
        session, staff(centre), SERVICE, company.id, {"industry": "사출", "representative": "이대표"},
        version=company.version, now=later,
    )
    assert company.edited["industry"] == company.edited["representative"] == later.isoformat()
    assert company.edited["name"] == NOW.isoformat()
    record = session.scalars(sa.select(ChangeRecord).filter_by(subject_id=company.id, action="edit")).one()
    assert record.changes["industry"] == ["금형", "사출"]


def test_a_stale_edit_changes_nothing(session, centre):
    company = make_company(centre)
    seen = company.version
    service.edit_company(session, HEADQUARTERS, SERVICE, company.id, {"industry": "사출"}, version=seen, now=NOW)
    with pytest.raises(StaleEdit):
        service.edit_company(session, HEADQUARTERS, SERVICE, company.id, {"industry": "용접"}, version=seen, now=NOW)
    assert company.industry == "사출"


def test_industry_is_carried_to_places_that_repeated_it(session, centre):
    company = make_company(centre, ksic="C25")
    service.edit_company(session, HEADQUARTERS, SERVICE, company.id, {"ksic": "J62"}, version=None, now=NOW)
    assert (company.section, company.workplaces[0].section) == ("J", "J")


def test_a_new_address_moves_the_place(session, regions):
    company = create(session, place={"address": "서울 구로구 디지털로 300"})
    place = company.workplaces[0]
    service.edit_workplace(
        session, HEADQUARTERS, SERVICE, place.id, {"address": "부산 해운대구 센텀로 1"}, version=place.version, now=NOW
    )
    assert place.district.name_ko == "해운대구"
    record = session.scalars(sa.select(ChangeRecord).filter_by(action="workplace_edit")).one()
    assert record.changes["district"] == ["구로구", "해운대구"]


def test_an_unreadable_new_address_lets_go_of_the_district(session, regions):
    company = create(session, place={"address": "서울 구로구 디지털로 300"})
    place = company.workplaces[0]
    centre_id = place.centre_id
    service.edit_workplace(session, HEADQUARTERS, SERVICE, place.id, {"address": "공단로"}, version=None, now=NOW)
    assert (place.district_id, place.centre_id) == (None, centre_id)


def test_two_places_do_not_share_a_number(session, centre):
    company = make_company(centre, workplace_number="12081475210")
    with pytest.raises(Conflict):
        service.add_workplace(
            session, HEADQUARTERS, SERVICE, company.id, {"workplace_number": "120-81-47521-0"}, now=NOW
        )
    added = service.add_workplace(session, HEADQUARTERS, SERVICE, company.id, {"name": "2공장"}, now=NOW)
    assert not added.is_head


# -- contact persons ------------------------------------------------------------------------------------------


def test_contact_is_made_canonical(session, centre):
    contact = contact_of(make_company(centre, email="Kim.MS@Hanbit.Example"))
    assert (contact.email, contact.address_key) == ("Kim.MS@hanbit.example", "kim.ms@hanbit.example")


@pytest.mark.parametrize("values", [{}, {"name": " "}, {"name": "김", "email": "김@x"}, {"name": "김", "phone": "12"}])
def test_contact_refuses_nonsense(session, centre, values):
    place = make_company(centre).workplaces[0]
    with pytest.raises(Invalid):
        service.add_contact(session, HEADQUARTERS, SERVICE, place.id, values, now=NOW)


def test_one_address_once_a_workplace(session, centre):
    place = make_company(centre).workplaces[0]
    with pytest.raises(Conflict):
        service.add_contact(session, HEADQUARTERS, SERVICE, place.id, {"email": "KIM@hanbit.example"}, now=NOW)


def test_planner_edits_contacts_of_the_centre_only(session, centre):
    contact = contact_of(make_company(centre))
    planner, stranger = staff(centre, Role.PLANNER), staff(make_centre(), Role.PLANNER)
    service.edit_contact(session, planner, SERVICE, contact.id, {"name": "이하나"}, version=contact.version, now=NOW)
    assert contact.name == "이하나"
    with pytest.raises(NotFound):
        service.edit_contact(session, stranger, SERVICE, contact.id, {"name": "x"}, version=None, now=NOW)


def test_removal_leaves_no_personal_data(session, centre):
    contact = contact_of(make_company(centre))
    service.remove_contact(session, staff(centre), SERVICE, contact.id, version=contact.version, now=NOW)
    assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 0
    record = session.scalars(sa.select(ChangeRecord).filter_by(action="contact_remove")).one()
    assert "김민수" not in str(record.changes)


# -- finding ----------------------------------------------------------------------------------------------------


def names(session, scope, **asked):
    return [company.name for company in search.find(session, scope, CompanyFilter(**asked)).items]


def test_a_centre_finds_its_own_only(session, centre):
    other = make_centre()
    make_company(centre, "가나정밀")
    make_company(other, "다라정밀")
    assert names(session, HEADQUARTERS) == ["가나정밀", "다라정밀"]
    assert names(session, staff(centre)) == ["가나정밀"]
    assert names(session, staff(other), centre_id=centre.id) == ["다라정밀"]
    with pytest.raises(Forbidden):
        names(session, Scope(Role.PARTNER, 7, organisation_id=1))


def test_search_box_takes_name_number_phone_and_address(session, centre):
    make_company(centre, "(주)한빛정밀", business_number=NUMBERS[0], phone="02-1234-5678", email="kim@hanbit.example")
    make_company(centre, "3M산업", email=None)
    for text in ("빛정", "주식회사 한빛", "120-81-47521", "12081", "02-1234-5678", "KIM@hanbit.example"):
        assert names(session, staff(centre), text=text) == ["(주)한빛정밀"], text
    assert names(session, staff(centre), text="3m") == ["3M산업"]
    assert names(session, staff(centre), text="%") == []


def test_conditions_hold_of_one_and_the_same_place(session, centre):
    company = make_company(centre, ksic="C25", headcount=120)
    second = service.add_workplace(session, HEADQUARTERS, SERVICE, company.id, {"headcount": 5}, now=NOW)
    second.centre_id = make_centre().id
    assert names(session, staff(centre), section="C", size="100-299") == ["한빛정밀"]
    assert names(session, staff(centre), size="5-9") == []
    assert names(session, HEADQUARTERS, size="5-9") == ["한빛정밀"]


def test_filter_by_address(session, centre):
    make_company(centre, "가나정밀")
    make_company(centre, "다라정밀", email=None)
    assert names(session, staff(centre), address="yes") == ["가나정밀"]
    assert names(session, staff(centre), address="no") == ["다라정밀"]


def test_companies_with_several_workplaces_count_once(session, centre, monkeypatch):
    monkeypatch.setattr(search, "CAP", 3)
    companies = [make_company(centre, f"가{number}") for number in range(4)]
    for company in companies:
        for at in range(5):
            place = {"name": f"{at}공장", "phone": f"031-{company.id:03}-{at:04}"}
            service.add_workplace(session, HEADQUARTERS, SERVICE, company.id, place, now=NOW)
    bare = CompanyFilter(address="no")
    assert isinstance(search.count(session, HEADQUARTERS, bare), AtLeast)
    session.delete(companies[0])
    session.flush()
    found = search.count(session, HEADQUARTERS, bare)
    assert found == 3 and not isinstance(found, AtLeast)


@pytest.mark.parametrize("scope", [HEADQUARTERS, "centre"])
def test_beyond_the_cap_the_list_still_pages_in_order(session, centre, scope, monkeypatch):
    monkeypatch.setattr(search, "CAP", 3)
    for name in "나다라마가":
        make_company(centre, f"{name}산업", email=None)
    scope = staff(centre) if scope == "centre" else scope
    page = search.find(session, scope, CompanyFilter(), number=2, size=2, order="size")
    assert (page.total, page.narrow) == (3, False)
    assert isinstance(page.total, AtLeast)
    assert f"{page.total:,}" == "3+"
    assert [company.name for company in page.items] == ["다산업", "라산업"]
    page = search.find(session, scope, CompanyFilter(text="가"), order="size", descending=True)
    assert (page.total, page.narrow) == (1, True)
