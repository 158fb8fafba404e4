"""What an import does to the database, and what it leaves alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from outreach.audit.models import ChangeRecord
from outreach.audit.service import SERVICE
from outreach.clock import kst_midnight
from outreach.companies import consent
from outreach.companies import service as companies
from outreach.companies.models import (
    Company,
    Consent,
    ConsentPurpose,
    Contact,
    ImportReject,
    MergeSuggestion,
    Suppression,
    SuppressionReason,
    Workplace,
)
from outreach.db import db
from outreach.demo.companies import fictional_companies
from outreach.demo.workbook import BAD_ROWS, office_workbook
from outreach.regions.loading import load_reference
from tests.outreach.companies import office_files
from tests.outreach.companies.imports.lists import (
    HEADINGS,
    bring_in,
    check,
    company_row,
    listing,
    numbers,
    store,
    upload,
)
from tests.outreach.companies.making import HEADQUARTERS, contact_of, staff
from tests.outreach.companies.office_files import business_number, hyphened
from tests.people import NOW, make_centre


@pytest.fixture(autouse=True)
def regions(app):
    load_reference(db.session)
    db.session.commit()


CONFIRMED = {"as_of": date(2026, 11, 1), "evidence": "실태조사 신청서에 서명"}


def every(model, **values):
    db.session.rollback()
    return db.session.scalars(sa.select(model).filter_by(**values).order_by(model.id)).all()


def only(model, **values):
    (row,) = every(model, **values)
    return row


def counted():
    db.session.rollback()
    models = (Company, Workplace, Contact, Consent, Suppression, MergeSuggestion)
    return [db.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in models]


def contents():
    """Every value of every company, to see that nothing changed."""
    db.session.rollback()
    return [db.session.execute(sa.select(model.__table__).order_by(model.id)).all() for model in
            (Company, Workplace, Contact, Consent, Suppression)]


# -- new companies ---------------------------------------------------------------------------------------


def test_a_row_becomes_company_workplace_and_contact(app):
    assert numbers(bring_in(app, listing([company_row(7)]))) == (1, 0, 0, 0)
    company = only(Company)
    place, person = company.workplaces[0], contact_of(company)
    assert (company.name, company.name_key, company.business_number) == ("㈜시험7정밀", "시험7정밀", business_number(7))
    assert (company.headcount, company.version, company.edited) == (8, 1, {})
    assert (place.is_head, place.phone_key, place.district.name_ko) == (True, "0221000007", "구로구")
    assert (person.name, person.title, person.address_key) == ("김담당", "과장", "hr7@firm7.example.kr")
    assert only(ChangeRecord, subject="company").action == "import"


@pytest.mark.sqlite
def test_instants_are_stored_as_the_models_store_them(app):
    """Text of fixed width on SQLite, so that it sorts as time does."""
    bring_in(app, listing([company_row(1)]))
    raw = db.session.execute(sa.text("SELECT created_at FROM company UNION SELECT created_at FROM contact")).scalars()
    assert raw.all() == ["2026-11-23 01:00:00.000000"]
    assert only(Company).created_at == NOW


def test_likeness_only_suggests(app):
    names = ("㈜한빛정밀", "한빛정밀 2공장", "(주)한빛정밀(시화)", "㈜한빛화학")
    told = [company_row(serial, 기업명=name, 사업자등록번호="") for serial, name in enumerate(names, 1)]
    for content in (listing(told[:1]), listing(told[1:])):
        assert bring_in(app, content).counts["updated"] == 0
    first, second, third, other = sorted(company.id for company in every(Company))
    pairs = {(one.company_id, one.other_id) for one in every(MergeSuggestion)}
    assert pairs >= {(first, second), (first, third)}
    assert all(other not in pair for pair in pairs)


def test_centre_and_complex_follow_address_and_name(app):
    rows = [[*company_row(1, 소재지="인천광역시 남동구 남동대로 1"), "남동국가산업단지"],
            [*company_row(2, 소재지="어딘가 먼 곳 3"), "없는산업단지"]]
    centre = make_centre()
    db.session.commit()
    report = bring_in(app, listing(rows, [*HEADINGS, "산업단지"]), scope=staff(centre))
    known, unknown = every(Workplace)
    assert known.district.name_ko == "남동구"
    assert known.complex is not None and "남동" in known.complex.name
    assert (unknown.district_id, unknown.centre_id) == (None, centre.id)
    assert report.groups["region_unknown"].first[0].row == 3
    assert report.groups["complex_unknown"].count == 1
    assert report.counts["outside"] == 1


@pytest.mark.parametrize(
    "content", [office_files.complex_list_xlsx(), office_files.centre_list_xls(), office_files.portal_html(),
                office_files.association_csv()],
)  # fmt: skip
def test_office_files_twice(app, content):
    first = bring_in(app, content, **CONFIRMED)
    assert first.counts["created"] > 0
    before = contents()
    again = bring_in(app, content, **CONFIRMED)
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)
    assert again.counts["unchanged"] == first.counts["created"]
    assert again.counts["rejected"] == first.counts["rejected"]
    assert contents() == before


def test_demo_workbook_with_bad_rows_twice(app):
    companies_told = list(fictional_companies(300))
    content = office_workbook(companies_told)
    first = bring_in(app, content, **CONFIRMED)
    assert 290 <= first.counts["created"] <= 302
    assert 1 <= first.counts["rejected"] <= len(BAD_ROWS)
    assert len(every(ImportReject)) == first.counts["rejected"]
    before = contents()
    again = bring_in(app, content, **CONFIRMED)
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)
    assert contents() == before


def test_dry_run_promises_what_the_import_does_and_stores_nothing(app):
    content = office_workbook(list(fictional_companies(120)))
    import_id = upload(app, content, **CONFIRMED)
    promised = check(app, import_id)
    assert counted()[0] == 0
    rejected = len(every(ImportReject))
    done = store(app, import_id)
    assert dict(done.counts) == dict(promised.counts)
    assert done.warnings_json() == promised.warnings_json()
    assert len(every(ImportReject)) == rejected


def test_rejects_keep_row_column_reason_and_cells(app):
    rows = [company_row(1), company_row(2, 사업자등록번호="123-45-67890"), company_row(3, 이메일="no-at.example")]
    report = bring_in(app, listing(rows))
    assert numbers(report) == (1, 0, 0, 2)
    number, email = every(ImportReject)
    assert (number.row, number.column) == (3, "B")
    assert "사업자등록번호" in number.reason and number.cells[0] == "㈜시험2정밀"
    assert (email.row, email.column) == (4, "H")


# -- known companies -------------------------------------------------------------------------------------


def test_changed_values_are_taken_and_told_in_the_history(app):
    bring_in(app, listing([company_row(1)]))
    changed = company_row(1, 직위="부장", 상시근로자수="77", 소재지="부산광역시 사상구 낙동대로 5")
    report = bring_in(app, listing([changed]))
    assert numbers(report) == (0, 1, 0, 0)
    company = only(Company)
    place = company.workplaces[0]
    assert (company.headcount, place.headcount, place.district.name_ko) == (77, 77, "사상구")
    assert contact_of(company).title == "부장"
    told = every(ChangeRecord, subject="company")[-1].changes
    assert told["contact.title"] == ["과장", "부장"] and told["workplace.headcount"] == [2, 77]


def test_blank_cells_blank_nothing(app):
    bring_in(app, listing([company_row(1)]))
    before = contents()
    blank = dict.fromkeys(("소재지", "상시근로자수", "전화번호", "담당자", "직위", "이메일"), "")
    assert numbers(bring_in(app, listing([company_row(1, **blank)]))) == (0, 0, 1, 0)
    assert contents() == before


def test_hand_edits_stand_unless_the_list_is_newer(app, clock):
    bring_in(app, listing([company_row(1)]))
    clock.advance(days=3)
    company = only(Company)
    person = contact_of(company)
    companies.edit_contact(
        db.session, HEADQUARTERS, SERVICE, person.id, {"title": "공장장"}, version=None, now=clock.now()
    )
    companies.edit_company(
        db.session, HEADQUARTERS, SERVICE, company.id, {"headcount": "50"}, version=None, now=clock.now()
    )
    db.session.commit()
    older = listing([company_row(1, 직위="차장", 상시근로자수="99")])
    for as_of in (None, date(2026, 11, 24)):
        report = bring_in(app, older, as_of=as_of)
        assert report.counts["updated"] == 0
        assert report.groups["kept"].count == 2  # title; headcount, which the only workplace shares
        assert report.groups["kept"].first[0].row == 2
    company = only(Company)
    assert (contact_of(company).title, company.headcount, company.workplaces[0].headcount) == ("공장장", 50, 50)
    clock.advance(days=5)
    report = bring_in(app, older, as_of=date(2026, 11, 30))
    assert numbers(report) == (0, 1, 0, 0)
    company = only(Company)
    assert (contact_of(company).title, company.headcount) == ("차장", 99)
    assert "title" not in contact_of(company).edited


def test_spelling_of_a_known_name_stays(app):
    bring_in(app, listing([company_row(1)]))
    assert numbers(bring_in(app, listing([company_row(1, 기업명="주식회사 시험1정밀")]))) == (0, 0, 1, 0)
    assert only(Company).name == "㈜시험1정밀"


def test_contacts_are_united_by_address_else_by_name_and_phone(app):
    head = ["기업명", "사업자등록번호", "담당자", "연락처", "이메일"]
    base = ["㈜시험", hyphened(1)]
    bring_in(app, listing([[*base, "김담당", "010-1111-2222", "Kim@Firm.example.kr"],
                           [*base, "이무메일", "02-100-2000", ""]], head))
    assert len(every(Contact)) == 2
    report = bring_in(app, listing([[*base, "김개명", "010-1111-2222", "kim@firm.example.kr"],
                                    [*base, "이무메일", "02-100-2000", "lee@firm.example.kr"],
                                    [*base, "박새사람", "02-100-2000", ""]], head))
    assert numbers(report) == (0, 1, 0, 0)
    assert [(one.name, one.email) for one in every(Contact)] == [
        ("김개명", "Kim@firm.example.kr"), ("이무메일", "lee@firm.example.kr"), ("박새사람", "")
    ]


# -- identity --------------------------------------------------------------------------------------------


def test_without_a_number_name_and_phone_or_address_tell(app):
    plain = company_row(1, 사업자등록번호="")
    bring_in(app, listing([plain]))
    same_phone = company_row(1, 사업자등록번호="", 기업명="(주)시험1정밀", 소재지="")
    same_place = company_row(1, 사업자등록번호="", 전화번호="")
    assert numbers(bring_in(app, listing([same_phone]))) == (0, 0, 1, 0)
    assert numbers(bring_in(app, listing([same_place]))) == (0, 0, 1, 0)
    other = company_row(1, 사업자등록번호="", 소재지="부산광역시 사상구 낙동대로 5", 전화번호="051-100-2000")
    report = bring_in(app, listing([other]))
    assert numbers(report) == (1, 0, 0, 0)
    assert report.groups["similar"].count == 1
    assert len(every(MergeSuggestion)) == 1
    assert len(every(Company)) == 2


def test_a_number_is_added_to_the_company_known_without(app):
    bring_in(app, listing([company_row(1, 사업자등록번호="")]))
    assert numbers(bring_in(app, listing([company_row(1)]))) == (0, 1, 0, 0)
    assert only(Company).business_number == business_number(1)
    assert numbers(bring_in(app, listing([company_row(1, 사업자등록번호="")]))) == (0, 0, 1, 0)


def test_two_numbers_are_two_businesses_even_with_one_name_and_phone(app):
    twin = company_row(2, 기업명="㈜시험1정밀", 전화번호="02-2100-0001")
    assert numbers(bring_in(app, listing([company_row(1), twin]))) == (2, 0, 0, 0)
    assert every(MergeSuggestion) == []


def test_a_row_that_fits_two_companies_is_left_to_a_person(app):
    twin = company_row(2, 기업명="㈜시험1정밀", 전화번호="02-2100-0001")
    bring_in(app, listing([company_row(1), twin]))
    unclear = listing([company_row(1, 사업자등록번호="", 소재지="")])
    report = bring_in(app, unclear)
    assert numbers(report) == (1, 0, 0, 0)
    assert report.groups["rivals"].count == 1
    assert len(every(MergeSuggestion)) == 2
    assert numbers(bring_in(app, unclear)) == (0, 0, 1, 0)
    assert len(every(MergeSuggestion)) == 2


def test_identity_by_email_only_where_nothing_else_tells(app):
    head = ["기업명", "담당자", "이메일"]
    rows = listing([["시험상사", "김담당", "kim@firm.example.kr"]], head)
    bring_in(app, rows)
    assert numbers(bring_in(app, rows)) == (0, 0, 1, 0)


def test_workplaces_by_their_number(app):
    head = [*HEADINGS, "사업장관리번호"]
    number = business_number(1)
    elsewhere = {"소재지": "부산광역시 사상구 낙동대로 9", "전화번호": "051-100-2000", "이메일": "b@firm1.example.kr"}
    rows = [[*company_row(1), f"{number}0"], [*company_row(1, **elsewhere), f"{number}1"]]
    content = listing(rows, head)
    report = bring_in(app, content)
    assert numbers(report) == (1, 0, 0, 0)
    head_place, branch = every(Workplace)
    assert (head_place.is_head, branch.is_head, branch.district.name_ko) == (True, False, "사상구")
    assert only(Company).headcount == 4
    before = contents()
    assert numbers(bring_in(app, content)) == (0, 0, 1, 0)
    assert numbers(bring_in(app, listing(list(reversed(rows)), head))) == (0, 0, 1, 0)
    assert contents() == before


def test_rows_of_one_business_with_and_without_workplace_number_settle(app):
    head = [*HEADINGS, "사업장관리번호"]
    number = business_number(1)
    rows = [[*company_row(1, 상시근로자수="30"), ""], [*company_row(1, 상시근로자수="20"), f"{number}0"],
            [*company_row(1, 소재지="부산광역시 사상구 낙동대로 9", 전화번호="051-100-2000"), ""]]
    content = listing(rows, head)
    first = bring_in(app, content)
    before = contents()
    for _ in range(2):
        report = bring_in(app, content)
        assert numbers(report) == (0, 0, 1, 0)
        assert contents() == before
    assert first.counts["created"] == 1


# -- suppression and consent ------------------------------------------------------------------------------

CONSENT = ("기업명", "사업자등록번호", "담당자", "이메일", "수신동의", "동의일", "동의방법")


def consent_row(word: str, day: str = "2026-10-01", how: str = "설명회 신청서"):
    return ["㈜시험", hyphened(1), "김담당", "kim@firm.example.kr", word, day, how]


def test_suppression_survives_the_import_and_blocks_consent(app, now):
    consent.suppress(db.session, "kim@firm.example.kr", SuppressionReason.UNSUBSCRIBED, "링크", now)
    db.session.commit()
    report = bring_in(app, listing([consent_row("동의")], CONSENT))
    assert only(Suppression).address_key == "kim@firm.example.kr"
    assert every(Consent) == []
    assert report.counts["suppressed"] == 1
    assert report.groups["consent_suppressed"].count == 1
    db.session.delete(only(Contact))
    db.session.commit()
    bring_in(app, listing([consent_row("")], CONSENT))
    assert only(Contact).address_key == only(Suppression).address_key


def test_yes_is_recorded_with_its_evidence_once(app):
    content = listing([consent_row("동의")], CONSENT)
    bring_in(app, content)
    row = only(Consent)
    assert row.given_at == kst_midnight(date(2026, 10, 1))
    assert row.how.startswith("설명회 신청서") and "명단 가져오기" in row.how
    assert row.purpose is ConsentPurpose.ADVERTISING
    assert numbers(bring_in(app, content)) == (0, 0, 1, 0)
    assert len(every(Consent)) == 1


def test_no_creates_nothing_and_ends_a_standing_consent(app):
    bring_in(app, listing([consent_row("미동의")], CONSENT))
    assert (every(Consent), every(Suppression)) == ([], [])
    bring_in(app, listing([consent_row("동의")], CONSENT))
    report = bring_in(app, listing([consent_row("거부", "2026-11-01")], CONSENT))
    row = only(Consent)
    assert row.withdrawn_at is not None and "미동의" in row.withdrawn_how
    assert report.groups["consent_withdrawn"].first[0].row == 2
    assert every(Suppression) == []


def test_an_older_no_does_not_end_a_newer_consent(app):
    bring_in(app, listing([consent_row("동의", "2026-11-01")], CONSENT))
    report = bring_in(app, listing([consent_row("미동의", "2026-10-01")], CONSENT))
    assert only(Consent).withdrawn_at is None
    assert report.groups["consent_newer"].count == 1


def test_a_withdrawn_consent_is_not_revived_by_an_older_yes(app, now):
    content = listing([consent_row("동의")], CONSENT)
    bring_in(app, content)
    consent.withdraw_consents(db.session, "kim@firm.example.kr", "전화로 철회", now - timedelta(days=5))
    db.session.commit()
    for rows in ([consent_row("동의")], [consent_row("동의", "")]):
        report = bring_in(app, listing(rows, CONSENT), as_of=date(2026, 11, 22))
        assert report.groups["consent_ended"].count == 1
    assert only(Consent).withdrawn_at is not None
    bring_in(app, listing([consent_row("동의", "2026-11-21")], CONSENT))
    assert [one.withdrawn_at is None for one in every(Consent)] == [False, True]


def test_a_yes_without_a_day_is_not_recorded(app):
    report = bring_in(app, listing([consent_row("동의", "")], CONSENT))
    assert every(Consent) == [] and report.groups["consent_undated"].count == 1
