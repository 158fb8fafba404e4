"""From sheets of real shape to companies, rejects, and one record per company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.companies.columns import suggest, to_mapping
from outreach.companies.fold import Folder, fold
from outreach.companies.headers import Header, rank_sheets
from outreach.companies.parsed_row import ParsedRow
from outreach.companies.people import Consent, Contact
from outreach.companies.problems import MESSAGES, REJECTING, column_letter
from outreach.companies.rows import Tally, parse_rows
from outreach.companies.tables import Merge, Sheet, read_tables
from outreach.errors import Invalid
from tests.outreach.companies import office_files as office

BRN = office.business_number


def parse(content: bytes, tally: Tally | None = None) -> list[ParsedRow]:
    """A file as it would be imported with what is suggested."""
    with read_tables(content) as file:
        best = rank_sheets(file.sheets)[0]
        sample = best.sheet.head(60)[best.header.last :]
        mapping = to_mapping(suggest(best.header.names, sample))
        return list(parse_rows(best.sheet, mapping, best.header, tally=tally, today=date(2026, 11, 23)))


def parse_list(
    headers: str, *rows: Sequence[object], merged: Sequence[Merge] = (), tally: Tally | None = None
) -> list[ParsedRow]:
    """A list given in the test: headings divided by spaces, rows beneath."""
    names = tuple(headers.split())
    grid = [names, *rows]
    mapping = to_mapping(suggest(names, []))
    sheet = Sheet("표", len(grid), lambda: iter(grid), merged)
    return list(parse_rows(sheet, mapping, Header(1, 1, names), tally=tally, today=date(2026, 11, 23)))


def codes(row: ParsedRow) -> list[str]:
    return [found.code for found in row.warnings + row.errors]


# -- the office files ------------------------------------------------------------------------------------------


def test_complex_list():
    tally = Tally()
    hanbit, daesung, seum = parse(office.complex_list_xlsx(), tally)
    assert hanbit.company == {"name": "㈜한빛정밀", "business_number": BRN(1), "memo": "우수"}
    assert hanbit.workplace == {"address": "인천 남동구 남동대로 12", "headcount": 1234}
    assert hanbit.contacts == [
        Contact("김철수", "과장", "kim@hanbit.example", mobile="010-1234-5678"),
        Contact("이영희", "대리", "lee@hanbit.example", mobile="010-2222-3333"),
    ]
    assert (hanbit.number, hanbit.also, hanbit.warnings) == (5, [6], [])
    assert [(c.name, c.email, c.phone) for c in daesung.contacts] == [
        ("박민수", "park@x.example", "032-123-4567"), ("최수진", "choi@x.example", ""),
    ]  # fmt: skip
    assert (seum.number, seum.workplace["headcount"], codes(seum)) == (11, 30, ["headcount_approximate"])
    assert tally == {"read": 4, "total": 2, "header": 2, "note": 1}


def test_centre_list():
    hanul, dodam = parse(office.centre_list_xls())
    assert hanul.company == {"name": "한울산업", "business_number": BRN(11)}
    assert hanul.workplace == {"ksic": "2511", "section": "C", "headcount": 45, "phone": "02-1234-5678"}
    assert hanul.contacts == [Contact("정하나", "", "jung@hanul.example", consent=Consent(True, date(2024, 7, 2)))]
    assert codes(hanul) == ["phone_zero"]
    assert dodam.contacts[0].title == "부장" and dodam.contacts[0].consent == Consent(False, date(2024, 7, 2))
    assert dodam.workplace["phone"] == "031-234-5678" and codes(dodam) == ["headcount_range"]


def test_portal_page():
    hansol, narae = parse(office.portal_html())
    assert (hansol.company["name"], hansol.company["business_number"]) == ("한솔&바다 주식회사", BRN(21))
    assert [c.email for c in hansol.contacts] == ["kang@hansol.example", "seo@hansol.example"]
    assert narae.company["name"] == "푸른 나래"


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["cp949", "utf-8-sig", "utf-16"])
def test_association_list(encoding: str, delimiter: str):
    gaon, neulbom, again = parse(office.association_csv(encoding, delimiter))
    assert gaon.company == {"name": "가온식품(주)", "representative": "홍길동"}
    assert neulbom.company["memo"] == "휴업" and neulbom.identity().loose == ("늘봄|a경기성남시중원구사기막골로45",)
    (whole, other) = fold([gaon, neulbom, again])
    assert [c.name for c in whole.contacts] == ["조은별", "한지민"] and whole.also == [4] and other is neulbom


# -- rows ------------------------------------------------------------------------------------------------------


def test_what_is_handed_back_and_why():
    good, *bad = parse_list(
        "기업명 사업자등록번호 전화번호 이메일",
        ["가", office.hyphened(1), "", "a@x.example"],
        ["나", "123-45-67890", "", "a@x.example"],
        ["다", "", "02-123-4567", "다@naver"],
        ["라", "", "", ""],
        ["", office.hyphened(2), "", ""],
        ["마" * 201, office.hyphened(3), "", ""],
    )
    assert not good.rejected and all(row.rejected for row in bad)
    assert [(e.code, e.row, e.column, e.header) for row in bad for e in row.errors] == [
        ("business_number_invalid", 3, "B", "사업자등록번호"), ("email_invalid", 4, "D", "이메일"),
        ("no_identity", 5, "", ""),
        ("name_missing", 6, "A", "기업명"), ("too_long", 7, "A", "기업명"),
    ]  # fmt: skip
    assert bad[0].cells == ["나", "123-45-67890", "", "a@x.example"]
    assert "123-45-67890" in bad[0].errors[0].message and bad[0].errors[0].rejecting


def test_blank_business_number_is_accepted():
    (row,) = parse_list("기업명 사업자등록번호 전화번호", ["가", "", "02-123-4567"])
    assert not row.rejected and "business_number" not in row.company


def test_blank_cells_leave_no_key():
    (row,) = parse_list(
        "기업명 사업자등록번호 대표자 주소 우편번호 이메일", ["가", office.hyphened(1), "-", "", None, "없음"]
    )
    assert (row.company, row.workplace, row.contacts) == ({"name": "가", "business_number": BRN(1)}, {}, [])


def test_a_suspected_typing_error_is_only_a_warning():
    (row,) = parse_list("기업명 사업자등록번호 이메일", ["가", office.hyphened(1), "a@naver.con"])
    assert row.contacts[0].email == "a@naver.con" and not row.rejected
    assert "a@naver.com" in row.warnings[0].message


def test_business_number_out_of_the_workplace_number():
    derived, differs = parse_list(
        "기업명 사업자등록번호 사업장관리번호", ["가", "", BRN(1) + "0"], ["나", office.hyphened(2), BRN(3) + "1"]
    )
    assert derived.company["business_number"] == BRN(1) and codes(derived) == ["business_number_derived"]
    assert derived.identity().number == f"{BRN(1)}/{BRN(1)}0"
    assert differs.company["business_number"] == BRN(2) and codes(differs) == ["business_number_differs"]


def test_columns_that_share_a_target_are_joined():
    (row,) = parse_list(
        "기업명 사업자등록번호 시도 시군구 기본주소 상세주소",
        ["가", office.hyphened(1), "경기", "화성시", "동탄대로 1", "3층"],
    )
    assert row.workplace == {"region": "경기 화성시", "address": "동탄대로 1 3층"}


def test_resident_numbers_are_not_kept():
    (row,) = parse_list("기업명 사업자등록번호 비고", ["가", office.hyphened(1), "홍길동 900101-1234567"])
    assert "memo" not in row.company and codes(row) == ["resident_number"] and row.warnings[0].value == ""


def test_consent_needs_a_person_and_a_possible_day():
    headers = "기업명 사업자등록번호 이메일 수신동의 수신동의일 동의방법"
    agreed, nobody, future = parse_list(
        headers,
        ["가", office.hyphened(1), "a@x.example", "동의", "2024.7.2.", "설명회 서면"],
        ["나", office.hyphened(2), "", "Y", "", ""],
        ["다", office.hyphened(3), "c@x.example", "Y", "2099-01-01", ""],
    )
    assert agreed.contacts[0].consent == Consent(True, date(2024, 7, 2), "설명회 서면")
    assert codes(nobody) == ["consent_nobody"]
    assert codes(future) == ["date_future"] and future.contacts[0].consent == Consent(True)


def test_a_day_in_the_consent_column_is_a_yes_of_that_day():
    agreed, future, unclear = parse_list(
        "기업명 사업자등록번호 이메일 수신동의(일자)",
        ["가", office.hyphened(1), "a@x.example", "'24.7.2"],
        ["나", office.hyphened(2), "b@x.example", "2099-01-01"],
        ["다", office.hyphened(3), "c@x.example", "검토중"],
    )
    assert agreed.contacts[0].consent == Consent(True, date(2024, 7, 2))
    assert codes(future) == ["date_future"] and future.contacts[0].consent is None
    assert codes(unclear) == ["consent_unreadable"] and unclear.contacts[0].consent is None


def test_ditto_marks_are_read_as_merged_with_the_row_above():
    first, other_place = parse_list(
        "기업명 사업자등록번호 소재지 담당자 이메일",
        ["가", office.hyphened(1), "서울 중구 세종대로 1", "김하나", "a@x.example"],
        ["〃", "〃", "〃", "이두리", "b@x.example"],
        ["상동", "〃", "서울 중구 세종대로 9", "박세나", "c@x.example"],
    )
    assert [person.name for person in first.contacts] == ["김하나", "이두리"] and not codes(first)
    assert other_place.company == first.company and other_place.workplace["address"].endswith("9")


def test_the_same_address_in_two_spellings_is_no_conflict():
    rows = parse_list(
        "기업명 사업자등록번호 소재지",
        ["가", office.hyphened(1), "울산 남구 산업로 1"],
        ["㈜가", office.hyphened(1), "울산광역시 남구 산업로 1 (2층)"],
        ["가", office.hyphened(1), "울산 남구 산업로 2"],
    )
    (whole,) = fold(rows)
    assert codes(whole) == ["conflict"] and whole.workplace["address"] == "울산 남구 산업로 1"


def test_phones_that_find_no_place_are_told():
    (row,) = parse_list(
        "기업명 전화번호 담당자 휴대폰", ["가", "02-123-4567, 02-123-4568", "김철수", "010-1111-2222, 010-3333-4444"]
    )
    assert [(w.code, w.hint) for w in row.warnings] == [("phone_more", "02-123-4568"), ("phone_more", "010-3333-4444")]


# -- rows below each other --------------------------------------------------------------------------------------


def test_people_below_each_other_without_merges():
    first, second = parse_list(
        "기업명 전화번호 담당자 이메일",
        ["가", "02-123-4567", "김철수", "k@x.example"],
        ["", "", "이영희", "l@x.example"],
        ["나", "02-123-4568", "박민수", "p@x.example"],
    )
    assert (
        [c.name for c in first.contacts] == ["김철수", "이영희"]
        and first.also == [3]
        and codes(first) == ["continuation"]
    )
    assert [c.name for c in second.contacts] == ["박민수"]


def test_a_bad_person_is_handed_back_alone_and_a_bad_company_with_its_people():
    rows = parse_list(
        "기업명 사업자등록번호 담당자 이메일",
        ["가", office.hyphened(1), "김철수", "k@x.example"],
        ["", "", "이영희", "l@@x"],
        ["나", "123-45-67890", "박민수", "p@x.example"],
        ["", "", "최수진", "c@x.example"],
        ["", "", "", ""],
    )
    by_number = {row.number: row for row in rows}
    assert not by_number[2].rejected and [c.name for c in by_number[2].contacts] == ["김철수"]
    assert codes(by_number[3]) == ["email_invalid"] and codes(by_number[5]) == ["parent_rejected"]


def test_merged_region_is_carried_down_and_merged_company_joins_people():
    merged = [Merge(1, 0, 3, 0), Merge(1, 1, 2, 1), Merge(1, 2, 2, 2)]
    first, second = parse_list(
        "지역 기업명 전화번호 담당자",
        ["화성시", "가", "031-123-4567", "김철수"],
        ["", "", "", "이영희"],
        ["", "나", "031-123-4568", "박민수"],
        ["", "다", "031-123-4569", "최수진"],
        merged=merged,
    )[:2]
    assert [c.name for c in first.contacts] == ["김철수", "이영희"] and first.warnings == []
    assert second.workplace["region"] == "화성시" and second.company["name"] == "나"


def test_one_merged_company_with_two_places_is_two_rows():
    rows = parse_list(
        "기업명 사업자등록번호 사업장관리번호",
        ["가", office.hyphened(1), BRN(1) + "0"],
        ["", "", BRN(1) + "1"],
        merged=[Merge(1, 0, 2, 0), Merge(1, 1, 2, 1)],
    )
    assert [row.workplace["workplace_number"][-1] for row in rows] == ["0", "1"]
    assert {row.company["business_number"] for row in rows} == {BRN(1)}


def test_rows_that_are_no_data():
    tally = Tally()
    rows = parse_list(
        "연번 기업명 전화번호 근로자수",
        ["", "", "", "(명)"],
        ["①", "②", "③", "④"],
        ["예시", "홍길동상사", "02-000-0000", "10"],
        [1, "가", "02-123-4567", 10],
        ["", "서울 소계", "", 10],
        ["소 계", "", "", 10],
        ["연번", "기업명", "전화번호", "근로자수"],
        [2, "합계산업", "02-123-4568", 10],
        [3, "한국소계", "02-123-4569", 10],
        [4, "", "", ""],
        [],
        ["총  계", "", "", 20],
        ["※ 2026년 9월 말 기준", "", "", ""],
        ["- 이하 여백 -"],
        tally=tally,
    )
    assert [row.company["name"] for row in rows] == ["가", "합계산업", "한국소계"]
    assert tally == {"unit": 2, "example": 1, "read": 3, "total": 3, "header": 1, "blank": 2, "note": 2}


def test_a_mapping_that_cannot_be_used_is_refused():
    sheet = Sheet("표", 1, lambda: iter([["가"]]))
    with pytest.raises(Invalid):
        next(parse_rows(sheet, {0: "company.name"}, Header(0, 0, ("",))))


def test_every_code_has_its_words():
    assert set(MESSAGES) >= REJECTING
    for message in MESSAGES.values():
        assert str(message) % {"value": "값", "hint": "힌트"}
    assert [column_letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


CELL = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.floats(),
    st.sampled_from([office.hyphened(1), "a@x.example", "02-123-4567", "소계", "가"]),
)


@settings(deadline=None)
@given(st.lists(st.lists(CELL, max_size=8), max_size=8))
def test_any_rows_are_read_or_handed_back(grid):
    rows = parse_list("기업명 사업자등록번호 전화번호 이메일 근로자수 수신동의 비고", *grid)
    for row in rows:
        assert row.rejected or (row.company["name"] and (row.identity().number or row.identity().loose))
        assert all(found.message for found in row.warnings + row.errors)
    assert sum(1 + len(row.also) for row in rows) <= len(grid)
    fold(rows)


# -- one record per company -----------------------------------------------------------------------------------------


def test_equal_numbers_are_folded():
    headers = "기업명 사업자등록번호 대표자 전화번호 담당자 이메일"
    (whole,) = fold(
        parse_list(
            headers,
            ["㈜가", office.hyphened(1), "", "02-123-4567", "김철수", "k@x.example"],
            ["주식회사 가", BRN(1), "홍길동", "02-999-9999", "김철수", "K@x.example"],
            ["가나다", BRN(1), "", "", "이영희", ""],
        )
    )
    assert whole.company == {"name": "㈜가", "business_number": BRN(1), "representative": "홍길동"}
    assert whole.workplace == {"phone": "02-123-4567"} and whole.also == [3, 4]
    assert [c.name for c in whole.contacts] == ["김철수", "이영희"]
    assert [(w.code, w.row, w.header, w.value) for w in whole.warnings] == [
        ("conflict", 3, "회사 전화", "02-999-9999"), ("conflict", 4, "기업명", "가나다"),
    ]  # fmt: skip


def test_workplaces_of_one_number_stay_apart():
    rows = parse_list(
        "기업명 사업자등록번호 사업장관리번호", ["가", BRN(1), BRN(1) + "0"], ["가", BRN(1), BRN(1) + "1"]
    )
    assert len(fold(rows)) == 2


LOOSE = "기업명 사업자등록번호 전화번호 주소"


def test_without_number_by_name_with_phone_or_address_through_others_too():
    rows = parse_list(
        LOOSE,
        ["㈜가", "", "02-123-4567", ""],
        ["가", "", "", "서울 중구 을지로 1"],
        ["나", "", "02-123-4567", ""],
        ["(주)가", "", "02-123-4567", "서울특별시 중구 을지로 1, 3층"],
    )
    whole, other = fold(rows)
    assert (whole.number, whole.also, other.company["name"]) == (2, [3, 5], "나")


def test_a_row_without_number_joins_the_one_company_that_fits():
    rows = [
        ["가", "", "02-123-4567", ""],
        ["㈜가", office.hyphened(1), "02-123-4567", ""],
        ["나", office.hyphened(2), "02-123-4567", ""],
    ]
    for order in (rows, rows[::-1]):
        folded = {row.company.get("business_number"): row for row in fold(parse_list(LOOSE, *order))}
        assert set(folded) == {BRN(1), BRN(2)} and len(folded[BRN(1)].also) == 1


def test_between_two_companies_that_fit_nobody_chooses():
    rows = [
        ["가", office.hyphened(1), "02-123-4567", ""],
        ["가", office.hyphened(2), "02-123-4567", ""],
        ["가", "", "02-123-4567", ""],
    ]
    folded = fold(parse_list(LOOSE, *rows))
    assert len(folded) == 3 and codes(folded[-1]) == ["ambiguous"] and folded[-1].warnings[0].hint == "2, 3"


def test_refusal_of_consent_counts_when_it_is_told_twice():
    headers = "기업명 사업자등록번호 이메일 수신동의"
    (whole,) = fold(parse_list(headers, ["가", BRN(1), "a@x.example", "Y"], ["가", BRN(1), "A@x.example", "N"]))
    assert whole.contacts == [Contact(email="a@x.example", consent=Consent(False))]


NAMES = st.sampled_from(["가", "㈜가", "나"])
NUMBERS = st.sampled_from(["", "", BRN(1), BRN(2)])
PHONES = st.sampled_from(["", "02-123-4567", "02-123-4568"])
PLACES = st.sampled_from(["", "서울 중구 을지로 1", "서울 중구 을지로 2"])


@given(st.lists(st.tuples(NAMES, NUMBERS, PHONES, PLACES), max_size=7), st.randoms(use_true_random=False))
def test_folding_keeps_every_row_once_whatever_the_order(rows, chance):
    def groups(order: list[int]) -> set[frozenset[int]]:
        parsed = parse_list(LOOSE, *(list(rows[i]) for i in order))
        folded = fold(parsed)
        assert sorted(n for row in folded for n in (row.number, *row.also)) == [
            row.number for row in parse_list(LOOSE, *(list(rows[i]) for i in order))
        ]
        return {frozenset(order[n - 2] for n in (row.number, *row.also)) for row in folded if not row.rejected}

    order = list(range(len(rows)))
    first = groups(order)
    chance.shuffle(order)
    assert groups(order) == first


def test_folding_streams_companies_as_soon_as_they_are_whole():
    rows = parse_list("기업명 사업자등록번호", ["가", BRN(1)], ["나", BRN(2)], ["가", BRN(1)])
    folder = Folder()
    for row in rows:
        folder.note(row)
    seen: list[int] = []

    def counted():
        for row in rows:
            seen.append(row.number)
            yield row

    stream = folder.fold(counted())
    assert (next(stream).company["name"], seen) == ("나", [2, 3])
    assert next(stream).company["name"] == "가"
