"""The company pages: owner, colleague, stranger, bad id, bad input, GET changes nothing; what is logged."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from outreach.audit.models import AccessKind, AccessRecord
from outreach.audit.service import SERVICE
from outreach.companies import consent, export, merge
from outreach.companies.models import Company, Contact, MergeSuggestion, Suppression
from outreach.db import db
from outreach.regions.loading import load_reference
from outreach.scope import Role
from tests.outreach.companies.making import HEADQUARTERS, NOW, NUMBERS, contact_of, make_company
from tests.people import make_centre, make_user, sign_in

PAGES = ["/companies/", "/companies/merges/", "/companies/suppressions/"]
CENTRE = {Role.PROMOTION, Role.CENTRE_MANAGER, Role.PLANNER}


@pytest.fixture
def centre(app):
    return make_centre(name="구로고용센터")


@pytest.fixture
def company(centre):
    return make_company(centre, business_number=NUMBERS[0], ksic="C25", headcount=42)


@pytest.fixture
def contact(company):
    return contact_of(company)


def person(role, centre):
    return make_user(role, centre=centre if role in CENTRE else None)


@pytest.fixture
def officer(client, centre):
    return sign_in(client, person(Role.PROMOTION, centre))


def logged(**values):
    return db.session.scalars(sa.select(AccessRecord).filter_by(**values).order_by(AccessRecord.id)).all()


# -- who may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PARTNER}))
def test_staff_see_every_page(client, centre, company, contact, role):
    sign_in(client, person(role, centre))
    for path in [*PAGES, f"/companies/{company.id}"]:
        response = client.get(path)
        assert response.status_code == 200, path
        assert b"/companies/suppressions/" in response.data or path.endswith(str(company.id))


@pytest.mark.parametrize("path", [*PAGES, "/companies/1", "/companies/new", "/companies/contacts/1"])
def test_partners_and_strangers_see_none(client, centre, path):
    assert client.get(path).status_code == 302
    sign_in(client, person(Role.PARTNER, centre))
    assert client.get(path).status_code == 403


def test_another_centre_finds_nothing(client, company, contact):
    sign_in(client, person(Role.PROMOTION, make_centre()))
    assert company.name not in client.get("/companies/").text
    place = company.workplaces[0]
    for path in (
        f"/companies/{company.id}", f"/companies/{company.id}/edit", f"/companies/workplaces/{place.id}/edit",
        f"/companies/workplaces/{place.id}/contacts/new", f"/companies/contacts/{contact.id}", "/companies/999",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/companies/contacts/{contact.id}/remove").status_code == 404


@pytest.mark.parametrize("role", [Role.PLANNER, Role.AUDITOR])
def test_readers_are_offered_no_edit(client, centre, company, role):
    sign_in(client, person(role, centre))
    assert "/edit" not in client.get(f"/companies/{company.id}").text
    assert client.get(f"/companies/{company.id}/edit").status_code == 403
    assert client.get("/companies/new").status_code == 403


# -- the list ----------------------------------------------------------------------------------------------


def test_list_shows_and_filters(officer, centre, company):
    make_company(centre, "두리식품", ksic="I56", email=None)
    text = officer.get("/companies/").text
    assert "한빛정밀" in text
    assert "두리식품" in text
    assert "120-81-47521" in text
    assert "kim@hanbit" not in text
    text = officer.get("/companies/?section=C&size=30-99&address=yes").text
    assert "두리식품" not in text
    assert "한빛정밀" in text
    assert "조건에 맞는 기업이 없습니다" in officer.get("/companies/?q=없는이름").text


@pytest.mark.parametrize("query", ["page=x", "province=abc&district=9", "sort=nonsense&dir=up", "size=7&centre=-1"])
def test_nonsense_in_the_address_is_ignored(officer, company, query):
    assert "한빛정밀" in officer.get(f"/companies/?{query}").text


def test_headquarters_choose_a_province_first(client, centre, company):
    load_reference(db.session)
    sign_in(client, person(Role.HEADQUARTERS, centre))
    assert 'name="district"' not in client.get("/companies/").text
    assert 'name="district"' in client.get("/companies/?province=1").text


def test_export_needs_a_reason_and_is_logged(officer, company, contact):
    assert officer.get("/companies/export.xlsx").status_code == 422
    response = officer.get("/companies/export.xlsx?section=C&reason=설명회 초청")
    book = CalamineWorkbook.from_filelike(BytesIO(response.data))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[1][:2] == ["한빛정밀", "120-81-47521"]
    assert "kim@hanbit.example" in rows[1]
    [record] = logged(kind=AccessKind.EXPORT)
    assert record.subject_ids == [contact.id]
    assert record.detail == "설명회 초청 | section=C"


def test_export_refuses_too_much(officer, centre, company, monkeypatch):
    monkeypatch.setattr(export, "MAX_COMPANIES", 1)
    make_company(centre, "두리식품")
    response = officer.get("/companies/export.xlsx?reason=x")
    assert response.status_code == 422
    assert "나누어" in response.text


# -- one company ---------------------------------------------------------------------------------------------


def test_each_view_of_people_is_logged(officer, company, contact):
    text = officer.get(f"/companies/{company.id}").text
    assert "kim@hanbit.example" in text
    assert "사업자등록번호가 같으면 같은 기업" in text
    officer.get(f"/companies/{company.id}")
    assert [record.subject_ids for record in logged(kind=AccessKind.VIEW, subject="contact")] == [[contact.id]] * 2


def test_people_of_another_centres_place_stay_hidden(client, officer, centre, company, contact):
    far = make_centre()
    other = make_company(far, "한빛정밀 부산", email="lee@hanbit.example")
    place = other.workplaces[0]
    place.company_id, place.is_head = company.id, False
    db.session.commit()
    db.session.expire_all()
    text = officer.get(f"/companies/{company.id}").text
    assert "lee@hanbit.example" not in text
    assert "다른 센터 관할의 사업장이 1곳" in text
    assert logged(kind=AccessKind.VIEW)[-1].subject_ids == [contact.id]


def test_create(officer, centre):
    form = {"name": "(주)새솔", "business_number": NUMBERS[1], "phone": "02-1234-5678", "ksic": "J62"}
    assert officer.get("/companies/new").status_code == 200
    response = officer.post("/companies/new", data=form)
    company = db.session.scalars(sa.select(Company)).one()
    assert response.location == f"/companies/{company.id}"
    assert company.workplaces[0].centre_id == centre.id
    assert company.edited


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": ""}, "기업명"), ({"business_number": "1"}, "검증번호가 맞지 않습니다"),
        ({"business_number": NUMBERS[0]}, "이미 등록된 기업입니다"), ({"district": "999999"}, "시·군·구"),
    ],
)
def test_create_refuses_and_keeps_what_was_written(officer, company, values, words):
    response = officer.post("/companies/new", data={"name": "새솔", "memo": "쓰던 메모", **values})
    assert response.status_code == 422
    assert words in response.text
    assert "쓰던 메모" in response.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Company)) == 1


def edit_form(company, **values):
    return {"version": company.version, "name": company.name, "business_number": company.business_number, **values}


def test_edit(officer, company):
    assert "120-81" in officer.get(f"/companies/{company.id}").text
    data = edit_form(company, industry="금형", headcount="1,200명")
    response = officer.post(f"/companies/{company.id}/edit", data=data)
    assert response.location == f"/companies/{company.id}"
    assert (company.industry, company.headcount) == ("금형", 1200)
    assert "업종: 금형" in officer.get(f"/companies/{company.id}").text


def test_a_stale_edit_keeps_both(officer, company):
    stale = edit_form(company, industry="내 값")
    officer.post(f"/companies/{company.id}/edit", data=edit_form(company, industry="남의 값"))
    response = officer.post(f"/companies/{company.id}/edit", data=stale)
    assert response.status_code == 422
    assert "내 값" in response.text
    assert "다른 사람이" in response.text
    assert f'name="version" value="{company.version}"' in response.text
    assert company.industry == "남의 값"


def test_workplaces(officer, company):
    officer.post(f"/companies/{company.id}/workplaces/new", data={"name": "2공장", "headcount": "7"})
    first, second = company.workplaces
    assert (second.name, second.headcount, second.centre_id) == ("2공장", 7, first.centre_id)
    path = f"/companies/workplaces/{second.id}/edit"
    assert "2공장" in officer.get(path).text
    data = {"version": second.version, "name": "3공장", "address": "", "phone": "031-123-4567"}
    assert officer.post(path, data=data).status_code == 302
    assert (second.name, second.phone) == ("3공장", "031-123-4567")
    assert officer.post(path, data={**data, "phone": "없는 번호"}).status_code == 422


def test_a_place_that_leaves_the_centre_leaves_the_list(officer, company):
    load_reference(db.session)
    place = company.workplaces[0]
    data = {"version": place.version, "address": "부산 해운대구 센텀로 1"}
    response = officer.post(f"/companies/workplaces/{place.id}/edit", data=data)
    assert response.location == "/companies/"
    assert officer.get(f"/companies/{company.id}").status_code == 404


# -- contact persons --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.PROMOTION, Role.PLANNER, Role.CENTRE_MANAGER, Role.HEADQUARTERS])
def test_add_a_contact(client, centre, company, role):
    sign_in(client, person(role, centre))
    path = f"/companies/workplaces/{company.workplaces[0].id}/contacts/new"
    assert client.get(path).status_code == 200
    assert client.post(path, data={"name": "이하나", "email": "lee@naver.con"}).status_code == 302
    assert "lee@naver.com" in client.get(f"/companies/{company.id}").text
    assert client.post(path, data={"name": ""}).status_code == 422
    assert client.post(path, data={"email": "kim@hanbit.example"}).status_code == 422


def test_edit_a_contact(officer, contact):
    path = f"/companies/contacts/{contact.id}"
    assert "kim@hanbit.example" in officer.get(path).text
    data = {"contact-version": contact.version, "contact-name": "김새로", "contact-email": "new@hanbit.example"}
    assert officer.post(path, data=data).location == path
    assert (contact.name, contact.address_key) == ("김새로", "new@hanbit.example")
    response = officer.post(path, data={**data, "contact-name": "늦은 값"})
    assert response.status_code == 422
    assert "늦은 값" in response.text


def test_auditors_do_not_edit_contacts(client, centre, contact):
    sign_in(client, person(Role.AUDITOR, centre))
    assert client.post(f"/companies/contacts/{contact.id}", data={}).status_code == 403


def test_remove_a_contact_but_not_its_opt_out(officer, contact, company):
    officer.post(f"/companies/contacts/{contact.id}/suppress", data={"refuse-source": "전화"})
    assert officer.get(f"/companies/contacts/{contact.id}/remove").status_code == 405
    stale = officer.post(f"/companies/contacts/{contact.id}/remove", data={"version": contact.version + 5})
    assert stale.status_code == 409
    response = officer.post(f"/companies/contacts/{contact.id}/remove", data={"version": contact.version})
    assert response.location == f"/companies/{company.id}"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 0
    assert consent.is_suppressed(db.session, "kim@hanbit.example")


def test_consent_is_given_and_withdrawn_with_evidence(officer, contact):
    path = f"/companies/contacts/{contact.id}"
    data = {"consent-purpose": "advertising", "consent-given_on": "2026-11-20", "consent-how": "신청서 제12호"}
    assert officer.post(f"{path}/consents", data=data).location == path
    assert "신청서 제12호" in officer.get(path).text
    assert officer.post(f"{path}/consents", data=data).status_code == 422
    assert officer.post(f"{path}/consents/advertising/withdraw", data={"withdraw-how": ""}).status_code == 422
    assert officer.post(f"{path}/consents/advertising/withdraw", data={"withdraw-how": "전화"}).location == path
    assert contact.consents[0].withdrawn_how == "전화"
    future = {**data, "consent-given_on": "2026-12-24"}
    assert officer.post(f"{path}/consents", data=future).status_code == 422
    assert officer.post(f"{path}/consents/nonsense/withdraw", data={"withdraw-how": "x"}).status_code == 404


def test_suppress_and_lift_from_the_contact(officer, contact):
    path = f"/companies/contacts/{contact.id}"
    assert officer.post(f"{path}/suppress", data={"refuse-source": ""}).status_code == 422
    assert officer.post(f"{path}/suppress", data={"refuse-source": "전화"}).location == path
    assert "어떤 메일도 나가지 않습니다" in officer.get(path).text
    assert officer.post(f"{path}/lift", data={"lift-reason": ""}).status_code == 422
    assert officer.post(f"{path}/lift", data={"lift-reason": "본인이 다시 요청"}).location == path
    assert not consent.is_suppressed(db.session, "kim@hanbit.example")


# -- the list of suppressed addresses -------------------------------------------------------------------------------


def test_suppressions_by_hand(officer, company, contact):
    data = {"address": "KIM@hanbit.example", "source": "전화"}
    assert officer.post("/companies/suppressions/", data=data).status_code == 302
    assert company.name in officer.get("/companies/suppressions/").text
    again = officer.post("/companies/suppressions/", data=data)
    assert again.status_code == 422
    assert "이미 수신거부된 주소입니다" in again.text
    row = db.session.scalars(sa.select(Suppression)).one()
    path = f"/companies/suppressions/{row.id}/lift"
    assert officer.post(path, data={"lift-reason": " "}).status_code == 422
    assert officer.post(path, data={"lift-reason": "본인 요청"}).status_code == 302
    assert officer.post(path, data={"lift-reason": "본인 요청"}).status_code == 404


def test_suppressions_of_others_stay_out_of_reach(client, officer, contact):
    consent.suppress_by_hand(db.session, HEADQUARTERS, SERVICE, "far@away.example", "전화", now=NOW)
    assert "far@away.example" not in officer.get("/companies/suppressions/").text
    row = db.session.scalars(sa.select(Suppression)).one()
    assert officer.post(f"/companies/suppressions/{row.id}/lift", data={"lift-reason": "x"}).status_code == 404


def test_suppression_export(client, centre, contact):
    sign_in(client, person(Role.AUDITOR, centre))
    consent.suppress_by_hand(db.session, HEADQUARTERS, SERVICE, "kim@hanbit.example", "=1+1", now=NOW)
    assert client.get("/companies/suppressions/export.xlsx").status_code == 422
    response = client.get("/companies/suppressions/export.xlsx?reason=월간 점검")
    rows = CalamineWorkbook.from_filelike(BytesIO(response.data)).get_sheet_by_index(0).to_python()
    assert rows[1][0] == "kim@hanbit.example"
    assert rows[1][2] == "=1+1"
    assert logged(kind=AccessKind.EXPORT)[0].detail.startswith("월간 점검")


# -- merging ----------------------------------------------------------------------------------------------------


@pytest.fixture
def suggestion(centre, company):
    other = make_company(centre, "한빛 정밀 주식회사", email="lee@hanbit.example")
    merge.suggest(db.session, company.id, other.id, "이름이 비슷함", NOW - timedelta(days=1))
    return db.session.scalars(sa.select(MergeSuggestion)).first()


def test_compare_and_merge(officer, company, suggestion):
    assert "한빛 정밀 주식회사" in officer.get("/companies/merges/").text
    page = officer.get(f"/companies/merges/{suggestion.id}").text
    assert "lee@hanbit.example" in page
    path = f"/companies/merges/{suggestion.id}/merge"
    assert officer.post(path, data={"kept": "999"}).status_code == 422
    assert officer.post(path, data={"kept": str(company.id)}).location == f"/companies/{company.id}"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Company)) == 1
    assert "기업 합침" in officer.get(f"/companies/{company.id}").text
    assert officer.post(path, data={"kept": str(company.id)}).status_code == 404


def test_keep_apart(officer, suggestion):
    assert officer.post(f"/companies/merges/{suggestion.id}/dismiss").status_code == 302
    assert officer.get(f"/companies/merges/{suggestion.id}").status_code == 404


def test_readers_and_strangers_do_not_merge(client, centre, suggestion):
    path = f"/companies/merges/{suggestion.id}/merge"
    sign_in(client, person(Role.PLANNER, centre))
    assert client.get(f"/companies/merges/{suggestion.id}").status_code == 200
    assert client.post(path).status_code == 403
    sign_in(client, person(Role.PROMOTION, make_centre()))
    assert client.post(path).status_code == 404
